#include "hook_timing.h"

namespace linkup::daemon {

HookTiming::HookTiming(sdk::Metrics& metrics, sdk::Log& log, std::chrono::milliseconds budget)
    : metrics_(metrics), log_(log), budget_(budget) {}

void HookTiming::observe(std::string_view event, std::string_view plugin,
                         std::chrono::steady_clock::duration took) {
    histogram(event, plugin).observe(std::chrono::duration<double>(took).count());
    if (took <= budget_) return;
    log_.warning("a hook took longer than its budget",
                 {{"event", event},
                  {"plugin", plugin},
                  {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
}

sdk::Histogram& HookTiming::histogram(std::string_view event, std::string_view plugin) {
    const std::lock_guard lock(mutex_);
    auto& known = histograms_[{std::string(event), std::string(plugin)}];
    if (known == nullptr) {
        known = &metrics_.histogram("hook_seconds", "Time that a plugin's handler of an event took.",
                                    {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5},
                                    {{"event", std::string(event)}, {"plugin", std::string(plugin)}});
    }
    return *known;
}

}  // namespace linkup::daemon
