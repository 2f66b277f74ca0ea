#include "bus_redis_listener.h"

#include <utility>

namespace linkup::daemon {

RedisListener::RedisListener(const RedisSettings& settings, std::shared_ptr<BusSubscribers> subscribers,
                             sdk::Log& log)
    : settings_(settings), channels_(settings.prefix), subscribers_(std::move(subscribers)), log_(log) {
    parseRedisUrl(settings_.url);
    thread_ = std::thread([this] { run(); });
}

RedisListener::~RedisListener() {
    stop();
}

void RedisListener::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (connection_) connection_->shutdown();
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

BusSubscribers::Handle RedisListener::join(std::string_view topic, sdk::Bus::OnMessage on_message,
                                           sdk::Bus::OnGap on_gap) {
    const std::string name(topic);
    const bool may_wait = !subscribers_->onOwnThread();
    auto subscriber = subscribers_->add(topic, std::move(on_message), std::move(on_gap));
    std::unique_lock lock(mutex_);
    if (++topics_[name].subscribers == 1) ask("SUBSCRIBE", name);
    const auto patience =
        std::chrono::milliseconds(settings_.connect_timeout_ms + settings_.reply_timeout_ms);
    if (may_wait)
        changed_.wait_for(lock, patience, [&] { return stopping_ || unreachable_ || confirmed(name); });
    if (!confirmed(name)) late_.push_back({name, subscriber});
    return subscriber;
}

void RedisListener::leave(std::string_view topic, const BusSubscribers::Handle& subscriber) noexcept {
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(late_, [&](const Late& late) { return late.subscriber == subscriber; });
        const auto found = topics_.find(topic);
        if (--found->second.subscribers == 0) {
            topics_.erase(found);
            ask("UNSUBSCRIBE", topic);
        }
    }
    subscribers_->remove(subscriber);
}

bool RedisListener::confirmed(const std::string& topic) const {
    if (!connection_) return false;
    const auto found = topics_.find(topic);
    return found != topics_.end() && found->second.asked != 0 && answered_ >= found->second.asked;
}

void RedisListener::ask(std::string_view command, std::string_view topic) {
    if (!connection_) return;  // all topics are asked for when there is one again
    ++asked_;
    if (const auto found = topics_.find(topic); found != topics_.end()) found->second.asked = asked_;
    std::string bytes;
    appendRedisCommand(bytes, {command, channels_.ofTopic(topic)});
    try {
        connection_->send(bytes);
    } catch (const RedisGone&) {
        connection_->shutdown();  // the thread finds out, and begins anew
    }
}

void RedisListener::run() {
    while (true) {
        try {
            listen();
        } catch (const std::exception& failure) {
            lost(failure.what());
        }
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, backoff_.next(), [this] { return stopping_; })) return;
    }
}

void RedisListener::listen() {
    const auto connection = open();
    const auto target = subscribeAgain(connection);
    bool caught_up = false;
    while (true) {
        awaitAnswer(*connection);
        handle(connection->receive());
        if (caught_up) continue;
        {
            const std::lock_guard lock(mutex_);
            caught_up = answered_ >= target;
        }
        if (caught_up) caughtUp();
    }
}

std::shared_ptr<RedisConnection> RedisListener::open() {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) throw RedisGone("stopping");
    }
    return std::make_shared<RedisConnection>(settings_);
}

std::uint64_t RedisListener::subscribeAgain(const std::shared_ptr<RedisConnection>& connection) {
    std::string bytes;
    appendRedisCommand(bytes, {"SUBSCRIBE", channels_.notices()});
    const std::lock_guard lock(mutex_);
    if (stopping_) throw RedisGone("stopping");
    answered_ = 0;
    asked_ = 1;
    for (auto& [topic, state] : topics_) {
        appendRedisCommand(bytes, {"SUBSCRIBE", channels_.ofTopic(topic)});
        state.asked = ++asked_;
    }
    connection->send(bytes);
    connection_ = connection;  // from here on others may ask on it, and end it
    return asked_;
}

void RedisListener::awaitAnswer(RedisConnection& connection) {
    const std::chrono::milliseconds idle(settings_.idle_ping_ms);
    if (connection.readable(idle)) return;
    std::string ping;
    appendRedisCommand(ping, {"PING"});
    {
        const std::lock_guard lock(mutex_);
        connection.send(ping);
    }
    if (!connection.readable(std::chrono::milliseconds(settings_.reply_timeout_ms)))
        throw RedisGone("Redis does not answer any more");
}

void RedisListener::handle(const RedisReply& reply) {
    const auto parts = elementsOf(reply);
    if (parts.empty()) throw RedisGone("Redis sent an empty message");
    const auto kind = textOf(parts[0]).value_or("");
    if (kind == "subscribe" || kind == "unsubscribe") return answered();
    if (kind != "message" || parts.size() != 3) return;  // the answer to a PING
    const auto channel = textOf(parts[1]).value_or("");
    if (channel == channels_.notices()) return subscribers_->announceGap();
    if (const auto topic = channels_.topicOf(channel)) {
        const std::string text = textOf(parts[2]).value_or("");
        std::string_view message = text;
        const sdk::TraceContext trace = bus_message::takeHead(message);
        const sdk::TraceScope scope(trace);
        subscribers_->deliver(*topic, message);
    }
}

void RedisListener::answered() {
    std::vector<Late> due;
    {
        const std::lock_guard lock(mutex_);
        ++answered_;
        if (connection_)
            std::erase_if(late_, [&](Late& late) {
                if (!confirmed(late.topic)) return false;
                due.push_back(std::move(late));
                return true;
            });
    }
    changed_.notify_all();
    for (const auto& late : due) subscribers_->announceGapTo(late.subscriber);
}

void RedisListener::caughtUp() {
    std::vector<Late> due;
    {
        const std::lock_guard lock(mutex_);
        unreachable_ = false;
        due.swap(late_);
    }
    changed_.notify_all();
    if (std::exchange(ever_connected_, true)) {
        log_.info("the bus listens to Redis again");
        subscribers_->announceGap();
    } else {
        for (const auto& late : due) subscribers_->announceGapTo(late.subscriber);
    }
    backoff_.reset();
    connected_ = true;
}

void RedisListener::lost(const char* reason) noexcept {
    connected_ = false;
    bool news = false;
    {
        const std::lock_guard lock(mutex_);
        connection_.reset();
        for (auto& [topic, state] : topics_) state.asked = 0;
        news = !std::exchange(unreachable_, true) && !stopping_;
    }
    changed_.notify_all();
    if (news) log_.warning("the bus cannot listen to Redis", {{"reason", sdk::Json(std::string(reason))}});
}

}  // namespace linkup::daemon
