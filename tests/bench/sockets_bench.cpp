// What an idle, authenticated WebSocket costs in memory, beside one of the bare Beast server that knows
// nothing of its peer.
#include <cstdio>
#include <exception>

#include "bench_town.h"
#include "idle_sockets.h"

using namespace linkup::bench;

namespace {

constexpr int kSockets = 10'000;
constexpr int kPeople = 1000;
constexpr int kWarmUp = 100;
constexpr double kWanted = 12;  // KiB

constexpr double kibibytesEach(std::size_t before, std::size_t after) {
    return static_cast<double>(after - before) / 1024 / kSockets;
}

double bareKibibytesEach() {
    const BareServer bare(2);
    const std::size_t before = residentBytes(bare.pid());
    IdleSockets sockets;
    for (int i = 0; i < kSockets; ++i) sockets.open(bare.port(), "/", {});
    return kibibytesEach(before, residentBytes(bare.pid()));
}

void measure() {
    IdleSockets::allowFiles(kSockets + 1000);
    const double bare_each = bareKibibytesEach();
    BenchTown town(BenchTown::Store::kSqlite, kPeople);
    const std::vector<std::string> tokens = town.tokens(kPeople);
    const auto open = [&](IdleSockets& sockets, int count) {
        for (int i = 0; i < count; ++i) {
            sockets.open(town.port(), "/api/v1/ws/connections",
                         tokens[static_cast<std::size_t>(i % kPeople)]);
        }
    };
    IdleSockets warm;
    open(warm, kWarmUp);
    const pid_t daemon = town.daemon().pid();
    const int threads_before = threadCount(daemon);
    const std::size_t before = residentBytes(daemon);
    IdleSockets sockets;
    open(sockets, kSockets);
    const double each = kibibytesEach(before, residentBytes(daemon));
    const int threads = threadCount(daemon) - threads_before;

    std::printf("%d idle sockets: %.1f KiB each, %.1f KiB bare   ratio %.2f (wanted <= %.0f KiB: %s)\n",
                kSockets, each, bare_each, bare_each / each, kWanted, verdict(each <= kWanted));
    std::printf("threads that came with them: %d (wanted 0: %s)\n", threads, verdict(threads <= 0));
}

}  // namespace

int main() {
    try {
        measure();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sockets_bench: %s\n", error.what());
        return 1;
    }
}
