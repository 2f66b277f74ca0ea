#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/services/progress.h"
#include "daemon/services/worker_pool.h"
#include "gateway_settings.h"
#include "linkup/sdk/bus.h"
#include "linkup/sdk/clock.h"
#include "linkup/sdk/http.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"
#include "linkup/sdk/registrar.h"
#include "linkup/sdk/services/authenticator.h"
#include "linkup/sdk/socket.h"

namespace linkup::daemon {

/// Undoes one registration when destroyed, after the last call of its handler has come back. Not to be
/// destroyed by a handler, and not after the gateway.
class GatewayHandle {
public:
    virtual ~GatewayHandle() = default;
};

/// How a page of the daemon's own is served.
struct PageOptions {
    /// On the I/O thread: also under overload and while draining, for what says how the process is. Must be
    /// quick.
    bool on_io_thread = false;
    /// One sentence for OpenAPI; a page without one is not described.
    std::string summary{};
};

/// The network front: listens, checks requests against what was registered, and hands them on.
///
/// Threading: any thread, but `start`, `drain` and `stop` from one.   Lifetime: outlives the plugins and all
/// that they registered; the worker pools are stopped after `stop` and before this object goes.
class Gateway {
public:
    /// `pools` must have "requests". Errors: Error{kInvalidArgument} for settings that make no sense.
    Gateway(GatewaySettings settings, sdk::Log& log, sdk::Metrics& metrics, sdk::Clock& clock, sdk::Bus& bus,
            WorkerPools& pools);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    /// Errors: Error{kConflict} naming both owners when method and path are taken; Error{kInvalidArgument}
    /// for a path, schema or pool that makes no sense.
    [[nodiscard]] std::unique_ptr<GatewayHandle> addRoute(const std::string& owner, sdk::RouteSpec spec,
                                                          sdk::HttpHandler handler);
    /// The same, with up to `most` requests that wait answered together.
    [[nodiscard]] std::unique_ptr<GatewayHandle> addBatchRoute(const std::string& owner, sdk::RouteSpec spec,
                                                               std::size_t most,
                                                               sdk::HttpBatchHandler handler);
    /// `handler` must live until the handle has gone. Sockets stay open when it goes, and meet the next
    /// handler of their path. Errors: as above.
    [[nodiscard]] std::unique_ptr<GatewayHandle> addSocket(const std::string& owner, sdk::SocketSpec spec,
                                                           sdk::SocketHandler& handler);
    /// A page of the daemon at any path, for GET and HEAD, without token; `{name*}` at the end takes the rest
    /// of the path. Errors: as above.
    [[nodiscard]] std::unique_ptr<GatewayHandle> addPage(const std::string& path, sdk::HttpHandler handler,
                                                         PageOptions options = {});

    /// How soon a route, or an event of a socket, is given up under overload; kCore if never said.
    /// Errors: Error{kInvalidArgument} when there is none.
    void setImportance(sdk::Method method, const std::string& path, sdk::Importance importance);
    void setImportance(const std::string& path, const std::string& event, sdk::Importance importance);
    /// The handler of an event never waits. Errors: as above.
    void setPrompt(const std::string& path, const std::string& event);

    /// Null: nobody knows tokens, so what wants one answers 503. Returns when the one before is not in use
    /// any more.
    void setAuthenticator(sdk::Authenticator* authenticator);
    sdk::SocketHub& sockets() noexcept;
    /// Open WebSockets on this node.
    std::size_t socketCount() const noexcept;
    /// Of each I/O thread, once started.
    std::vector<std::function<Progress()>> progress() const;

    /// How late the I/O thread is that is most behind; see IoThread::lag. Zero when they do not run.
    std::chrono::nanoseconds loopLag() const noexcept;

    /// The OpenAPI 3.1 description of all routes, and the AsyncAPI 3.0 description of all sockets.
    sdk::Json openApi(const std::string& title, const std::string& version) const;
    sdk::Json asyncApi(const std::string& title, const std::string& version) const;

    /// Listens and serves: on `listener`, a listening TCP socket that was handed to the process and becomes
    /// the gateway's, or else where the settings say. Errors: Error{kUnavailable} naming address, port and
    /// reason.
    void start(std::optional<int> listener = std::nullopt);
    /// After `start`.
    std::uint16_t boundPort() const noexcept;
    /// From now on new requests and sockets are sent away with 503; where the listening socket was handed
    /// over, new connections wait in it for the next process instead, and open ones are answered to their
    /// end. Tells each socket and closes it with 1001, one after the other over `duration`, then returns when
    /// all have gone, or a little later.
    void drain(std::chrono::milliseconds duration);
    /// Looks for a renewed certificate now, and not when it is looked for next.
    void reloadCertificate() noexcept;
    /// Closes what is open and ends the threads. May be called again.
    void stop() noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace linkup::daemon
