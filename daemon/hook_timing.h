#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"

namespace linkup::daemon {

/// Keeps how long hooks take, per event and plugin, and names in the log what goes over the budget.
///
/// Threading: any thread.
class HookTiming {
public:
    HookTiming(sdk::Metrics& metrics, sdk::Log& log, std::chrono::milliseconds budget);

    void observe(std::string_view event, std::string_view plugin, std::chrono::steady_clock::duration took);

private:
    sdk::Histogram& histogram(std::string_view event, std::string_view plugin);

    sdk::Metrics& metrics_;
    sdk::Log& log_;
    const std::chrono::milliseconds budget_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, sdk::Histogram*> histograms_;
};

}  // namespace linkup::daemon
