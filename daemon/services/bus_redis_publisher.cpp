#include "bus_redis_publisher.h"

#include <utility>

namespace linkup::daemon {

RedisPublisher::RedisPublisher(const RedisSettings& settings, sdk::Log& log)
    : settings_(settings), channels_(settings.prefix), log_(log) {
    parseRedisUrl(settings_.url);
    thread_ = std::thread([this] { run(); });
}

RedisPublisher::~RedisPublisher() {
    stop();
}

void RedisPublisher::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void RedisPublisher::publish(std::string_view topic, std::span<const std::string> messages,
                             const sdk::TraceContext& trace) {
    const auto channel = channels_.ofTopic(topic);
    const auto head = bus_message::headOf(trace);
    {
        const std::lock_guard lock(mutex_);
        for (const auto& message : messages) enqueue(channel, head, message);
    }
    wake_.notify_one();
}

void RedisPublisher::publish(std::string_view topic, std::span<const sdk::TracedMessage> messages) {
    const auto channel = channels_.ofTopic(topic);
    {
        const std::lock_guard lock(mutex_);
        for (const auto& message : messages)
            enqueue(channel, bus_message::headOf(message.trace), message.text);
    }
    wake_.notify_one();
}

/// With the mutex held.
void RedisPublisher::enqueue(std::string_view channel, std::string_view head, std::string_view text) {
    if (!accepting_ || queue_.bytes.size() + text.size() > kMaxQueuedBytes) {
        gap_owed_ = true;
        ++dropped_;
        return;
    }
    appendRedisPublish(queue_.bytes, channel, head, text);
    ++queue_.count;
}

RedisPublisher::Statistics RedisPublisher::statistics() const {
    const std::lock_guard lock(mutex_);
    return {published_, dropped_, queue_.count + sending_};
}

bool RedisPublisher::accepting() const {
    const std::lock_guard lock(mutex_);
    return accepting_;
}

void RedisPublisher::run() {
    bool working = true;
    while (working) {
        try {
            working = work();
            continue;
        } catch (const std::exception& failure) {
            failed(failure.what());
        }
        std::unique_lock lock(mutex_);
        working = !wake_.wait_for(lock, backoff_.next(), [this] { return stopping_; });
    }
}

/// One round: waits for something to send, or for the time to see whether Redis is still there; false at the
/// end.
bool RedisPublisher::work() {
    ensureConnected();
    Batch batch;
    {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, std::chrono::milliseconds(settings_.idle_ping_ms),
                       [this] { return stopping_ || queue_.count > 0 || gap_owed_; });
        if (stopping_ && queue_.count == 0 && !gap_owed_) return false;
        batch = std::exchange(queue_, {});
        sending_ = batch.count;
        announcing_ = std::exchange(gap_owed_, false);
    }
    ensureConnected();  // again: it may have ended while there was nothing to send
    send(batch);
    const std::lock_guard lock(mutex_);
    published_ += std::exchange(sending_, 0);
    announcing_ = false;
    return true;
}

void RedisPublisher::ensureConnected() {
    using namespace std::chrono_literals;
    if (connection_ && connection_->readable(0ms)) connection_.reset();  // nothing was asked: that is its end
    if (connection_) return;
    connection_ = std::make_unique<RedisConnection>(settings_);
    bool news = false;
    {
        // Before the gap is sent: whatever is dropped from here on is owed anew.
        const std::lock_guard lock(mutex_);
        news = !std::exchange(accepting_, true);
    }
    if (news) log_.info("the bus sends to Redis again");
}

void RedisPublisher::send(const Batch& batch) {
    std::size_t replies = batch.count;
    if (announcing_ || replies == 0) {
        std::string first;
        if (announcing_)
            appendRedisCommand(first, {"PUBLISH", channels_.notices(), "gap"});
        else
            appendRedisCommand(first, {"PING"});
        connection_->send(first);
        ++replies;
    }
    // All is sent before the first reply is read. Redis keeps the replies to a normal client without limit,
    // and they are a few bytes each, so neither side can block the other.
    connection_->send(batch.bytes);
    for (; replies > 0; --replies) connection_->receive();
    backoff_.reset();
}

void RedisPublisher::failed(const char* reason) noexcept {
    connection_.reset();
    bool news = false;
    {
        const std::lock_guard lock(mutex_);
        news = std::exchange(accepting_, false) && !stopping_;
        const auto lost = std::exchange(sending_, 0) + std::exchange(queue_, {}).count;
        dropped_ += lost;
        if (lost > 0 || announcing_) gap_owed_ = true;
        announcing_ = false;
    }
    if (news) log_.warning("the bus cannot send to Redis", {{"reason", sdk::Json(std::string(reason))}});
}

}  // namespace linkup::daemon
