#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/metrics.h>

#include <cstdint>
#include <vector>

namespace linkup::match {

/// The Gini coefficient of numbers of zero or more: 0 if all are equal, towards 1 if one has everything; 0 of
/// none, or if all are zero.
double giniOf(std::vector<std::int64_t> numbers);

/// Measures how evenly people are put before others, and publishes it.
///
/// Up to `kSample` people are all looked at. Of more, as many are drawn: the ids are cut into equal strata,
/// and a few neighbours are read from a random place in each; so it costs the same however many people there
/// are. Lifetime: the plugin's.   Threading: one thread at a time.
class FairnessService {
public:
    static constexpr std::int64_t kSample = 2000;

    FairnessService(sdk::Database& database, sdk::Metrics& metrics);
    void measure();

private:
    std::vector<std::int64_t> exposures();

    struct Quantile {
        double part;
        sdk::Gauge& gauge;
    };
    sdk::Database& database_;
    sdk::Gauge& gini_;
    sdk::Gauge& mean_;
    sdk::Gauge& people_;
    std::vector<Quantile> quantiles_;
};

}  // namespace linkup::match
