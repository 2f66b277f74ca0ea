#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// Numbers for /metrics. Make each once, at start, and keep the reference: looking one up takes a lock.
///
/// Implemented by: host; names are prefixed `linkup_NAME_`.   Lifetime: the Host's, and so is what it
/// returns. Threading: any thread; adding and observing are lock-free.   Since: ABI 1.0.
class LINKUP_SDK_API Counter {
public:
    virtual ~Counter();
    virtual void add(double amount = 1) noexcept = 0;
};
class LINKUP_SDK_API Gauge {
public:
    virtual ~Gauge();
    virtual void set(double value) noexcept = 0;
    virtual void add(double amount) noexcept = 0;
};
class LINKUP_SDK_API Histogram {
public:
    virtual ~Histogram();
    virtual void observe(double value) noexcept = 0;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

class LINKUP_SDK_API Metrics {
public:
    virtual ~Metrics();
    virtual Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {}) = 0;
    virtual Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {}) = 0;
    /// `bounds` are the upper limits of the buckets, ascending.
    virtual Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                                 const Labels& labels = {}) = 0;
};

}  // namespace linkup::sdk
