// What pairing an evening costs, from a thousand people to a hundred thousand, beside Boost's matching of the
// same thousand.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

#include "bench_town.h"
#include "boost_matching.h"
#include "pairing.h"

using linkup::bench::median;
using linkup::bench::verdict;
using linkup::lobby::Couple;
using linkup::lobby::Guest;

namespace {

constexpr int kRounds = 9;
constexpr double kWantedThousand_ms = 100;
constexpr double kWantedHundredThousand_ms = 2000;
constexpr int kStrangersEach = 20;

/// Half of them women, one in ten with a wish for their own gender, a third with an evening or more that left
/// them over, each with some people whom they have met.
struct Crowd {
    Crowd(std::size_t people, std::mt19937_64& random) {
        const auto below = [&](std::uint64_t limit) { return random() % limit; };
        for (std::size_t i = 0; i < people; ++i) {
            const bool woman = below(2) == 0;
            const bool for_women = (below(10) == 0) == woman;
            Guest guest{.id = static_cast<linkup::sdk::UserId>(i) + 1,
                        .gender = woman ? "Female" : "Male",
                        .interested_gender = for_women ? "Female" : "Male",
                        .misses = below(3) == 0 ? 1 + static_cast<std::int64_t>(below(3)) : 0};
            for (auto& trait : guest.traits) trait = 1 + static_cast<std::uint32_t>(below(5));
            for (auto& wish : guest.wishes) wish = static_cast<std::uint32_t>(below(6));
            guests.push_back(std::move(guest));
        }
        std::set<Couple> met;
        while (met.size() < people * kStrangersEach / 2) {
            const auto one = static_cast<linkup::sdk::UserId>(below(people)) + 1;
            const auto other = static_cast<linkup::sdk::UserId>(below(people)) + 1;
            if (one < other) met.emplace(one, other);
        }
        strangers.assign(met.begin(), met.end());
    }
    std::vector<Guest> guests;
    std::vector<Couple> strangers;
};

template <class Work>
double medianTime(int rounds, Work work) {
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
        times.push_back(taken.count());
    }
    return median(times);
}

double pairingTime(const Crowd& crowd, std::mt19937_64& random, std::size_t& couples) {
    return medianTime(kRounds, [&] {
        couples = linkup::lobby::pairUp(crowd.guests, crowd.strangers, random,
                                        {.exact_up_to = crowd.guests.size() <= 1000 ? 1000UL : 0UL})
                      .size();
    });
}

}  // namespace

int main() {
    std::mt19937_64 random(20261124);
    std::size_t couples = 0;

    const Crowd thousand(1000, random);
    const double exact = pairingTime(thousand, random, couples);
    const auto graph =
        linkup::test::graphOf(thousand.guests, {thousand.strangers.begin(), thousand.strangers.end()});
    std::size_t most = 0;
    const double boosts = medianTime(3, [&] { most = linkup::test::mostCouples(graph); });
    if (most != couples) throw std::runtime_error("not as many couples as Boost finds");
    std::printf(
        "  1000 people, exact: %7.1f ms (wanted <= %.0f: %s), %zu couples; Boost, its graph made before: "
        "%.1f ms   ratio %.1f\n",
        exact, kWantedThousand_ms, verdict(exact <= kWantedThousand_ms), couples, boosts, boosts / exact);

    for (const std::size_t people : {10'000, 100'000}) {
        const Crowd crowd(people, random);
        const double time = pairingTime(crowd, random, couples);
        const double growth = time / exact * 1000 / static_cast<double>(people);
        const double wanted = std::log(static_cast<double>(people)) / std::log(1000.0);
        std::printf("%6zu people:        %7.1f ms", people, time);
        if (people == 100'000) {
            std::printf(" (wanted <= %.0f: %s)", kWantedHundredThousand_ms,
                        verdict(time <= kWantedHundredThousand_ms));
        }
        std::printf(", %zu couples; time for each person %.2f of that among 1000 (wanted <= %.2f: %s)\n",
                    couples, growth, wanted, verdict(growth <= wanted));
    }
    return 0;
}
