#pragma once

#include <cstdint>
#include <memory>

#include "linkup/sdk/bus.h"
#include "linkup/sdk/log.h"
#include "redis_settings.h"

namespace linkup::daemon {

/// Counters since the start, and one gauge of this moment.
struct BusStatistics {
    std::uint64_t published = 0;  ///< messages handed to Redis, or to the own queue
    std::uint64_t dropped = 0;    ///< messages that could not be sent; every node got a gap for them
    std::uint64_t delivered = 0;  ///< messages that came in and had a subscriber
    std::uint64_t gaps = 0;       ///< gaps announced to the subscribers of this node
    std::uint64_t queued = 0;     ///< messages that wait to be sent
};

/// The bus as the daemon sees it: what plugins get, and what only the host may ask.
///
/// Lifetime: the last publish must have returned before it is destroyed; a Subscription may outlive it.
class HostBus : public sdk::Bus {
public:
    virtual BusStatistics statistics() const = 0;
    /// False while messages of this node or of others may be missed.
    virtual bool healthy() const = 0;
};

/// The bus over Redis if `redis.url` is not empty, else in this process. Does not wait for Redis, which is
/// looked for in the background. Errors: Error{kInvalidArgument} for a URL that is none.
std::unique_ptr<HostBus> openBus(const RedisSettings& redis, sdk::Log& log);

}  // namespace linkup::daemon
