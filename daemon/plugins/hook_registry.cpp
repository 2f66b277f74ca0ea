#include "hook_registry.h"

#include <algorithm>
#include <mutex>
#include <tuple>

#include "call_gate.h"

namespace linkup::daemon {

/// One handler, and the calls of it that are under way.
class HookRegistry::Entry {
public:
    Entry(std::string plugin, int priority, sdk::HookHandler handler)
        : plugin_(std::move(plugin)), priority_(priority), handler_(std::move(handler)) {}

    const std::string& plugin() const noexcept { return plugin_; }
    bool before(const Entry& other) const {
        return std::tie(priority_, plugin_) < std::tie(other.priority_, other.plugin_);
    }

    /// Passes once it has been retired.
    sdk::HookVerdict call(sdk::Connection& connection, sdk::Json& payload) {
        if (!gate_.enter()) return sdk::HookVerdict::pass();
        const LeaveGate leaving(gate_);
        return handler_(connection, payload);
    }

    /// After it nothing calls the handler, and nothing is calling it.
    void retire() noexcept { gate_.close(); }

private:
    const std::string plugin_;
    const int priority_;
    const sdk::HookHandler handler_;
    CallGate gate_;
};

HookRegistry::HookRegistry(Observer observer) : observer_(std::move(observer)) {}
HookRegistry::~HookRegistry() = default;

sdk::HookVerdict HookRegistry::run(std::string_view event, sdk::Connection& connection, sdk::Json& payload) {
    std::shared_ptr<const Entries> entries;
    {
        const std::shared_lock lock(mutex_);
        const auto found = events_.find(event);
        if (found == events_.end()) return sdk::HookVerdict::pass();
        entries = found->second;
    }
    for (const auto& entry : *entries) {
        const auto started = std::chrono::steady_clock::now();
        sdk::HookVerdict verdict = entry->call(connection, payload);
        if (observer_) observer_(event, entry->plugin(), std::chrono::steady_clock::now() - started);
        if (verdict.veto) return verdict;
    }
    return sdk::HookVerdict::pass();
}

RegistrationHandle HookRegistry::add(std::string event, std::string plugin, int priority,
                                     sdk::HookHandler handler) {
    auto entry = std::make_shared<Entry>(std::move(plugin), priority, std::move(handler));
    const std::unique_lock lock(mutex_);
    auto& current = events_[event];
    auto changed = current ? std::make_shared<Entries>(*current) : std::make_shared<Entries>();
    const auto place =
        std::upper_bound(changed->begin(), changed->end(), entry,
                         [](const auto& left, const auto& right) { return left->before(*right); });
    changed->insert(place, entry);
    current = std::move(changed);
    return undoneBy([this, event = std::move(event), entry]() noexcept { remove(event, entry); });
}

void HookRegistry::remove(const std::string& event, const std::shared_ptr<Entry>& entry) noexcept {
    {
        const std::unique_lock lock(mutex_);
        const auto found = events_.find(event);
        auto changed = std::make_shared<Entries>(*found->second);
        std::erase(*changed, entry);
        if (changed->empty()) {
            events_.erase(found);
        } else {
            found->second = std::move(changed);
        }
    }
    entry->retire();
}

}  // namespace linkup::daemon
