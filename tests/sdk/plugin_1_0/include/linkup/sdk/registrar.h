#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/database.h"
#include "linkup/sdk/export.h"
#include "linkup/sdk/hooks.h"
#include "linkup/sdk/http.h"
#include "linkup/sdk/socket.h"
#include "linkup/sdk/task.h"

namespace linkup::sdk {

/// Threads for work that takes long: they run when the host's own threads have nothing to do. What is short
/// belongs into "requests".
struct PoolSpec {
    std::string name;  ///< known to this plugin only
    int threads = 1;
    int queue = 64;  ///< waiting pieces of work; beyond, RouteSpec::pool answers 503
};

/// What a plugin may do only while it registers. All of it is undone by the host, in one step, when the
/// plugin goes.
///
/// Implemented by: host.   Lifetime: the call of Plugin::registerWith; called later, each throws.
/// Threading: that thread.   Errors: Error{kConflict} naming both plugins when a route, socket path, task,
/// pool or service exists already; Error{kInvalidArgument} for what makes no sense.   Since: ABI 1.0.
class LINKUP_SDK_API Registrar {
public:
    virtual ~Registrar();
    virtual void route(RouteSpec spec, HttpHandler handler) = 0;
    /// The handler is the plugin's and must live until it is destroyed.
    virtual void socket(SocketSpec spec, SocketHandler& handler) = 0;
    virtual void task(TaskSpec spec) = 0;
    virtual void hook(std::string_view event, int priority, HookHandler handler) = 0;
    virtual void pool(PoolSpec spec) = 0;
    virtual void migrations(std::vector<Migration> migrations) = 0;
    /// Must live until the plugin is destroyed.
    virtual void provide(std::string_view interface_name, void* service) = 0;
    /// Fills N development accounts or the like for `linkupd --demo N`; runs after start.
    virtual void demo(std::function<void(int count)> fill) = 0;

    template <class T>
    void provide(T& service) {
        provide(T::kServiceName, static_cast<void*>(&service));
    }
};

}  // namespace linkup::sdk
