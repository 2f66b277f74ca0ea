#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/database.h"
#include "linkup/sdk/export.h"
#include "linkup/sdk/heartbeat.h"
#include "linkup/sdk/hooks.h"
#include "linkup/sdk/http.h"
#include "linkup/sdk/socket.h"
#include "linkup/sdk/task.h"

namespace linkup::sdk {

/// Threads of the plugin's own, for slow work. Made by: plugin.   Since: ABI 1.0.
struct PoolSpec {
    std::string name;  ///< known to this plugin only
    int threads = 1;   ///< how many
    int queue = 64;    ///< waiting pieces of work; beyond, RouteSpec::pool answers 503
};

/// What is given up first, and last, when the server has more to do than it can. Since: ABI 1.3.
enum class Importance {
    kSignIn,     ///< brings more people in: signing up, signing in
    kDiscovery,  ///< looking for people
    kLive,       ///< over in a moment, such as typing and presence; events are dropped without a word
    kCore,       ///< messages, and all that nothing else was said of
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
    /// Requests that match `spec` go to `handler`, several at once, on worker threads.
    virtual void route(RouteSpec spec, HttpHandler handler) = 0;
    /// The handler is the plugin's and must live until it is destroyed.
    virtual void socket(SocketSpec spec, SocketHandler& handler) = 0;
    /// Has `spec.run` called when it is due, from Plugin::start until before Plugin::stop.
    virtual void task(TaskSpec spec) = 0;
    /// For what has to be done with the event, such as removing what is kept of a deleted account: no
    /// deadline, and what the handler throws ends the publisher's transaction.
    virtual void hook(std::string_view event, int priority, HookHandler handler) = 0;
    /// Makes worker threads of the plugin's own, for RouteSpec::pool and Workers::post.
    virtual void pool(PoolSpec spec) = 0;
    /// The plugin's schema; brought up to date before Plugin::start, in one transaction each.
    virtual void migrations(std::vector<Migration> migrations) = 0;
    /// Must live until the plugin is destroyed.
    virtual void provide(std::string_view interface_name, void* service) = 0;
    /// Fills N development accounts or the like for `linkupd --demo N`; runs after start. The page at /try
    /// asks for them too, while requests run, and again: what is there already has to stay as it is.
    virtual void demo(std::function<void(int count)> fill) = 0;
    /// For one thread of the plugin's own; `name` says which. Worker pools need none: the host sees by itself
    /// whether their threads come back. Since: ABI 1.2.
    [[nodiscard]] virtual Heartbeat& heartbeat(std::string_view name) = 0;

    template <class T>
    /// As above, under `T::kServiceName`.
    void provide(T& service) {
        provide(T::kServiceName, static_cast<void*>(&service));
    }

    /// With a budget and a rule for failure. Since: ABI 1.2.
    virtual void hook(HookSpec spec, HookHandler handler) = 0;

    /// How soon a route that this plugin has registered is given up when the server has too much to do; kCore
    /// if never said. Errors: Error{kInvalidArgument} when there is none. Since: ABI 1.3.
    virtual void importance(Method method, std::string_view path, Importance importance) = 0;
    /// The same for an event of a socket, by EventSpec::name. Since: ABI 1.3.
    virtual void importance(std::string_view path, std::string_view event, Importance importance) = 0;

    /// Requests that match `spec` go to `handler` together, up to `most` of them: those that came while its
    /// calls before were under way. One that comes alone waits for no other. Not for uploads.
    /// Since: ABI 1.5.
    virtual void batchRoute(RouteSpec spec, int most, HttpBatchHandler handler) = 0;

    /// The handler of this event, by EventSpec::name, of a socket that this plugin has registered never
    /// waits: for no database, file or network, nor for long for a lock. So it is called on the I/O thread
    /// that has read the event, without the way through a pool of threads, unless earlier events of the same
    /// socket are not done yet. Errors: Error{kInvalidArgument} when there is none. Since: ABI 1.8.
    virtual void prompt(std::string_view path, std::string_view event) = 0;
};

}  // namespace linkup::sdk
