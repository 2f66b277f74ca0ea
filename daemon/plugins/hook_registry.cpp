#include "hook_registry.h"

#include <algorithm>
#include <mutex>

namespace linkup::daemon {

HookRegistry::HookRegistry(HookMeters meters, SteadyClock now)
    : meters_(std::move(meters)), now_(std::move(now)) {}
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
        sdk::HookVerdict verdict = entry->call(threads_, connection, payload);
        if (verdict.veto) return verdict;
    }
    return sdk::HookVerdict::pass();
}

bool HookRegistry::handled(std::string_view event) const noexcept {
    const std::shared_lock lock(mutex_);
    return events_.contains(event);
}

RegistrationHandle HookRegistry::add(std::string event, std::string plugin, int priority,
                                     sdk::HookHandler handler) {
    sdk::HookSpec spec;
    spec.event = std::move(event);
    spec.priority = priority;
    return insert(std::move(plugin), HookTrust::kNeeded, std::move(spec), std::move(handler));
}

RegistrationHandle HookRegistry::add(std::string plugin, sdk::HookSpec spec, sdk::HookHandler handler) {
    return insert(std::move(plugin), HookTrust::kGuarded, std::move(spec), std::move(handler));
}

RegistrationHandle HookRegistry::insert(std::string plugin, HookTrust trust, sdk::HookSpec spec,
                                        sdk::HookHandler handler) {
    std::string event = spec.event;
    auto meter = meters_ ? meters_(event, plugin, spec.budget) : nullptr;
    auto entry = std::make_shared<HookEntry>(std::move(plugin), trust, std::move(spec), std::move(handler),
                                             std::move(meter), now_);
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

void HookRegistry::remove(const std::string& event, const std::shared_ptr<HookEntry>& entry) noexcept {
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
