#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace linkup::daemon {

enum class HookOutcome {
    kPassed,
    kVetoed,
    kFailed,   ///< threw
    kLate,     ///< past its budget, and given up
    kSkipped,  ///< not called, after too many late calls
};

/// Told of each call of one handler.
///
/// Threading: any thread; the publisher waits for it.
class HookMeter {
public:
    virtual ~HookMeter() = default;
    /// `why` is what it threw, for the log.
    virtual void called(HookOutcome outcome, std::chrono::steady_clock::duration took,
                        std::string_view why) noexcept = 0;
};

/// Makes the meter of a plugin's handler of an event, whose budget may be zero.
using HookMeters = std::function<std::unique_ptr<HookMeter>(
    const std::string& event, const std::string& plugin, std::chrono::milliseconds budget)>;

}  // namespace linkup::daemon
