#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bus_redis_channels.h"
#include "linkup/sdk/bus.h"
#include "linkup/sdk/log.h"
#include "redis_backoff.h"
#include "redis_connection.h"

namespace linkup::daemon {

/// The sending half of the bus over Redis: a bounded queue, and a thread that sends all that has gathered in
/// one round trip. What cannot be sent is dropped; then all nodes, this one included, are told as soon as
/// Redis is there again. While Redis is away nothing is kept: the gap speaks for all of it, and no one is
/// told yesterday's news.
///
/// Threading: any thread; `publish` only appends to a buffer.
class RedisPublisher {
public:
    struct Statistics {
        std::uint64_t published = 0;
        std::uint64_t dropped = 0;
        std::uint64_t queued = 0;
    };
    static constexpr std::size_t kMaxQueuedBytes = 32 << 20;

    RedisPublisher(const RedisSettings& settings, sdk::Log& log);
    ~RedisPublisher();

    RedisPublisher(const RedisPublisher&) = delete;
    RedisPublisher& operator=(const RedisPublisher&) = delete;

    void publish(std::string_view topic, std::span<const std::string> messages,
                 const sdk::TraceContext& trace);
    void publish(std::string_view topic, std::span<const sdk::TracedMessage> messages);
    Statistics statistics() const;
    /// False while what is published is dropped.
    bool accepting() const;
    /// Sends what is queued, if Redis is there, and ends the thread.
    void stop();

private:
    /// Commands as Redis reads them, and how many.
    struct Batch {
        std::string bytes;
        std::size_t count = 0;
    };

    void enqueue(std::string_view channel, std::string_view head, std::string_view text);
    void run();
    bool work();
    void ensureConnected();
    void send(const Batch& batch);
    void failed(const char* reason) noexcept;

    const RedisSettings settings_;
    const BusChannels channels_;
    sdk::Log& log_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    Batch queue_;
    std::size_t sending_ = 0;
    bool accepting_ = true;  ///< false while Redis is away
    bool gap_owed_ = false;  ///< something was dropped, and not all nodes know
    bool stopping_ = false;
    std::uint64_t published_ = 0;
    std::uint64_t dropped_ = 0;

    bool announcing_ = false;  ///< a gap is being sent; own thread only, as what follows
    std::unique_ptr<RedisConnection> connection_;
    RedisBackoff backoff_;
    std::thread thread_;
};

}  // namespace linkup::daemon
