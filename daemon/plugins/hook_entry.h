#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "call_gate.h"
#include "deadline_threads.h"
#include "hook_breaker.h"
#include "hook_meter.h"
#include "linkup/sdk/hooks.h"

namespace linkup::daemon {

using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

/// What a publisher gets when a handler of its event fails.
enum class HookTrust {
    kNeeded,   ///< the exception
    kGuarded,  ///< what HookSpec::on_failure says
};

/// One handler of one event: calls it by its rules, and knows the calls that are under way.
///
/// Threading: any thread.   Lifetime: shared by the registry and by each call, however late.
class HookEntry : public std::enable_shared_from_this<HookEntry> {
public:
    HookEntry(std::string plugin, HookTrust trust, sdk::HookSpec spec, sdk::HookHandler handler,
              std::unique_ptr<HookMeter> meter, SteadyClock now);

    bool before(const HookEntry& other) const;
    /// Passes once it has been retired.
    sdk::HookVerdict call(DeadlineThreads& threads, sdk::Connection& connection, sdk::Json& payload);
    /// After it nothing calls the handler, and nothing is calling it.
    void retire() noexcept { gate_.close(); }

private:
    class Call;
    class Inside;

    sdk::HookVerdict callNeeded(sdk::Connection& connection, sdk::Json& payload);
    sdk::HookVerdict callGuarded(DeadlineThreads& threads, sdk::Connection& connection, sdk::Json& payload);
    sdk::HookVerdict settle(Call& call, sdk::Json& payload, std::chrono::steady_clock::time_point began);
    sdk::HookVerdict afterFailure() const;
    void measured(HookOutcome outcome, std::chrono::steady_clock::time_point began,
                  std::string_view why = {}) const noexcept;

    const std::string plugin_;
    const HookTrust trust_;
    const sdk::HookSpec spec_;
    const sdk::HookHandler handler_;
    const std::unique_ptr<HookMeter> meter_;
    const SteadyClock now_;
    HookBreaker breaker_;
    CallGate gate_;
};

}  // namespace linkup::daemon
