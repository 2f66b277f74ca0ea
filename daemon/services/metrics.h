#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "linkup/sdk/metrics.h"

namespace linkup::daemon {

class MetricFamily;

/// All numbers of this process, by owner; prints them in Prometheus' text format.
///
/// Lifetime: outlives every sdk::Metrics that it gave out, and so do the counters, gauges and histograms.
/// Threading: any thread. Adding and observing take no lock; making one and printing do.
class MetricsRegistry {
public:
    MetricsRegistry();
    ~MetricsRegistry();
    MetricsRegistry(const MetricsRegistry&) = delete;
    MetricsRegistry& operator=(const MetricsRegistry&) = delete;

    /// What `owner` (a plugin's name, or "daemon") makes its numbers with; all are named `linkup_OWNER_NAME`.
    /// Asking twice for the same name and labels gives the same number. Making one throws
    /// std::invalid_argument if a name is not [a-z][a-z0-9_]*, or is taken as another kind, with other
    /// buckets or by another owner.
    std::unique_ptr<sdk::Metrics> metricsFor(std::string owner);

    /// Everything, sorted by name: the body of /metrics.
    std::string text() const;
    static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

private:
    friend class OwnerMetrics;
    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<MetricFamily>, std::less<>> families_;
};

}  // namespace linkup::daemon
