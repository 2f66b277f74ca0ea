#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "front_stream.h"
#include "io_thread.h"
#include "socket_inbox.h"
#include "socket_outbox.h"
#include "socket_path.h"

namespace linkup::daemon {

/// A handshake that has passed all checks.
struct SocketOpening {
    FrontStream socket;
    std::shared_ptr<SocketPath> path;
    sdk::Principal principal;
    std::string token;  ///< asked for once more when the socket can be found by those who revoke
    std::string key;    ///< Sec-WebSocket-Key
    std::string host;
    std::string request_id;
    sdk::TraceContext trace;
    AddressLimits::Lease lease;
};

/// One WebSocket: reads events for its inbox, writes what its outbox holds, keeps the beat.
///
/// Threading: Beast's stream is touched on the I/O thread only; sends come from any thread through the
/// outbox. Lifetime: shared; the hub holds it while it is open.
class SocketSession final : public sdk::SocketSession,
                            public Connection,
                            private SocketInbox::Owner,
                            public std::enable_shared_from_this<SocketSession> {
public:
    /// Answers the handshake; on the I/O thread.
    static void open(IoThread& io, SocketOpening opening);
    /// Takes the socket and the principal out of `opening`.
    SocketSession(IoThread& io, SocketOpening& opening);
    ~SocketSession() override;

    const std::string& id() const noexcept override { return id_; }
    const sdk::Principal& principal() const noexcept override { return principal_; }
    const std::string& path() const noexcept override { return path_->name(); }
    void send(std::string text, sdk::SendOptions options) override;
    void close(sdk::CloseCode code, std::string_view reason) override;
    sdk::Json attribute(std::string_view key) const override;
    void update(std::string_view key, const std::function<sdk::Json(sdk::Json)>& change) override;

    void onDeadline(SteadyTime now) noexcept override;
    void shutDown() noexcept override;
    void kill() noexcept override;

private:
    struct Stream;
    class Operation;
    struct Answer {
        std::uint64_t ping;  // 0: not sent yet
        std::function<void(bool)> callback;
    };
    enum class State { kOpen, kClosing, kClosed };

    GatewayCore& core() const noexcept { return io().core(); }
    SocketSettings const& settings() const noexcept { return core().settings.sockets; }
    void beginClose(std::uint16_t code, std::string_view reason, std::chrono::milliseconds patience);
    void giveUpOnSlowReader(std::vector<OutgoingFrame>& lost);
    void startWriter();

    // From here on: I/O thread only.
    void accept(const SocketOpening& opening);
    void onAccepted();
    void recheck(std::string token);
    void startReading();
    void onMessage();
    bool shedsEvent(sdk::Importance importance);
    void onBadEvent(const std::vector<sdk::Fault>& faults);
    void onPong(std::string_view payload);
    void linger();
    void writeNext();
    void write(OutgoingFrame frame, bool more_waits);
    void tellWritten();
    void ping();
    void sendClose(std::uint16_t code, const std::string& reason);
    void onWriteFailed();
    void finish(std::uint16_t code) noexcept;
    void endIfUnused() noexcept;
    void scheduleDeadline(std::chrono::milliseconds time) noexcept;

    // SocketInbox::Owner
    std::shared_ptr<sdk::SocketSession> session() override { return shared_from_this(); }
    const sdk::TraceContext& trace() const override { return trace_; }
    void onRoom() override;

    const std::string id_;
    const sdk::Principal principal_;
    const std::shared_ptr<SocketPath> path_;
    const sdk::TraceContext trace_;  // of the handshake; each event is a span of its own in it
    AddressLimits::Lease lease_;     ///< until the connection has ended, however long others hold the session
    std::unique_ptr<Stream> stream_;
    SocketInbox inbox_;

    mutable std::mutex mutex_;  // guards the next seven
    SocketOutbox outbox_;
    State state_ = State::kOpen;
    bool writer_active_ = false;  // an operation is under way or about to be
    std::uint16_t close_code_ = 0;
    std::string close_reason_;
    sdk::Json attributes_;

    std::vector<OutgoingFrame> writing_;  ///< given to the stream, and not known yet to have gone out
    std::vector<Answer> answers_;
    std::vector<SteadyTime> bad_events_;
    std::uint64_t pings_ = 0;
    std::size_t frames_without_ping_ = 0;
    int operations_ = 0;  // of the stream, under way
    std::size_t discarded_ = 0;
    bool ping_wanted_ = false;
    bool beat_pending_ = false;  // a ping of ours is to be answered
    bool reading_ = false;
    bool accepted_ = false;
    bool close_sent_ = false;
    bool finished_ = false;
    SteadyTime heard_;
    SteadyTime beat_;
    SteadyTime write_began_;
};

}  // namespace linkup::daemon
