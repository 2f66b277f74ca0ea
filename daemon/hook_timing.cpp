#include "hook_timing.h"

#include <array>

namespace linkup::daemon {

namespace {

constexpr std::array kOutcomes = {"passed", "vetoed", "failed", "late", "skipped"};  // as HookOutcome

class HookTiming final : public HookMeter {
public:
    HookTiming(sdk::Metrics& metrics, sdk::Log& log, const std::string& event, const std::string& plugin,
               std::chrono::milliseconds budget)
        : log_(log),
          event_(event),
          plugin_(plugin),
          budget_(budget),
          seconds_(metrics.histogram("hook_seconds", "Time that publishers waited for a plugin's handler.",
                                     {0.00001, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5},
                                     {{"event", event}, {"plugin", plugin}})) {
        for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
            counters_[i] =
                &metrics.counter("hook_calls_total", "Calls of plugins' handlers, by what came of them.",
                                 {{"event", event}, {"plugin", plugin}, {"outcome", kOutcomes[i]}});
        }
    }

    void called(HookOutcome outcome, std::chrono::steady_clock::duration took,
                std::string_view why) noexcept override {
        counters_[static_cast<std::size_t>(outcome)]->add();
        if (outcome == HookOutcome::kSkipped) return;
        seconds_.observe(std::chrono::duration<double>(took).count());
        if (outcome == HookOutcome::kFailed) return warn("a hook failed", took, why);
        if (outcome == HookOutcome::kLate) return warn("a hook was given up at the end of its budget", took);
        if (took > budget_) warn("a hook took longer than its budget", took);
    }

private:
    void warn(std::string_view what, std::chrono::steady_clock::duration took,
              std::string_view why = {}) noexcept {
        try {
            log_.warning(what,
                         {{"event", event_},
                          {"plugin", plugin_},
                          {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()},
                          {"why", why}});
        } catch (...) {  // a line of the log is not worth a request
        }
    }

    sdk::Log& log_;
    const std::string event_;
    const std::string plugin_;
    const std::chrono::milliseconds budget_;
    sdk::Histogram& seconds_;
    std::array<sdk::Counter*, kOutcomes.size()> counters_{};
};

}  // namespace

std::unique_ptr<HookMeter> measureHook(sdk::Metrics& metrics, sdk::Log& log, const std::string& event,
                                       const std::string& plugin, std::chrono::milliseconds usual_budget,
                                       std::chrono::milliseconds own_budget) {
    return std::make_unique<HookTiming>(metrics, log, event, plugin,
                                        own_budget.count() > 0 ? own_budget : usual_budget);
}

}  // namespace linkup::daemon
