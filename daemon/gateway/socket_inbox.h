#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/services/worker_pool.h"
#include "linkup/sdk/socket.h"
#include "linkup/sdk/trace.h"
#include "socket_path.h"

namespace linkup::daemon {

struct GatewayCore;

/// What a socket owes its handler: opened, events, closed, one after the other on the pool "requests". Each
/// inbox has at most one place in the pool's queue, so it needs no bound of the pool to be bounded. An event
/// whose handler never waits is handled where it was read, if nothing stands before it.
///
/// Threading: `run` on the pool, all else on the socket's I/O thread.   Lifetime: held by the socket; while
/// work is under way it holds the socket.
class SocketInbox final : public Work {
public:
    /// How a socket's inbox ends or slows the socket.
    class Owner {
    public:
        virtual ~Owner() = default;
        virtual std::shared_ptr<sdk::SocketSession> session() = 0;
        /// The trace of the socket's handshake, for its opening and its end.
        virtual const sdk::TraceContext& trace() const = 0;
        /// There is room again, after `push` has said that there was none.
        virtual void onRoom() = 0;
    };

    SocketInbox(GatewayCore& core, Owner& owner, std::shared_ptr<SocketPath> path);

    enum class Room { kYes, kNo };
    /// After kNo nothing may be pushed, but `close`, until Owner::onRoom.
    Room push(std::shared_ptr<SocketRegistration> registration, const sdk::EventSpec& spec, sdk::Json body,
              std::size_t bytes, sdk::TraceContext trace);
    void open();
    /// The last that the handler hears.
    void close(std::uint16_t code);
    /// Whether the socket waits for room.
    bool paused() const;

    void run() noexcept override;

private:
    enum class Kind { kOpen, kEvent, kClose };
    struct Item {
        Kind kind;
        std::shared_ptr<SocketRegistration> registration;  // of an event: keeps `spec` alive
        const sdk::EventSpec* spec = nullptr;
        sdk::Json body;
        std::size_t bytes = 0;
        std::uint16_t code = 0;
        sdk::TraceContext trace{};  // of an event
    };
    void add(Item item, std::unique_lock<std::mutex>& lock);
    void handle(const Item& item, const std::shared_ptr<sdk::SocketSession>& session) noexcept;
    void call(const Item& item, SocketRegistration& registration,
              const std::shared_ptr<sdk::SocketSession>& session);

    GatewayCore& core_;
    Owner& owner_;
    const std::shared_ptr<SocketPath> path_;
    mutable std::mutex mutex_;
    std::list<Item> items_;
    std::size_t bytes_ = 0;
    bool scheduled_ = false;
    bool paused_ = false;
    bool failed_ = false;  // the handler threw: it hears of no more events
    std::shared_ptr<sdk::SocketSession> held_;
};

/// The error event `{"type": "error", "code", "detail"}` that an Error becomes. An object as the Error's
/// detail gives the members, such as a code of the plugin's own.
std::string errorEvent(const sdk::Error& error);
/// The same for events that were not understood.
std::string badEvent(const std::vector<sdk::Fault>& faults);

}  // namespace linkup::daemon
