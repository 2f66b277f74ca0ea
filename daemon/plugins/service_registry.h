#pragma once

#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "linkup/sdk/host.h"
#include "registration_set.h"

namespace linkup::daemon {

/// The interfaces that plugins offer each other.
///
/// Lifetime: outlives the handles that it gives.   Threading: any thread.
class ServiceRegistry final : public sdk::Services {
public:
    using sdk::Services::find;
    void* find(std::string_view interface_name) const noexcept override;

    /// Until the handle goes. The name must be free.
    [[nodiscard]] RegistrationHandle provide(std::string interface_name, void* service);

private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, void*, std::less<>> services_;
};

}  // namespace linkup::daemon
