#include "service_registry.h"

#include <mutex>

namespace linkup::daemon {

void* ServiceRegistry::find(std::string_view interface_name) const noexcept {
    const std::shared_lock lock(mutex_);
    const auto found = services_.find(interface_name);
    return found == services_.end() ? nullptr : found->second;
}

RegistrationHandle ServiceRegistry::provide(std::string interface_name, void* service) {
    const std::unique_lock lock(mutex_);
    const auto added = services_.emplace(std::move(interface_name), service).first;
    return undoneBy([this, added]() noexcept {
        const std::unique_lock undo_lock(mutex_);
        services_.erase(added);
    });
}

}  // namespace linkup::daemon
