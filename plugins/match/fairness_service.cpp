#include "fairness_service.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "fairness_store.h"

namespace linkup::match {
namespace {

constexpr std::int64_t kStrata = 200;
constexpr const char* kQuantileHelp =
    "Times that a candidate was put before others: that many or fewer for this part of the candidates";

}  // namespace

double giniOf(std::vector<std::int64_t> numbers) {
    std::sort(numbers.begin(), numbers.end());
    double sum = 0;
    double ranked_sum = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = static_cast<double>(numbers[i]);
        sum += number;
        ranked_sum += static_cast<double>(i + 1) * number;
    }
    if (sum == 0) return 0;
    const auto count = static_cast<double>(numbers.size());
    return 2 * ranked_sum / (count * sum) - (count + 1) / count;
}

FairnessService::FairnessService(sdk::Database& database, sdk::Metrics& metrics)
    : database_(database),
      gini_(metrics.gauge(
          "exposure_gini",
          "How unevenly candidates are put before others, as Gini coefficient: 0 evenly, 1 only "
          "one of them")),
      mean_(metrics.gauge("exposure_mean", "Times that a candidate was put before others, on average")),
      people_(metrics.gauge("exposure_candidates", "Candidates whose exposure was looked at")) {
    for (const auto& [part, label] : {std::pair(0.0, "0"), std::pair(0.1, "0.1"), std::pair(0.5, "0.5"),
                                      std::pair(0.9, "0.9"), std::pair(1.0, "1")}) {
        quantiles_.push_back({part, metrics.gauge("exposure", kQuantileHelp, {{"quantile", label}})});
    }
}

std::vector<std::int64_t> FairnessService::exposures() {
    return sdk::read(database_, [](sdk::Connection& connection) {
        std::map<sdk::UserId, std::int64_t> found;
        const auto add = [&](sdk::UserId from, std::int64_t limit) {
            for (const auto& one : fairness_store::exposuresFrom(connection, from, limit)) {
                found.emplace(one.user, one.times_queued);
            }
        };
        add(1, kSample + 1);
        if (std::cmp_greater(found.size(), kSample)) {
            found.clear();
            thread_local std::mt19937_64 generator(std::random_device{}());
            const auto stratum = fairness_store::lastCandidate(connection) / kStrata;
            std::uniform_int_distribution<std::int64_t> within(1, std::max<std::int64_t>(1, stratum));
            for (std::int64_t i = 0; i < kStrata; ++i) {
                add(i * stratum + within(generator), kSample / kStrata);
            }
        }
        std::vector<std::int64_t> times;
        times.reserve(found.size());
        for (const auto& [user, times_queued] : found) times.push_back(times_queued);
        return times;
    });
}

void FairnessService::measure() {
    auto times = exposures();
    std::sort(times.begin(), times.end());
    const auto sum = std::accumulate(times.begin(), times.end(), std::int64_t{0});
    people_.set(static_cast<double>(times.size()));
    mean_.set(times.empty() ? 0 : static_cast<double>(sum) / static_cast<double>(times.size()));
    for (const auto& [part, gauge] : quantiles_) {
        const auto rank = static_cast<std::size_t>(part * static_cast<double>(times.size()));
        gauge.set(times.empty() ? 0 : static_cast<double>(times[std::min(rank, times.size() - 1)]));
    }
    gini_.set(giniOf(std::move(times)));
}

}  // namespace linkup::match
