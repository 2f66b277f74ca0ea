#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "daemon/plugins/hook_meter.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"

namespace linkup::daemon {

/// Measures hooks, per event and plugin, and names in the log those that fail or go over their budget.
/// `usual_budget` is that of handlers without one of their own: they are measured by it, and no more.
///
/// Lifetime: `metrics` and `log` outlive it.   Threading: any thread.
std::unique_ptr<HookMeter> measureHook(sdk::Metrics& metrics, sdk::Log& log, const std::string& event,
                                       const std::string& plugin, std::chrono::milliseconds usual_budget,
                                       std::chrono::milliseconds own_budget);

}  // namespace linkup::daemon
