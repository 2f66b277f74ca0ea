#include "socket_session.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <charconv>

#include "gateway_core.h"
#include "replies.h"
#include "socket_stream.h"

namespace linkup::daemon {

namespace {

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr int kUnsentBytes = 128 * 1024;
using UnsentLimit = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

/// What ended the reading, as a close code.
std::uint16_t codeOf(const error_code& fault, const websocket::close_reason& reason) {
    if (fault == websocket::error::closed)
        return reason.code == websocket::close_code::none ? 1005 : reason.code;
    if (fault == websocket::error::message_too_big || fault == websocket::error::buffer_overflow) return 1009;
    if (fault == websocket::error::bad_frame_payload) return 1007;
    if (fault.category() == make_error_code(websocket::error::closed).category()) return 1002;
    return kNoCloseFrame;
}

}  // namespace

void SocketSession::open(IoThread& io, SocketOpening opening) {
    auto session = std::make_shared<SocketSession>(io, opening);
    session->scheduleDeadline(io.core().settings.header_timeout);
    session->accept(opening);
}

SocketSession::SocketSession(IoThread& io, SocketOpening& opening)
    : Connection(io),
      id_(io.core().hub.newSessionId()),
      principal_(std::move(opening.principal)),
      path_(opening.path),
      trace_(std::move(opening.trace)),
      lease_(std::move(opening.lease)),
      stream_(std::make_unique<Stream>(std::move(opening.socket))),
      inbox_(io.core(), *this, opening.path),
      outbox_(io.core().settings.sockets.outgoing_budget_bytes) {
    // What a slow reader has not had should wait in the outbox, where it can be dropped, and not in the
    // kernel.
    error_code ignored;
    stream_->ws.next_layer().socket().set_option(UnsentLimit(kUnsentBytes), ignored);
}

SocketSession::~SocketSession() = default;

void SocketSession::send(std::string text, sdk::SendOptions options) {
    std::vector<OutgoingFrame> lost;
    {
        const std::lock_guard lock(mutex_);
        OutgoingFrame frame(std::move(text), std::move(options));
        const bool shed = frame.droppable() && core().overload.sheds(sdk::Importance::kLive);
        if (shed) core().overload.shed(sdk::Importance::kLive);
        if (state_ != State::kOpen || shed) {
            lost.push_back(std::move(frame));
        } else if (outbox_.push(std::move(frame), lost) == SocketOutbox::Verdict::kFull) {
            giveUpOnSlowReader(lost);
        }
        startWriter();
    }
    std::erase_if(lost, [](const OutgoingFrame& frame) { return frame.options == nullptr; });
    if (lost.empty()) return;
    auto shared = std::make_shared<std::vector<OutgoingFrame>>(std::move(lost));
    asio::post(io().context(), [shared] {
        for (OutgoingFrame& frame : *shared) frame.tellLost();
    });
}

void SocketSession::close(sdk::CloseCode code, std::string_view reason) {
    const std::lock_guard lock(mutex_);
    beginClose(static_cast<std::uint16_t>(code), reason, core().closePatience());
    startWriter();
}

/// With the lock held.
void SocketSession::beginClose(std::uint16_t code, std::string_view reason,
                               std::chrono::milliseconds patience) {
    if (state_ != State::kOpen) return;
    state_ = State::kClosing;
    close_code_ = code;
    close_reason_ = reason.substr(0, 120);
    // A peer that does not read must not hold up its own end.
    asio::post(io().context(), [self = shared_from_this(), patience] {
        if (!self->finished_ && !self->close_sent_) self->scheduleDeadline(patience);
    });
}

/// With the lock held. What waits goes to `lost`, so that of all that is still to come only the close frame
/// stands behind what the kernel has. For that much the peer gets the time of a frame that will not go out:
/// it may be only slow, and shall learn why it was closed.
void SocketSession::giveUpOnSlowReader(std::vector<OutgoingFrame>& lost) {
    core().metrics.slow_sockets.add();
    for (OutgoingFrame& frame : outbox_.takeAll()) lost.push_back(std::move(frame));
    const std::chrono::milliseconds patience = core().closePatience();
    beginClose(static_cast<std::uint16_t>(sdk::CloseCode::kTryAgainLater), "reads too slowly",
               core().draining ? patience : std::max(patience, settings().write_timeout.get()));
}

/// With the lock held.
void SocketSession::startWriter() {
    if (writer_active_ || state_ == State::kClosed) return;
    writer_active_ = true;
    asio::post(io().context(), [self = shared_from_this()] { self->writeNext(); });
}

sdk::Json SocketSession::attribute(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    return attributes_[key];
}

void SocketSession::update(std::string_view key, const std::function<sdk::Json(sdk::Json)>& change) {
    const std::lock_guard lock(mutex_);
    attributes_.set(key, change(attributes_[key]));
}

void SocketSession::onRoom() {
    asio::post(io().context(), [self = shared_from_this()] {
        if (!self->reading_ && !self->finished_) self->startReading();
    });
}

void SocketSession::accept(const SocketOpening& opening) {
    http::request<http::empty_body> request(http::verb::get, path_->name(), 11);
    request.set(http::field::host, opening.host);
    request.set(http::field::connection, "Upgrade");
    request.set(http::field::upgrade, "websocket");
    request.set(http::field::sec_websocket_version, "13");
    request.set(http::field::sec_websocket_key, opening.key);
    auto& ws = stream_->ws;
    ws.set_option(websocket::stream_base::decorator(
        [this, id = opening.request_id](websocket::response_type& response) {
            response.erase(http::field::server);
            response.set("X-Request-Id", id);
            response.set("traceresponse", trace_.traceparent());
        }));
    ws.read_message_max(settings().max_message_bytes);
    ws.auto_fragment(false);
    ws.text(true);
    ws.async_accept(request, [self = Operation(shared_from_this()),
                              token = opening.token](const error_code& fault) mutable {
        if (fault || self->finished_) {
            self->finish(kNoCloseFrame);
            return;
        }
        self->onAccepted();
        self->recheck(std::move(token));
    });
}

void SocketSession::onAccepted() {
    accepted_ = true;
    path_->count(1);
    heard_ = beat_ = io().now();
    auto& ws = stream_->ws;
    ws.set_option(websocket::stream_base::decorator([](websocket::response_type&) {}));
    ws.control_callback([this](websocket::frame_type kind, boost::beast::string_view payload) {
        heard_ = io().now();
        if (kind == websocket::frame_type::pong) onPong({payload.data(), payload.size()});
    });
    const std::shared_ptr<SocketRegistration> registration = path_->current();
    if (registration != nullptr) {
        send(sdk::Json::object({{"message", registration->spec.greeting}}).dump(), {});
    }
    scheduleDeadline(settings().ping_interval);
    inbox_.open();
    core().hub.add(shared_from_this());
    if (core().draining.load()) {
        // It came too late to be told with all others.
        const std::chrono::milliseconds wait = core().settings.retry_after.get();
        send(drainingNotice(wait), {});
        shutDown();
    }
    startReading();
}

/// A token revoked between its check and the moment when this socket could be found would leave it open for
/// ever.
void SocketSession::recheck(std::string token) {
    using Outcome = sdk::Authenticator::Outcome;
    const auto close_if_refused = [](SocketSession& session, const sdk::Authenticator::Answer& answer) {
        if (answer.outcome == Outcome::kRefused) session.close(sdk::CloseCode::kPolicy, "session ended");
    };
    try {
        const auto answer = core().authenticator.verifyFast(token);
        close_if_refused(*this, answer);
        if (answer.outcome != Outcome::kUnknown) return;
        const bool posted =
            core().requests.post([self = shared_from_this(), token = std::move(token), close_if_refused] {
                try {
                    close_if_refused(*self, self->core().authenticator.verify(token));
                } catch (...) {
                    self->close(sdk::CloseCode::kTryAgainLater, "busy");
                    throw;  // for the log
                }
            });
        if (!posted) close(sdk::CloseCode::kTryAgainLater, "busy");
    } catch (...) {
        close(sdk::CloseCode::kTryAgainLater, "busy");
    }
}

void SocketSession::startReading() {
    reading_ = true;
    stream_->ws.async_read(stream_->buffer,
                           [self = Operation(shared_from_this())](const error_code& fault, std::size_t) {
                               self->reading_ = false;
                               if (fault) {
                                   self->finish(codeOf(fault, self->stream_->ws.reason()));
                               } else if (!self->finished_) {
                                   self->onMessage();
                               }
                           });
}

void SocketSession::onMessage() {
    heard_ = io().now();
    auto& buffer = stream_->buffer;
    SocketInbox::Room room = SocketInbox::Room::kYes;
    bool listening = false;
    {
        const std::lock_guard lock(mutex_);
        listening = state_ == State::kOpen;
    }
    if (const auto registration = path_->current(); listening && registration != nullptr) {
        const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
        auto outcome = stream_->ws.got_text() ? registration->reader.read(text) : EventReader::binary();
        if (auto* event = std::get_if<EventReader::Event>(&outcome)) {
            if (!shedsEvent(registration->importanceOf(*event->spec)))
                room = inbox_.push(registration, *event->spec, std::move(event->body), text.size(),
                                   core().ids.makeTrace(trace_));
        } else if (const auto* bad = std::get_if<EventReader::Bad>(&outcome)) {
            onBadEvent(bad->faults);
        }
    } else if (listening) {
        send(errorEvent(sdk::Error(sdk::ErrorCode::kUnavailable, "Please try again in a moment.")), {});
    }
    buffer.consume(buffer.size());
    if (buffer.capacity() > kIdleSocketBuffer) buffer.shrink_to_fit();
    // The inbox may have made room again in the meantime; then its own call starts the next reading.
    if (room == SocketInbox::Room::kYes && !reading_ && !finished_) startReading();
}

/// What is live is over before it could be sent again, so nobody is told.
bool SocketSession::shedsEvent(sdk::Importance importance) {
    Overload& overload = core().overload;
    if (!overload.sheds(importance)) return false;
    overload.shed(importance);
    if (importance != sdk::Importance::kLive)
        send(errorEvent(sdk::Error(sdk::ErrorCode::kUnavailable, "Please try again in a moment.")), {});
    return true;
}

void SocketSession::onBadEvent(const std::vector<sdk::Fault>& faults) {
    core().metrics.bad_events.add();
    send(badEvent(faults), {});
    const SteadyTime now = io().now();
    std::erase_if(bad_events_, [now](SteadyTime time) { return now - time >= std::chrono::minutes(1); });
    bad_events_.push_back(now);
    if (bad_events_.size() >= static_cast<std::size_t>(settings().bad_events_per_minute)) {
        close(sdk::CloseCode::kPolicy, "too many bad events");
    }
}

void SocketSession::onPong(std::string_view payload) {
    std::uint64_t number = 0;
    const auto [end, fault] = std::from_chars(payload.data(), payload.data() + payload.size(), number);
    if (fault != std::errc() || end != payload.data() + payload.size() || number > pings_) return;
    std::vector<Answer> answered;
    std::erase_if(answers_, [&](Answer& answer) {
        if (answer.ping == 0 || answer.ping > number) return false;
        answered.push_back(std::move(answer));
        return true;
    });
    for (const Answer& answer : answered) tell(answer.callback, true);
}

}  // namespace linkup::daemon
