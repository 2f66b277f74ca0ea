// Discovery, swipes and the search for places, on PostgreSQL: what get-matches costs with many profiles over
// few, what a swipe costs over the same SQL run by pgbench, and both over a bare Beast server.
// usage: match_bench [FEW MANY [matches|swipe|places]], by default 10000 1000000
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench_town.h"
#include "http_client.h"
#include "http_load.h"
#include "match_population.h"
#include "pgbench.h"
#include "statement_log.h"

using namespace linkup::bench;
namespace test = linkup::test;

namespace {

constexpr int kRounds = 5;
constexpr int kBareThreads = 2;
constexpr int kInFlight = 8;
constexpr int kHttpAskers = kAskers / 2;  ///< the others swipe through pgbench
constexpr std::chrono::seconds kDuration{2};
constexpr double kWantedGrowth = 2;
constexpr double kWantedMatches = 0.05;
constexpr double kWantedSwipes = 0.7;
constexpr double kWantedPlaces = 0.5;
constexpr const char* kMatches = "/api/v1/matches/get-matches";

/// A town with people in it, and the tokens of those who ask.
struct Population {
    explicit Population(std::int64_t count)
        : people(count),
          town(BenchTown::Store::kPostgresql, kAskers, {{"match.likes_per_day", "100000"}},
               {"shared_preload_libraries=auto_explain", "shared_buffers=2GB", "max_wal_size=8GB",
                "autovacuum=off"}) {
        const auto begin = std::chrono::steady_clock::now();
        populate(town, people);
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
        std::printf("%lld people, filled in %.0f s\n", static_cast<long long>(people), taken.count());
        tokens = town.tokens(kHttpAskers);
    }

    void set(const std::string& name, const std::string& value) {
        town.postgres().query("ALTER SYSTEM SET " + name + " = '" + value + "'");
        town.postgres().query("SELECT pg_reload_conf()");
    }
    void resetAll() {
        town.postgres().query("ALTER SYSTEM RESET ALL");
        town.postgres().query("SELECT pg_reload_conf()");
    }

    std::int64_t people;
    BenchTown town;
    std::vector<std::string> tokens;
};

void expectOk(const test::HttpReply& reply) {
    if (reply.status != 200) throw std::runtime_error("the server answered: " + reply.body);
}

void print(const char* what, double rate, double bare, double wanted) {
    std::printf("%-28s %8.0f/s %8.0f/s bare   ratio %.3f (wanted >= %.2f: %s)   load %.1f\n", what, rate,
                bare, rate / bare, wanted, verdict(rate / bare >= wanted), machineLoad());
    std::fflush(stdout);
}

// ---- get-matches -----------------------------------------------------------------------------------------

HttpLoad asking(const Population& population, const std::string& path) {
    return {.port = population.town.port(),
            .path = path,
            .connections = kInFlight,
            .duration = kDuration,
            .vary = [&population](std::size_t nth, HttpLoad& request) {
                request.token = population.tokens[nth % population.tokens.size()];
            }};
}

/// Each asker asks once.
void fillQueues(Population& population, const std::string& path) {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kInFlight; ++thread) {
        threads.emplace_back([&, thread] {
            test::HttpClient client(population.town.daemon().url());
            for (auto asker = static_cast<std::size_t>(thread); asker < population.tokens.size();
                 asker += kInFlight) {
                client.setBearer(population.tokens[asker]);
                client.get(path);
            }
        });
    }
}

enum class Kind { kRead, kWrite };

void compareMatches(const char* what, const std::string& path, Kind kind, Population& few, Population& many) {
    const BareServer bare(kBareThreads);
    const HttpLoad bare_load{.port = bare.port(), .path = path, .connections = kInFlight};
    const HttpLoad few_load = asking(few, path);
    const HttpLoad many_load = asking(many, path);
    fillQueues(few, path);
    fillQueues(many, path);
    run(few_load);  // warm
    run(many_load);
    std::vector<double> bare_rates;
    std::vector<double> rates;
    std::vector<double> few_times;
    std::vector<double> many_times;
    for (int round = 0; round < kRounds; ++round) {
        bare_rates.push_back(run(bare_load).per_second);
        few_times.push_back(static_cast<double>(run(few_load).p99.count()));
        const HttpLoadResult result = run(many_load);
        many_times.push_back(static_cast<double>(result.p99.count()));
        rates.push_back(result.per_second);
    }
    const double growth = median(many_times) / median(few_times);
    std::printf("%-28s p99 %.1f ms of %lld people, %.1f ms of %lld   ratio %.2f (wanted <= %.0f: %s)\n", what,
                median(many_times) / 1000, static_cast<long long>(many.people), median(few_times) / 1000,
                static_cast<long long>(few.people), growth, kWantedGrowth, verdict(growth <= kWantedGrowth));
    if (kind == Kind::kRead) {
        print(what, median(rates), median(bare_rates), kWantedMatches);
    } else {
        std::printf("%-28s %8.0f/s, each a transaction that ranks and stores a queue\n", what, median(rates));
    }
}

/// The plans of what `request` makes the server execute; asked until the server's sessions heed the settings.
template <class Request>
std::vector<test::ExecutedPlan> plansOf(Population& population, Request&& request) {
    std::vector<test::ExecutedPlan> plans;
    const bool seen = test::waitFor([&] {
        const auto before = population.town.postgres().log().size();
        request();
        plans = test::executedPlans(population.town.postgres().log().substr(before));
        return !plans.empty();
    });
    if (!seen) throw std::runtime_error("PostgreSQL logs no plans");
    return plans;
}

void printPlans(Population& population) {
    for (const auto& [name, value] : test::planLogSettings()) population.set(name, value);
    test::HttpClient client(population.town.daemon().url());
    client.setBearer(population.tokens.front());
    for (const std::string query : {"", "?refresh=true"}) {
        auto plans = plansOf(population, [&] { expectOk(client.get(kMatches + query)); });
        std::sort(plans.begin(), plans.end(),
                  [](const auto& one, const auto& other) { return one.most_rows > other.most_rows; });
        std::printf(
            "get-matches%s of %lld people: %zu statements, the one that reads most reads %.0f rows: %.60s…\n",
            query.c_str(), static_cast<long long>(population.people), plans.size(), plans.front().most_rows,
            plans.front().text.c_str());
        if (std::getenv("LINKUP_BENCH_PLANS") != nullptr) {
            for (const auto& plan : plans) std::printf("%s\n", plan.plan.c_str());
        }
    }
    population.resetAll();
}

void matches(Population& few, Population& many) {
    compareMatches("get-matches", kMatches, Kind::kRead, few, many);
    compareMatches("get-matches?refresh=true", std::string(kMatches) + "?refresh=true", Kind::kWrite, few,
                   many);
    printPlans(few);
    printPlans(many);
}

// ---- swipes ----------------------------------------------------------------------------------------------

/// The statements of one swipe, as a script of pgbench. Each client has its own part of the cards.
std::string swipeScript(Population& population) {
    auto& postgres = population.town.postgres();
    const auto other = std::to_string(cardOf(1, 0, population.people));
    test::HttpClient client(population.town.daemon().url());
    client.setBearer(population.tokens.front());
    population.set("log_statement", "all");
    const auto logged = [&](std::size_t before) {
        return test::loggedStatements(postgres.log().substr(before));
    };
    // Sessions take settings over one after the other.
    if (!test::waitFor([&] {
            const auto before = postgres.log().size();
            expectOk(client.get("/api/v1/likes/unseen-count"));
            return !logged(before).empty();
        })) {
        throw std::runtime_error("PostgreSQL logs no statements");
    }
    const auto before = postgres.log().size();
    expectOk(client.post("/api/v1/swipe/right", R"({"liked_id":)" + other + "}"));
    population.resetAll();

    std::string script = "\\set nth :start + :client_id * " +
                         std::to_string(kHttpAskers * kCards / kInFlight) +
                         " + :n\n"
                         "\\set user " +
                         std::to_string(kHttpAskers + 1) + " + :nth % " + std::to_string(kHttpAskers) +
                         "\n"
                         "\\set card :nth / " +
                         std::to_string(kHttpAskers) +
                         "\n"
                         "\\set other " +
                         std::to_string(kAskers) + " + 2 * ((:user * " + std::to_string(kCards) +
                         " + :card) * 7919 % " + std::to_string((population.people - kAskers) / 2 - 1) +
                         ") + CASE WHEN :user % 2 = 0 THEN 1 ELSE 2 END\n";
    bool inside = false;
    for (const auto& [text, values] : logged(before)) {
        if (text.starts_with("BEGIN")) {
            inside = true;
            script += "BEGIN;\n";
            continue;
        }
        if (!inside) continue;
        std::string line = text;
        for (std::size_t i = values.size(); i > 0; --i) {
            const auto& value = values[i - 1];
            const std::string meaning = value == "'1'"               ? ":user"
                                        : value == "'" + other + "'" ? ":other"
                                                                     : value;
            const std::string place = "$" + std::to_string(i);
            for (auto at = line.find(place); at != std::string::npos;
                 at = line.find(place, at + meaning.size())) {
                line.replace(at, place.size(), meaning);
            }
        }
        script += line + ";\n";
        inside = text != "COMMIT";
    }
    return script;
}

void swipe(Population& population) {
    const std::string script = swipeScript(population);
    std::size_t swipes = kHttpAskers;  // the first card of each is for the script
    const HttpLoad load{
        .port = population.town.port(),
        .path = "/api/v1/swipe/right",
        .connections = kInFlight,
        .duration = kDuration,
        .method = "POST",
        .body = "{}",
        .vary = [&](std::size_t, HttpLoad& request) {
            const auto asker = swipes % kHttpAskers + 1;
            const auto nth = static_cast<int>(swipes / kHttpAskers);
            if (nth >= kCards) throw std::runtime_error("the cards are used up");
            ++swipes;
            request.token = population.tokens[asker - 1];
            request.body = R"({"liked_id":)" +
                           std::to_string(cardOf(static_cast<std::int64_t>(asker), nth, population.people)) +
                           "}";
        }};
    HttpLoad warm = load;
    warm.duration = std::chrono::seconds{1};
    run(warm);
    std::vector<double> rates;
    std::vector<double> sql_rates;
    HttpLoadResult last;
    for (int round = 0; round < kRounds; ++round) {
        const int start = round * kHttpAskers * kCards / kInFlight / kRounds;
        const auto sql =
            runPgbench(population.town.postgres(), "\\set start " + std::to_string(start) + "\n" + script,
                       kInFlight, kDuration);
        sql_rates.push_back(sql.per_second);
        last = run(load);
        rates.push_back(last.per_second);
    }
    const double ratio = median(rates) / median(sql_rates);
    std::printf(
        "swipe of %lld people: %.0f/s, pgbench %.0f/s   ratio %.2f (wanted >= %.1f: %s)   p50 %.1f ms, "
        "p99 %.1f ms   load %.1f\n",
        static_cast<long long>(population.people), median(rates), median(sql_rates), ratio, kWantedSwipes,
        verdict(ratio >= kWantedSwipes), static_cast<double>(last.median.count()) / 1000,
        static_cast<double>(last.p99.count()) / 1000, machineLoad());
    std::fflush(stdout);
}

// ---- places ----------------------------------------------------------------------------------------------

void places(const BenchTown& town) {
    static constexpr const char* kQueries[] = {"ban",     "New%20Y", "s",  "m%C3%BCnchen",
                                               "Manipal", "sao%20p", "xyz"};
    const auto vary = [](std::size_t nth, HttpLoad& request) {
        request.path = std::string("/api/v1/locations/search/") + kQueries[nth % std::size(kQueries)];
    };
    const BareServer bare(kBareThreads);
    const HttpLoad ours{.port = town.port(), .duration = kDuration, .vary = vary};
    HttpLoad theirs = ours;
    theirs.port = bare.port();
    std::vector<double> rates;
    std::vector<double> bare_rates;
    run(ours);  // warm
    for (int round = 0; round < kRounds; ++round) {
        bare_rates.push_back(run(theirs).per_second);
        rates.push_back(run(ours).per_second);
    }
    print("locations/search", median(rates), median(bare_rates), kWantedPlaces);
}

}  // namespace

int main(int count, char** arguments) {
    const std::int64_t few_people = count > 1 ? std::atoll(arguments[1]) : 10'000;
    const std::int64_t many_people = count > 2 ? std::atoll(arguments[2]) : 1'000'000;
    const std::string_view only = count > 3 ? arguments[3] : "";
    try {
        Population few(few_people);
        if (only.empty() || only == "places") places(few.town);
        if (only == "places") return 0;
        Population many(many_people);
        if (only.empty() || only == "swipe") swipe(many);
        if (only.empty() || only == "matches") matches(few, many);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "match_bench: %s\n", error.what());
        return 1;
    }
}
