// What the whole daemon costs over a bare Beast server on a request: each figure is a ratio to the bare
// server's requests a second, in rounds that alternate. usage: front_bench [hello|me]
#include <cstdio>
#include <exception>
#include <string_view>

#include "bench_town.h"
#include "http_load.h"

using namespace linkup::bench;

namespace {

constexpr int kRounds = 5;
constexpr int kBareThreads = 2;
constexpr int kPeople = 64;

void compare(const char* what, double wanted, const HttpLoad& ours) {
    const BareServer bare(kBareThreads);
    HttpLoad theirs = ours;
    theirs.port = bare.port();
    theirs.token.clear();
    theirs.vary = nullptr;
    std::vector<double> rates;
    std::vector<double> bare_rates;
    HttpLoadResult last;
    run(ours);  // warm
    for (int round = 0; round < kRounds; ++round) {
        bare_rates.push_back(run(theirs).per_second);
        last = run(ours);
        rates.push_back(last.per_second);
    }
    const double ratio = median(rates) / median(bare_rates);
    std::printf(
        "%-28s %8.0f/s %8.0f/s bare   ratio %.2f (wanted %.2f: %s)   p50 %lld us, p99 %lld us, load %.1f\n",
        what, median(rates), median(bare_rates), ratio, wanted, verdict(ratio >= wanted),
        static_cast<long long>(last.median.count()), static_cast<long long>(last.p99.count()), machineLoad());
    std::fflush(stdout);
}

void hello() {
    BenchTown town(BenchTown::Store::kSqlite, 1, {{"plugins.enabled", "auth,media,match,chat,lobby,hello"}});
    compare("GET /hello (template)", 0.75, {.port = town.port(), .path = "/api/v1/hello?name=world"});
}

void me() {
    // Of many people in turn: requests of one person that wait are answered by one row.
    BenchTown town(BenchTown::Store::kPostgresql, kPeople);
    const std::vector<std::string> tokens = town.tokens(kPeople);
    const auto next = [&](std::size_t number, HttpLoad& load) {
        load.token = tokens[number % tokens.size()];
    };
    compare("GET /me (PostgreSQL)", 0.25,
            {.port = town.port(), .path = "/api/v1/me", .token = tokens.front(), .vary = next});
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view only = count > 1 ? arguments[1] : "";
    try {
        if (only.empty() || only == "hello") hello();
        if (only.empty() || only == "me") me();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "front_bench: %s\n", error.what());
        return 1;
    }
}
