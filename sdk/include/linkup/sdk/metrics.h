#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// A number that only grows.
///
/// Numbers for /metrics. Make each once, at start, and keep the reference: looking one up takes a lock.
///
/// Implemented by: host; names are prefixed `linkup_NAME_`.   Lifetime: the Host's, and so is what it
/// returns. Threading: any thread; adding and observing are lock-free.   Since: ABI 1.0.
class LINKUP_SDK_API Counter {
public:
    virtual ~Counter();
    /// Not less than zero.
    virtual void add(double amount = 1) noexcept = 0;
};
/// A number that goes up and down. Implemented by: host.   As Counter.
class LINKUP_SDK_API Gauge {
public:
    virtual ~Gauge();
    /// Makes it `value`.
    virtual void set(double value) noexcept = 0;
    /// Adds to it; `amount` may be negative.
    virtual void add(double amount) noexcept = 0;
};
/// How values are spread over buckets. Implemented by: host.   As Counter.
class LINKUP_SDK_API Histogram {
public:
    virtual ~Histogram();
    /// Counts `value` into its bucket.
    virtual void observe(double value) noexcept = 0;
};

/// Names and values, such as {{"via", "http"}}. Keep their number small: each set is a series of its own.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Makes counters, gauges and histograms, or finds those of the same name and labels.
/// Implemented by: host.   Lifetime: the Host's.   Threading: any thread; takes a lock.   Since: ABI 1.0.
class LINKUP_SDK_API Metrics {
public:
    virtual ~Metrics();
    /// `name` without the prefix, such as "greetings_total"; `help` is a sentence.
    virtual Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {}) = 0;
    /// As above.
    virtual Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {}) = 0;
    /// As above.
    /// `bounds` are the upper limits of the buckets, ascending.
    virtual Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                                 const Labels& labels = {}) = 0;
};

}  // namespace linkup::sdk
