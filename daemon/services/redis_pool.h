#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "linkup/sdk/error.h"
#include "linkup/sdk/log.h"
#include "redis_connection.h"

namespace linkup::daemon {

/// A few connections to Redis for calls that need one at a time. Connections are made when they are needed
/// and again when they broke. While Redis is away callers are refused at once, and one of them tries again
/// every quarter of a second; so nobody waits in line for timeouts.
///
/// Threading: any thread that may block.
class RedisPool {
public:
    /// Errors: Error{kInvalidArgument} for a URL that is none. It does not connect yet.
    RedisPool(const RedisSettings& settings, sdk::Log& log);

    /// Sends one command and returns its reply. A command whose reply did not come may have been done or not;
    /// it is never sent twice. Errors: Error{kUnavailable}; RedisRefusal for what is wrong with the command.
    RedisReply call(const std::vector<std::string_view>& words);

private:
    using Clock = std::chrono::steady_clock;
    struct Member {
        std::unique_ptr<RedisConnection> connection;
        std::uint64_t era = 0;
    };

    Member take();
    Member connect(bool probing);
    void giveBack(Member member) noexcept;
    void failed(std::uint64_t era, const char* reason) noexcept;

    const RedisSettings settings_;
    sdk::Log& log_;

    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<Member> idle_;
    int open_ = 0;           ///< connections of this era: idle, in use or being made
    std::uint64_t era_ = 0;  ///< grows with each failure; connections of an older era are dropped
    bool away_ = false;
    bool probing_ = false;
    Clock::time_point next_probe_;
};

/// What a caller is told while Redis is away.
sdk::Error redisUnavailable();

}  // namespace linkup::daemon
