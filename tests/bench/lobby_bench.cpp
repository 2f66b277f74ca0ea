// What pairing an evening costs, from a thousand people to a hundred thousand, beside Boost's matching of the
// same thousand; and how long a whole evening takes on PostgreSQL from its end until every result is stored,
// with and without the loss of the node that stores them. usage: lobby_bench [pair|store [PEOPLE]]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench_town.h"
#include "boost_matching.h"
#include "match_population.h"
#include "pairing.h"
#include "wait.h"

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
double timeOf(Work work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
    return taken.count();
}

/// How long it takes to pair a crowd of one size.
class Pairing {
public:
    Pairing(std::size_t people, std::mt19937_64& random) : crowd_(people, random), random_(random) {}

    /// So many times in a row: what is next to nothing is noise alone.
    void measure(std::size_t times) {
        const double time = timeOf([&] {
            for (std::size_t i = 0; i < times; ++i) {
                couples_ = linkup::lobby::pairUp(crowd_.guests, crowd_.strangers, random_,
                                                 {.exact_up_to = crowd_.guests.size() <= 1000 ? 1000UL : 0UL})
                               .size();
            }
        });
        times_.push_back(time / static_cast<double>(times));
    }
    const Crowd& crowd() const { return crowd_; }
    double milliseconds() const { return median(times_); }
    double microsecondsEach() const {
        return milliseconds() * 1000 / static_cast<double>(crowd_.guests.size());
    }
    std::size_t couples() const { return couples_; }

private:
    Crowd crowd_;
    std::mt19937_64& random_;
    std::vector<double> times_;
    std::size_t couples_ = 0;
};

void compareWithBoost(const Pairing& thousand) {
    const auto& crowd = thousand.crowd();
    const auto graph = linkup::test::graphOf(crowd.guests, {crowd.strangers.begin(), crowd.strangers.end()});
    std::size_t most = 0;
    std::vector<double> times;
    for (int round = 0; round < 3; ++round) {
        times.push_back(timeOf([&] { most = linkup::test::mostCouples(graph); }));
    }
    if (most != thousand.couples()) throw std::runtime_error("not as many couples as Boost finds");
    const double exact = thousand.milliseconds();
    std::printf(
        "  1000 people, exact: %7.1f ms (wanted <= %.0f: %s), %zu couples; Boost, its graph made before: "
        "%.1f ms   ratio %.1f\n",
        exact, kWantedThousand_ms, verdict(exact <= kWantedThousand_ms), thousand.couples(), median(times),
        median(times) / exact);
}

void pairs() {
    std::mt19937_64 random(20261124);
    Pairing thousand(1000, random);
    Pairing ten_thousand(10'000, random);
    Pairing hundred_thousand(100'000, random);
    // One after the other in each round, and as many people of each size, so that what else the machine does
    // meets all alike.
    for (int round = 0; round < kRounds; ++round) {
        thousand.measure(100);
        ten_thousand.measure(10);
        hundred_thousand.measure(1);
    }
    compareWithBoost(thousand);
    for (const auto* pairing : {&ten_thousand, &hundred_thousand}) {
        const auto people = pairing->crowd().guests.size();
        const double growth = pairing->microsecondsEach() / thousand.microsecondsEach();
        const double wanted = std::log(static_cast<double>(people)) / std::log(1000.0);
        std::printf("%6zu people:        %7.1f ms", people, pairing->milliseconds());
        if (pairing == &hundred_thousand) {
            std::printf(" (wanted <= %.0f: %s)", kWantedHundredThousand_ms,
                        verdict(pairing->milliseconds() <= kWantedHundredThousand_ms));
        }
        std::printf(
            ", %zu couples; time for each person %.2f of that among 1000 (wanted <= %.2f: %s)   load %.1f\n",
            pairing->couples(), growth, wanted, verdict(growth <= wanted), linkup::bench::machineLoad());
    }
}

// ---- a whole evening -------------------------------------------------------------------------------------

/// Everybody of a town waits for the end of an event.
class Evening {
public:
    explicit Evening(std::int64_t people)
        : people_(people),
          town_(linkup::bench::BenchTown::Store::kPostgresql, linkup::bench::kAskers,
                {{"lobby.events.evening.cron", "0 0 1 1 *"}},
                {"shared_buffers=1GB", "max_wal_size=4GB", "autovacuum=off"}) {
        linkup::bench::populate(town_, people_);
    }

    /// Seconds from the end until all is stored. The node that stores is killed when about so many results
    /// are, if that is more than zero, and started anew.
    double end(std::int64_t kill_after) {
        query("DELETE FROM lobby_events");
        query("DELETE FROM match_bonds WHERE state = 'match'");
        query("VACUUM ANALYZE lobby_results");
        // A node looks for events every five seconds.
        query(
            "WITH event AS (INSERT INTO lobby_events (name, starts_at, ends_at, state) SELECT 'evening', "
            "now, now "
            "+ 8000000, 'gathering' FROM (SELECT (EXTRACT(EPOCH FROM now()) * 1000000)::bigint AS now) t "
            "RETURNING id, ends_at) INSERT INTO lobby_seats (event_id, user_id, present_until) SELECT e.id, "
            "u.id, "
            "e.ends_at FROM event e, auth_users u");
        query("ANALYZE lobby_seats");
        longest_transaction_ = 0;
        if (kill_after > 0) {
            await([&] { return stored() >= kill_after; });
            town_.daemon().kill();
            killed_at_ = stored();
            town_.daemon().start();
        }
        await([&] {
            longest_transaction_ = std::max(
                longest_transaction_,
                real("SELECT COALESCE(MAX(EXTRACT(EPOCH FROM clock_timestamp() - xact_start)), 0) FROM "
                     "pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid() AND backend_type = "
                     "'client backend'"));
            return number("SELECT COUNT(*) FROM lobby_events WHERE state = 'finished'") == 1;
        });
        requireOneAnswerEach();
        return real("SELECT (MAX(r.decided_at) - MAX(e.ends_at)) / 1e6 FROM lobby_results r, lobby_events e");
    }
    double longestTransaction() const { return longest_transaction_; }
    std::int64_t killedAt() const { return killed_at_; }
    std::int64_t couples() {
        return number("SELECT COUNT(*) / 2 FROM lobby_results WHERE partner_id IS NOT NULL");
    }

private:
    void query(const std::string& sql) { town_.postgres().query(sql, "linkup", std::chrono::minutes(5)); }
    double real(const std::string& sql) { return std::stod(town_.postgres().query(sql, "linkup")); }
    std::int64_t number(const std::string& sql) { return std::stoll(town_.postgres().query(sql, "linkup")); }
    std::int64_t stored() { return number("SELECT COUNT(*) FROM lobby_results"); }
    template <class Condition>
    static void await(Condition condition) {
        if (!linkup::test::waitFor(condition, std::chrono::minutes(2))) {
            throw std::runtime_error("the evening does not end");
        }
    }
    void requireOneAnswerEach() {
        if (stored() != people_) throw std::runtime_error("not everybody has one answer");
        if (number("SELECT COUNT(*) FROM lobby_results a WHERE a.partner_id IS NOT NULL AND NOT EXISTS "
                   "(SELECT 1 "
                   "FROM lobby_results b WHERE b.user_id = a.partner_id AND b.partner_id = a.user_id)") !=
            0) {
            throw std::runtime_error("somebody's partner has another one");
        }
        if (number("SELECT COUNT(*) FROM match_bonds WHERE state = 'match'") != couples()) {
            throw std::runtime_error("not every couple has its match");
        }
    }

    std::int64_t people_;
    linkup::bench::BenchTown town_;
    double longest_transaction_ = 0;
    std::int64_t killed_at_ = 0;
};

void stores(std::int64_t people) {
    Evening evening(people);
    const double undisturbed = evening.end(0);
    std::printf(
        "%lld people, %lld couples, all results stored %.1f s after the end; longest transaction seen %.2f s "
        "  "
        "load %.1f\n",
        static_cast<long long>(people), static_cast<long long>(evening.couples()), undisturbed,
        evening.longestTransaction(), linkup::bench::machineLoad());
    const double killed = evening.end(people / 3);
    std::printf(
        "the node killed at %lld results and started again: %.1f s, nobody without an answer or with two   "
        "load %.1f\n",
        static_cast<long long>(evening.killedAt()), killed, linkup::bench::machineLoad());
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view only = count > 1 ? arguments[1] : "";
    try {
        if (only != "store") pairs();
        if (only != "pair") stores(count > 2 ? std::atoll(arguments[2]) : 100'000);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lobby_bench: %s\n", error.what());
        return 1;
    }
}
