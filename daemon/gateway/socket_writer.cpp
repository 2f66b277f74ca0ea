// What a SocketSession does on its I/O thread to write, to keep the beat and to end.
#include <algorithm>

#include "gateway_core.h"
#include "socket_stream.h"

namespace linkup::daemon {

namespace {

namespace websocket = boost::beast::websocket;
using boost::beast::error_code;

constexpr std::size_t kAnswersAPing = 16;         // frames that one ping may vouch for
constexpr std::size_t kMostHeld = 32 * 1024;      // bytes of frames that go out in one piece
constexpr std::size_t kMaxDiscard = 1024 * 1024;  // of a peer that did not keep to the protocol

}  // namespace

/// Starts the next operation; called when none is under way.
void SocketSession::writeNext() {
    if (!finished_ && stream_->ws.next_layer().heldBytes() == 0) tellWritten();
    std::unique_lock lock(mutex_);
    if (state_ == State::kClosed || finished_ || close_sent_ || !accepted_) {
        writer_active_ = false;
        return;
    }
    const bool beats = ping_wanted_ && (!outbox_.nextWantsAnswer() || frames_without_ping_ >= kAnswersAPing);
    // Something is held for a frame that is gone, so anything else must take it along.
    const bool flushes =
        outbox_.empty() && state_ == State::kOpen && stream_->ws.next_layer().heldBytes() > 0;
    if (beats || flushes) {
        lock.unlock();
        ping();
    } else if (auto frame = outbox_.pop()) {
        const bool more_waits = !outbox_.empty();
        lock.unlock();
        write(std::move(*frame), more_waits);
    } else if (state_ == State::kClosing) {
        const std::uint16_t code = close_code_;
        const std::string reason = close_reason_;
        lock.unlock();
        sendClose(code, reason);
    } else {
        writer_active_ = false;
    }
}

void SocketSession::write(OutgoingFrame frame, bool more_waits) {
    auto& front = stream_->ws.next_layer();
    writing_.push_back(std::move(frame));
    const std::string& text = writing_.back().text;
    if (more_waits && front.heldBytes() + text.size() < kMostHeld) front.hold(text);
    write_began_ = io().now();
    stream_->ws.async_write(asio::buffer(text),
                            [self = Operation(shared_from_this())](const error_code& fault, std::size_t) {
                                if (fault || self->finished_) {
                                    self->onWriteFailed();
                                } else {
                                    self->writeNext();
                                }
                            });
}

void SocketSession::tellWritten() {
    for (OutgoingFrame& done : std::exchange(writing_, {})) {
        done.tellWritten();
        if (!done.wantsAnswer()) continue;
        answers_.push_back({0, std::move(done.options->on_answered)});
        ++frames_without_ping_;
        ping_wanted_ = true;
    }
}

void SocketSession::ping() {
    ping_wanted_ = false;
    frames_without_ping_ = 0;
    ++pings_;
    for (Answer& answer : answers_) {
        if (answer.ping == 0) answer.ping = pings_;
    }
    const std::string number = std::to_string(pings_);
    write_began_ = io().now();
    stream_->ws.async_ping(websocket::ping_data(number.data(), number.size()),
                           [self = Operation(shared_from_this())](const error_code& fault) {
                               if (fault || self->finished_) {
                                   self->onWriteFailed();
                               } else {
                                   self->writeNext();
                               }
                           });
}

void SocketSession::sendClose(std::uint16_t code, const std::string& reason) {
    close_sent_ = true;
    scheduleDeadline(core().closePatience());
    websocket::close_reason close(static_cast<websocket::close_code>(code));
    close.reason.assign(reason.data(), reason.size());
    stream_->ws.async_close(
        close, [self = Operation(shared_from_this())](const error_code&) { self->finish(kNoCloseFrame); });
}

/// The reading has mostly found out why, or will in a moment; if it does not, the deadline ends it.
void SocketSession::onWriteFailed() {
    for (OutgoingFrame& frame : std::exchange(writing_, {})) frame.tellLost();
    {
        const std::lock_guard lock(mutex_);
        writer_active_ = false;
    }
    if (!finished_) scheduleDeadline(settings().close_timeout);
    if (!finished_ && !reading_) kill();
}

void SocketSession::scheduleDeadline(std::chrono::milliseconds time) noexcept {
    io().wheel().set(*this, io().now() + time);
}

void SocketSession::onDeadline(SteadyTime now) noexcept {
    bool open = false;
    bool writing = false;
    {
        const std::lock_guard lock(mutex_);
        open = state_ == State::kOpen;
        writing = writer_active_;
    }
    if (!open || !accepted_ || (writing && now - write_began_ >= settings().write_timeout.get())) {
        kill();
        return;
    }
    if (inbox_.paused()) heard_ = now;  // we are the ones who do not read
    if (beat_pending_ && heard_ < beat_) {
        close(sdk::CloseCode::kGoingAway, "peer silent");
        return;
    }
    if (beat_pending_) {
        beat_pending_ = false;
        io().wheel().set(*this, std::max(beat_ + settings().ping_interval.get(), now));
        return;
    }
    beat_pending_ = true;
    beat_ = now;
    ping_wanted_ = true;
    {
        const std::lock_guard lock(mutex_);
        startWriter();
    }
    io().wheel().set(*this, now + settings().ping_timeout.get());
}

void SocketSession::shutDown() noexcept {
    close(sdk::CloseCode::kGoingAway, "server stops");
    if (!finished_) scheduleDeadline(core().closePatience());  // also of one that had longer
}

void SocketSession::kill() noexcept {
    if (stream_ == nullptr) return;
    stream_->ws.next_layer().close();
    finish(kNoCloseFrame);
}

/// The one way to the end, from whichever side sees it first.
void SocketSession::finish(std::uint16_t code) noexcept {
    if (finished_) return;
    finished_ = true;
    const auto keep = shared_from_this();
    std::vector<OutgoingFrame> lost;
    {
        const std::lock_guard lock(mutex_);
        if (state_ == State::kClosing) code = close_code_;
        state_ = State::kClosed;
        lost = outbox_.takeAll();
    }
    for (OutgoingFrame& frame : lost) frame.tellLost();
    for (const Answer& answer : std::exchange(answers_, {})) tell(answer.callback, false);
    io().wheel().clear(*this);
    if (accepted_) {
        path_->count(-1);
        core().hub.remove(*this);
        inbox_.close(code);
    }
    if (code == 1002 || code == 1007 || code == 1009) {
        scheduleDeadline(settings().close_timeout);
        linger();
    } else {
        stream_->ws.next_layer().close();
    }
    endIfUnused();
}

/// Reads on for a while what a peer sends that did not keep to the protocol: a reset would take our close
/// frame away.
void SocketSession::linger() {
    auto& buffer = stream_->buffer;
    discarded_ += buffer.size();
    buffer.consume(buffer.size());
    if (discarded_ > kMaxDiscard) return;
    stream_->ws.next_layer().socket().async_read_some(
        buffer.prepare(kIdleSocketBuffer),
        [self = Operation(shared_from_this())](const error_code& fault, std::size_t count) {
            self->stream_->buffer.commit(count);
            if (!fault) self->linger();
        });
}

void SocketSession::endIfUnused() noexcept {
    if (!finished_ || operations_ > 0 || stream_ == nullptr) return;
    stream_.reset();
    lease_ = {};
    leave();
}

}  // namespace linkup::daemon
