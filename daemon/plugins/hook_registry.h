#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "deadline_threads.h"
#include "hook_entry.h"
#include "hook_meter.h"
#include "linkup/sdk/hooks.h"
#include "registration_set.h"

namespace linkup::daemon {

/// Handlers of the domain's events, by priority and then plugin name.
///
/// Lifetime: outlives the handles that it gives.   Threading: any thread; running takes a lock only to copy a
/// pointer.
class HookRegistry final : public sdk::Hooks {
public:
    /// `now` tells when a handler that was always late may be tried again, and how long calls take.
    explicit HookRegistry(HookMeters meters = {}, SteadyClock now = std::chrono::steady_clock::now);
    ~HookRegistry() override;

    sdk::HookVerdict run(std::string_view event, sdk::Connection& connection, sdk::Json& payload) override;
    bool handled(std::string_view event) const noexcept override;

    /// Until the handle goes; its destruction waits for calls of this handler to end. What the handler throws
    /// leaves `run`.
    [[nodiscard]] RegistrationHandle add(std::string event, std::string plugin, int priority,
                                         sdk::HookHandler handler);
    /// As above, but a handler that fails is dealt with as `spec` says.
    [[nodiscard]] RegistrationHandle add(std::string plugin, sdk::HookSpec spec, sdk::HookHandler handler);

private:
    using Entries = std::vector<std::shared_ptr<HookEntry>>;

    RegistrationHandle insert(std::string plugin, HookTrust trust, sdk::HookSpec spec,
                              sdk::HookHandler handler);
    void remove(const std::string& event, const std::shared_ptr<HookEntry>& entry) noexcept;

    const HookMeters meters_;
    const SteadyClock now_;
    DeadlineThreads threads_;
    mutable std::shared_mutex mutex_;
    /// Replaced as a whole, so that a run sees one state from start to end.
    std::map<std::string, std::shared_ptr<const Entries>, std::less<>> events_;
};

}  // namespace linkup::daemon
