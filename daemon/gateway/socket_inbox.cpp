#include "socket_inbox.h"

#include "daemon/services/logging.h"
#include "gateway_core.h"

namespace linkup::daemon {

namespace {

constexpr int kAtOnce = 16;  // events of one socket before others have their turn

}  // namespace

SocketInbox::SocketInbox(GatewayCore& core, Owner& owner, std::shared_ptr<SocketPath> path)
    : core_(core), owner_(owner), path_(std::move(path)) {}

SocketInbox::Room SocketInbox::push(std::shared_ptr<SocketRegistration> registration,
                                    const sdk::EventSpec& spec, sdk::Json body, std::size_t bytes,
                                    sdk::TraceContext trace) {
    const SocketSettings& settings = core_.settings.sockets;
    const bool is_prompt = registration->isPrompt(spec);
    std::unique_lock lock(mutex_);
    if (is_prompt && !scheduled_) {
        lock.unlock();
        handle({Kind::kEvent, std::move(registration), &spec, std::move(body), 0, 0, std::move(trace)},
               owner_.session());
        return Room::kYes;
    }
    bytes_ += bytes;
    paused_ = items_.size() + 1 >= settings.incoming_events || bytes_ >= settings.incoming_bytes;
    const Room room = paused_ ? Room::kNo : Room::kYes;
    add({Kind::kEvent, std::move(registration), &spec, std::move(body), bytes, 0, std::move(trace)}, lock);
    return room;
}

void SocketInbox::open() {
    std::unique_lock lock(mutex_);
    add({Kind::kOpen, nullptr, nullptr, {}, 0, 0}, lock);
}

void SocketInbox::close(std::uint16_t code) {
    std::unique_lock lock(mutex_);
    add({Kind::kClose, nullptr, nullptr, {}, 0, code}, lock);
}

bool SocketInbox::paused() const {
    const std::lock_guard lock(mutex_);
    return paused_;
}

void SocketInbox::add(Item item, std::unique_lock<std::mutex>& lock) {
    items_.push_back(std::move(item));
    if (scheduled_) return;
    scheduled_ = true;
    held_ = owner_.session();
    lock.unlock();
    core_.requests.submit(*this);
}

void SocketInbox::run() noexcept {
    // Outlives this call: dropping it may end the socket and this object with it.
    std::shared_ptr<sdk::SocketSession> session;
    for (int done = 0;; ++done) {
        std::unique_lock lock(mutex_);
        session = held_;
        if (items_.empty()) {
            scheduled_ = false;
            held_.reset();
            return;
        }
        if (done == kAtOnce) {
            lock.unlock();
            core_.requests.submit(*this);
            return;
        }
        const Item item = std::move(items_.front());
        items_.pop_front();
        bytes_ -= item.bytes;
        const SocketSettings& settings = core_.settings.sockets;
        const bool room =
            paused_ && items_.size() <= settings.incoming_events / 2 && bytes_ <= settings.incoming_bytes / 2;
        if (room) paused_ = false;
        lock.unlock();
        if (room) owner_.onRoom();
        handle(item, session);
    }
}

void SocketInbox::handle(const Item& item, const std::shared_ptr<sdk::SocketSession>& session) noexcept {
    if (failed_ && item.kind == Kind::kEvent) return;
    const RequestScope scope(session->id(), item.trace.valid() ? item.trace : owner_.trace());
    const std::shared_ptr<SocketRegistration> registration = path_->current();
    const auto fail = [&](const char* reason) {
        core_.log.error("a socket handler failed", {{"path", path_->name()}, {"reason", reason}});
        failed_ = true;
        session->close(sdk::CloseCode::kInternal, "internal error");
    };
    try {
        if (registration == nullptr)
            throw sdk::Error(sdk::ErrorCode::kUnavailable, "Please try again in a moment.");
        const Passage passage(registration->gate);
        if (!passage) throw sdk::Error(sdk::ErrorCode::kUnavailable, "Please try again in a moment.");
        call(item, *registration, session);
    } catch (const sdk::Error& error) {
        if (item.kind == Kind::kClose) return;
        if (sdk::httpStatus(error.code()) == 500 && error.detail().isNull()) {
            core_.log.error("a socket event failed", {{"path", path_->name()}, {"reason", error.what()}});
        }
        session->send(errorEvent(error));
    } catch (const std::exception& error) {
        fail(error.what());
    } catch (...) {
        fail("not a std::exception");
    }
}

void SocketInbox::call(const Item& item, SocketRegistration& registration,
                       const std::shared_ptr<sdk::SocketSession>& session) {
    switch (item.kind) {
        case Kind::kOpen:
            registration.handler.onOpen(session);
            return;
        case Kind::kEvent:
            registration.handler.onEvent(session, item.spec->name, item.body);
            return;
        case Kind::kClose:
            registration.handler.onClose(session, item.code);
            return;
    }
}

std::string errorEvent(const sdk::Error& error) {
    sdk::Json event = sdk::Json::object({{"type", "error"}});
    const int status = sdk::httpStatus(error.code());
    const std::string_view code = status == 503   ? "server_busy"
                                  : status == 500 ? "internal_error"
                                                  : sdk::toString(error.code());
    event.set("code", sdk::Json(code));
    event.set("detail", status == 500 ? sdk::Json("Internal Server Error") : sdk::Json(error.what()));
    if (error.detail().isObject()) {
        for (const auto& [name, value] : error.detail().members()) event.set(name, value);
    } else if (!error.detail().isNull()) {
        event.set("detail", error.detail());
    }
    if (error.retryAfter().count() > 0) event.set("retry_after_ms", std::int64_t{error.retryAfter().count()});
    return event.dump();
}

std::string badEvent(const std::vector<sdk::Fault>& faults) {
    return sdk::Json::object(
               {{"type", "error"}, {"code", "invalid_event"}, {"detail", sdk::faultsToDetail(faults)}})
        .dump();
}

}  // namespace linkup::daemon
