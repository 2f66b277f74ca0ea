// What it costs a publisher to run a hook: each figure is a ratio to a virtual call of the same empty
// handler, run beside it. Measured as in the daemon, with histogram and counters.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "daemon/hook_timing.h"
#include "daemon/plugins/hook_registry.h"
#include "daemon/services/metrics.h"

using namespace linkup;
using namespace std::chrono_literals;

namespace {

constexpr int kRounds = 9;

class SilentLog final : public sdk::Log {
public:
    bool enabled(sdk::LogLevel) const noexcept override { return false; }
    void write(sdk::LogLevel, std::string_view, Fields) noexcept override {}
};

class NoConnection final : public sdk::Connection {
public:
    sdk::Rows execute(std::string_view, std::span<const sdk::SqlValue>) override { return {}; }
    sdk::Dialect dialect() const noexcept override { return sdk::Dialect::kSqlite; }
    void afterCommit(std::function<void()>) override {}
};

/// The bare thing: what a hook would be if publisher and handler were one program.
class Handler {
public:
    virtual ~Handler() = default;
    virtual sdk::HookVerdict handle(sdk::Connection& connection, sdk::Json& payload) = 0;
};
class EmptyHandler final : public Handler {
public:
    sdk::HookVerdict handle(sdk::Connection&, sdk::Json&) override { return sdk::HookVerdict::pass(); }
};

double nanoseconds(int times, const std::function<bool()>& call) {
    const auto start = std::chrono::steady_clock::now();
    int vetoes = 0;
    for (int i = 0; i < times; ++i) vetoes += call() ? 1 : 0;
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    return vetoes == 0 ? taken.count() / times : 0;
}

double median(int times, const std::function<bool()>& call) {
    std::vector<double> rounds;
    for (int i = 0; i < kRounds; ++i) rounds.push_back(nanoseconds(times, call));
    std::sort(rounds.begin(), rounds.end());
    return rounds[kRounds / 2];
}

}  // namespace

int main() {
    SilentLog log;
    daemon::MetricsRegistry registry;
    const auto metrics = registry.metricsFor("bench");
    daemon::HookRegistry hooks([&](const auto& event, const auto& plugin, auto budget) {
        return daemon::measureHook(*metrics, log, event, plugin, 50ms, budget);
    });
    const auto empty = [](sdk::Connection&, sdk::Json&) { return sdk::HookVerdict::pass(); };
    sdk::HookSpec guarded;
    guarded.event = "guarded";
    sdk::HookSpec timed;
    timed.event = "timed";
    timed.budget = 50ms;
    const auto first = hooks.add("needed", "bench", 0, empty);
    const auto second = hooks.add("bench", guarded, empty);
    const auto third = hooks.add("bench", timed, empty);

    NoConnection connection;
    sdk::Json payload = sdk::Json::object({{"sender_id", 1}, {"message", "Shall we have lunch on Friday?"}});
    const std::unique_ptr<Handler> handler = std::make_unique<EmptyHandler>();
    volatile Handler* hidden = handler.get();
    const double bare = median(1'000'000, [&] {
        return const_cast<Handler*>(hidden)->handle(connection, payload).veto.has_value();
    });
    std::printf("%-52s %9.1f ns\n", "a virtual call", bare);
    const auto print = [&](const char* what, int times, const char* event) {
        const double ours =
            median(times, [&] { return hooks.run(event, connection, payload).veto.has_value(); });
        std::printf("%-52s %9.1f ns   ratio %.0f\n", what, ours, ours / bare);
    };
    print("an event that nobody handles", 300'000, "nobody");
    print("an empty handler", 300'000, "needed");
    print("an empty handler with a HookSpec", 300'000, "guarded");
    print("an empty handler with a budget (its own thread)", 20'000, "timed");
}
