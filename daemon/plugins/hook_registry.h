#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/hooks.h"
#include "registration_set.h"

namespace linkup::daemon {

/// Handlers of the domain's events, by priority and then plugin name.
///
/// Lifetime: outlives the handles that it gives.   Threading: any thread; running takes a lock only to copy a
/// pointer.
class HookRegistry final : public sdk::Hooks {
public:
    /// Told the time that each call took, on the caller's thread; for a histogram and for the time budget.
    using Observer = std::function<void(std::string_view event, std::string_view plugin,
                                        std::chrono::steady_clock::duration took)>;

    explicit HookRegistry(Observer observer = {});
    ~HookRegistry() override;

    sdk::HookVerdict run(std::string_view event, sdk::Connection& connection, sdk::Json& payload) override;

    /// Until the handle goes; its destruction waits for calls of this handler to end.
    [[nodiscard]] RegistrationHandle add(std::string event, std::string plugin, int priority,
                                         sdk::HookHandler handler);

private:
    class Entry;
    using Entries = std::vector<std::shared_ptr<Entry>>;

    void remove(const std::string& event, const std::shared_ptr<Entry>& entry) noexcept;

    const Observer observer_;
    mutable std::shared_mutex mutex_;
    /// Replaced as a whole, so that a run sees one state from start to end.
    std::map<std::string, std::shared_ptr<const Entries>, std::less<>> events_;
};

}  // namespace linkup::daemon
