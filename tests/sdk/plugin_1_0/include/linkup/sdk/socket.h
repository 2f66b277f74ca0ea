#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "linkup/sdk/http.h"
#include "linkup/sdk/json.h"
#include "linkup/sdk/schema.h"

namespace linkup::sdk {

/// WebSocket close codes in use. Source: RFC 6455 §7.4 and the IANA registry.
enum class CloseCode : std::uint16_t {
    kNormal = 1000,
    kGoingAway = 1001,
    kInvalidText = 1007,
    kPolicy = 1008,
    kTooBig = 1009,
    kInternal = 1011,
    kTryAgainLater = 1013,
};

/// How a frame is treated on its way out.
struct SendOptions {
    /// Droppable frames (typing, presence) are the first to go when a socket reads too slowly; of several
    /// queued ones with the same non-empty `coalesce_key` only the last is sent.
    bool droppable = false;
    std::string coalesce_key;
    /// Called once, from an I/O thread: true when the frame was handed to the kernel, false when it never
    /// will be.
    std::function<void(bool)> on_written;
    /// Called once, from an I/O thread: true when a ping sent right behind the frame was answered (so the
    /// peer has it), false when the socket closed before.
    std::function<void(bool)> on_answered;
};

/// One open WebSocket of one device.
///
/// Implemented by: host.   Lifetime: shared; sending after it has closed does nothing.   Threading: any
/// thread; never blocks.   Errors: none leave it.   Since: ABI 1.0.
class LINKUP_SDK_API SocketSession {
public:
    virtual ~SocketSession();
    /// Unique over all nodes and time.
    virtual const std::string& id() const noexcept = 0;
    virtual const Principal& principal() const noexcept = 0;
    virtual const std::string& path() const noexcept = 0;
    virtual void send(std::string text, SendOptions options = {}) = 0;
    /// Sends what is queued, then closes.
    virtual void close(CloseCode code, std::string_view reason) = 0;
    /// State that belongs to the connection and outlives a reload of the plugin; null if never set. `update`
    /// gives the present value to `change` and stores what it returns, atomically.
    virtual Json attribute(std::string_view key) const = 0;
    virtual void update(std::string_view key, const std::function<Json(Json)>& change) = 0;
    UserId user() const noexcept { return principal().user; }
};

/// An event that a socket understands: it is recognised by the members in `when`, then checked and coerced by
/// `schema` before the handler sees it.
struct EventSpec {
    std::string name;  ///< the handler's word for it, such as "message"
    std::vector<std::pair<std::string, std::string>>
        when;  ///< {{"type", "chats"}, {"chats_type", "message"}}
    Schema schema;
    std::string summary;
};

/// What a plugin does with the sockets of one path. Handlers belong to the path, not to a connection.
///
/// Implemented by: plugin.   Lifetime: its registration; the host calls nothing after that has been undone.
/// Threading: calls for one session come one at a time and in order, from worker threads; different sessions
/// at once. Errors: sdk::Error becomes an error event `{type: error, code, detail}`; anything else closes the
/// socket with 1011.
class LINKUP_SDK_API SocketHandler {
public:
    virtual ~SocketHandler();
    /// After the greeting has been queued.
    virtual void onOpen(const std::shared_ptr<SocketSession>& session) = 0;
    /// `event` is EventSpec::name.
    virtual void onEvent(const std::shared_ptr<SocketSession>& session, const std::string& event,
                         const Json& body) = 0;
    /// Always the last call for a session that was opened. `code` is what closed it (1006: no close frame).
    virtual void onClose(const std::shared_ptr<SocketSession>& session, std::uint16_t code) = 0;
};

/// Declares one socket path; always with a bearer token or `?token=`.
struct SocketSpec {
    std::string path;      ///< "/api/v1/ws/chat"
    std::string greeting;  ///< "Connected to chat websocket."
    std::string summary;
    std::vector<EventSpec> events;
    bool ignore_unknown = false;  ///< JSON objects of no known event are ignored instead of refused
};

/// All sockets of all nodes.
///
/// Implemented by: host.   Lifetime: the Host's.   Threading: any thread; never blocks.   Errors: none.
/// Since: ABI 1.0.
class LINKUP_SDK_API SocketHub {
public:
    virtual ~SocketHub();
    /// To every device of the user on every node. `except_session` (an id, or empty) is left out.
    virtual void sendToUser(std::string_view path, UserId user, std::string text, bool droppable = false,
                            std::string_view except_session = {}) = 0;
    /// To every socket of the path on every node.
    virtual void sendToAll(std::string_view path, std::string text) = 0;
    /// The open sockets on this node, of one user or of all. An empty path: of all paths.
    virtual std::vector<std::shared_ptr<SocketSession>> local(std::string_view path, UserId user) const = 0;
    virtual std::vector<std::shared_ptr<SocketSession>> local(std::string_view path) const = 0;
    /// Closes the sockets that were opened with this sign-in, on every node and path, with 1008.
    virtual void closeSession(std::string_view session, std::string_view reason) = 0;
};

}  // namespace linkup::sdk
