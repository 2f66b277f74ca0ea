#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace linkup::daemon {

/// Where Redis is, and how patient to be with it.
struct RedisSettings {
    std::string url;  ///< `redis://[[user]:password@]host[:port][/database]`; empty: none, in process
    std::string prefix =
        "linkup:";        ///< in front of every key and channel, so that others can use the same Redis
    int connections = 4;  ///< of the cache; the bus has two more
    int connect_timeout_ms = 1000;  ///< including the greeting, each way
    int reply_timeout_ms = 2000;    ///< a slower Redis counts as away
    int wait_ms = 1000;             ///< how long a call waits for a free connection before it is refused
    int idle_ping_ms = 5000;  ///< of the bus: silence after which the other side has to show that it is there
};

/// A URL taken apart.
struct RedisAddress {
    std::string host;
    std::uint16_t port = 6379;
    std::string user;
    std::string password;
    int database = 0;

    /// Host and port, for the log.
    std::string toString() const { return host + ":" + std::to_string(port); }
};

/// Errors: Error{kInvalidArgument} for what is no Redis URL; its message does not repeat the URL, which may
/// hold a password.
RedisAddress parseRedisUrl(const std::string& url);

}  // namespace linkup::daemon
