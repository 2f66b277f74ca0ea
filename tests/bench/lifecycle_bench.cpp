// How long the daemon takes to be ready, and to go with a thousand sockets open, beside a bare Beast server's
// start.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>

#include "bench_town.h"
#include "idle_sockets.h"

using namespace linkup::bench;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

namespace {

constexpr int kRounds = 5;
constexpr int kSockets = 1000;
constexpr int kPeople = 100;
constexpr int kGoingAway = 1001;
constexpr double kWantedStart = 500;  // ms
constexpr double kWantedEnd = 2000;

double since(Clock::time_point begin) {
    return Milliseconds(Clock::now() - begin).count();
}

void start() {
    std::vector<double> times;
    std::vector<double> bare_times;
    for (int round = 0; round < kRounds; ++round) {
        auto begin = Clock::now();
        const BareServer bare(2);
        bare_times.push_back(since(begin));
        begin = Clock::now();
        const linkup::test::LinkupDaemon daemon;  // an empty database: all migrations run
        times.push_back(since(begin));
    }
    const double ours = median(times);
    std::printf("start to ready, SQLite: %.0f ms, %.0f ms bare   ratio %.2f (wanted <= %.0f ms: %s)\n", ours,
                median(bare_times), median(bare_times) / ours, kWantedStart, verdict(ours <= kWantedStart));
}

void end() {
    IdleSockets::allowFiles(kSockets + 1000);
    BenchTown town(BenchTown::Store::kSqlite, kPeople);
    const std::vector<std::string> tokens = town.tokens(kPeople);
    IdleSockets sockets;
    for (int i = 0; i < kSockets; ++i) {
        sockets.open(town.port(), "/api/v1/ws/connections", tokens[static_cast<std::size_t>(i % kPeople)]);
    }
    const auto begin = Clock::now();
    town.daemon().signal(SIGTERM);
    const std::size_t told = sockets.closedWith(kGoingAway);
    const int exit_code = town.daemon().stop();
    const double taken = since(begin);
    std::printf("SIGTERM with %d sockets: gone in %.0f ms, exit code %d (wanted <= %.0f ms: %s)\n", kSockets,
                taken, exit_code, kWantedEnd, verdict(taken <= kWantedEnd && exit_code == 0));
    std::printf("sockets that were told %d: %zu of %d (%s)\n", kGoingAway, told, kSockets,
                verdict(told == kSockets));
}

}  // namespace

int main() {
    try {
        start();
        end();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lifecycle_bench: %s\n", error.what());
        return 1;
    }
}
