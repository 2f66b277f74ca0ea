// What signing in costs over the hash that it has to compute, what a storm of it does to everybody else, and
// what a refresh costs over a bare Beast server; on PostgreSQL, with passwords as costly as by default.
// usage: accounts_bench [logins|storm|refresh]
#include <sodium.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "bench_town.h"
#include "http_client.h"
#include "http_load.h"

using namespace linkup::bench;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kRounds = 5;
/// As auth.password.threads, .passes and .memory_bytes are by default, the first on two cores.
constexpr int kHashingThreads = 1;
constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemoryBytes = 19922944;
constexpr int kInFlight = 64;
/// Reads of /me a second, when others feel what signing in costs: a twentieth or so of what the server does.
constexpr double kReads = 500;
constexpr int kBareThreads = 2;
constexpr double kWantedShare = 0.85;
constexpr double kWantedSlowdown = 3;
constexpr double kWantedRefreshes = 0.25;

/// So that all can come from one address.
std::map<std::string, std::string> settings() {
    return {{"auth.password.passes", std::to_string(kPasses)},
            {"auth.password.memory_bytes", std::to_string(kMemoryBytes)},
            {"auth.password.threads", std::to_string(kHashingThreads)},
            {"auth.login.failures", "0"},
            {"auth.login.failures_per_email", "0"},
            {"auth.login.failures_per_address", "0"}};
}

HttpLoad logIns(const BenchTown& town) {
    return {.port = town.port(),
            .path = "/api/v1/token",
            .connections = kInFlight,
            .duration = std::chrono::seconds{4},
            .method = "POST",
            .body = "username=demo1%40example.com&password=Demo-pass1%21",
            .content_type = "application/x-www-form-urlencoded"};
}

/// Returns when the server is done with the log-ins that a load left behind when it ended: they are hashed in
/// turn.
void comeToRest(BenchTown& town) {
    town.tokens(1);
    town.tokens(1);
}

/// Seconds that one hash takes while as many are computed as the server does at once: what the machine can
/// do.
double hashTime() {
    constexpr std::chrono::seconds kDuration{2};
    std::atomic<int> hashes{0};
    const auto begin = Clock::now();
    std::vector<std::jthread> threads;
    for (int i = 0; i < kHashingThreads; ++i) {
        threads.emplace_back([&] {
            char hash[crypto_pwhash_STRBYTES];
            for (; Clock::now() - begin < kDuration; ++hashes) {
                if (crypto_pwhash_str_alg(hash, "Demo-pass1!", 11, kPasses, kMemoryBytes,
                                          crypto_pwhash_ALG_ARGON2ID13) != 0) {
                    throw std::runtime_error("no memory for a hash");
                }
            }
        });
    }
    threads.clear();
    const std::chrono::duration<double> taken = Clock::now() - begin;
    return taken.count() * kHashingThreads / hashes;
}

void logins(BenchTown& town) {
    std::vector<double> rates;
    std::vector<double> limits;
    for (int round = 0; round < kRounds; ++round) {
        comeToRest(town);
        limits.push_back(kHashingThreads / hashTime());
        rates.push_back(run(logIns(town)).per_second);
    }
    const double ratio = median(rates) / median(limits);
    std::printf("log-ins: %.1f/s, %d threads hash %.1f/s   ratio %.2f (wanted >= %.2f: %s)   load %.1f\n",
                median(rates), kHashingThreads, median(limits), ratio, kWantedShare,
                verdict(ratio >= kWantedShare), machineLoad());
}

void storm(BenchTown& town) {
    HttpLoad me{.port = town.port(),
                .path = "/api/v1/me",
                .token = town.tokens(1).front(),
                .connections = 8,
                .duration = std::chrono::seconds{3},
                .rate = kReads};
    run(me);  // warm
    std::vector<double> quiet;
    std::vector<double> busy;
    for (int round = 0; round < kRounds; ++round) {
        comeToRest(town);
        quiet.push_back(static_cast<double>(run(me).p99.count()));
        const std::jthread others([&] { run(logIns(town)); });
        busy.push_back(static_cast<double>(run(me).p99.count()));
    }
    const double ratio = median(busy) / median(quiet);
    std::printf(
        "/me p99 at %.0f/s with %d log-ins in flight: %.1f ms, %.1f ms without   ratio %.1f (wanted <= %.0f: "
        "%s)   "
        "load %.1f\n",
        kReads, kInFlight, median(busy) / 1000, median(quiet) / 1000, ratio, kWantedSlowdown,
        verdict(ratio <= kWantedSlowdown), machineLoad());
}

void refresh(BenchTown& town) {
    linkup::test::HttpClient client(town.daemon().url());
    const auto signed_in =
        client.postForm("/api/v1/token", {{"username", "demo1@example.com"}, {"password", "Demo-pass1!"}});
    comeToRest(town);
    const HttpLoad ours{.port = town.port(),
                        .path = "/api/v1/refresh",
                        .method = "POST",
                        .body = R"({"refresh_token":")" + signed_in.text("refresh_token") + R"("})"};
    const BareServer bare(kBareThreads);
    HttpLoad theirs = ours;
    theirs.port = bare.port();
    run(ours);  // warm
    std::vector<double> rates;
    std::vector<double> bare_rates;
    for (int round = 0; round < kRounds; ++round) {
        bare_rates.push_back(run(theirs).per_second);
        rates.push_back(run(ours).per_second);
    }
    const double ratio = median(rates) / median(bare_rates);
    std::printf("POST /refresh: %.0f/s, %.0f/s bare   ratio %.2f (wanted >= %.2f: %s)   load %.1f\n",
                median(rates), median(bare_rates), ratio, kWantedRefreshes,
                verdict(ratio >= kWantedRefreshes), machineLoad());
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view only = count > 1 ? arguments[1] : "";
    try {
        if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
        BenchTown town(BenchTown::Store::kPostgresql, 1, settings());
        if (only.empty() || only == "logins") logins(town);
        if (only.empty() || only == "storm") storm(town);
        if (only.empty() || only == "refresh") refresh(town);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "accounts_bench: %s\n", error.what());
        return 1;
    }
}
