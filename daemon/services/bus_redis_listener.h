#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bus_redis_channels.h"
#include "bus_subscribers.h"
#include "redis_backoff.h"
#include "redis_connection.h"

namespace linkup::daemon {

/// The receiving half of the bus over Redis: one connection and its thread, which also calls the subscribers.
/// When the connection is lost it is made again, everything is subscribed again, and then all subscribers get
/// a gap.
///
/// Threading: any thread.
class RedisListener {
public:
    RedisListener(const RedisSettings& settings, std::shared_ptr<BusSubscribers> subscribers, sdk::Log& log);
    ~RedisListener();

    RedisListener(const RedisListener&) = delete;
    RedisListener& operator=(const RedisListener&) = delete;

    /// Returns once Redis has confirmed. If that cannot be (Redis is away; or the caller is a callback, which
    /// must not wait), the subscriber gets a gap later, when Redis has.
    BusSubscribers::Handle join(std::string_view topic, sdk::Bus::OnMessage on_message,
                                sdk::Bus::OnGap on_gap);
    void leave(std::string_view topic, const BusSubscribers::Handle& subscriber) noexcept;
    bool connected() const noexcept { return connected_; }
    /// Ends the thread; a callback that runs is waited for.
    void stop();

private:
    struct Topic {
        int subscribers = 0;
        std::uint64_t asked = 0;  ///< number of its SUBSCRIBE on this connection
    };
    struct Late {
        std::string topic;
        BusSubscribers::Handle subscriber;
    };

    void run();
    void listen();
    std::shared_ptr<RedisConnection> open();
    std::uint64_t subscribeAgain(const std::shared_ptr<RedisConnection>& connection);
    void awaitAnswer(RedisConnection& connection);
    void handle(const RedisReply& reply);
    void answered();
    void caughtUp();
    void lost(const char* reason) noexcept;
    bool confirmed(const std::string& topic) const;
    void ask(std::string_view command, std::string_view topic);

    const RedisSettings settings_;
    const BusChannels channels_;
    const std::shared_ptr<BusSubscribers> subscribers_;
    sdk::Log& log_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<RedisConnection> connection_;  ///< null while there is none
    std::map<std::string, Topic, std::less<>> topics_;
    std::vector<Late> late_;
    // Redis answers SUBSCRIBE and UNSUBSCRIBE in order, so counting tells which of them an answer is for.
    std::uint64_t asked_ = 0;
    std::uint64_t answered_ = 0;
    bool unreachable_ = false;  ///< the last attempt failed
    bool stopping_ = false;

    std::atomic<bool> connected_{false};
    bool ever_connected_ = false;  ///< own thread only, as what follows
    RedisBackoff backoff_;
    std::thread thread_;
};

}  // namespace linkup::daemon
