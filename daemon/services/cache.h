#pragma once

#include <memory>
#include <string>

#include "linkup/sdk/cache.h"
#include "linkup/sdk/clock.h"
#include "linkup/sdk/log.h"
#include "redis_settings.h"

namespace linkup::daemon {

/// The cache as the daemon sees it: what plugins get, and what only the host may ask.
///
/// Lifetime: nothing that uses it may outlive it.   Threading: any thread that may block.
class HostCache : public sdk::Cache {
public:
    /// Returns if the cache answers; else throws Error{kUnavailable}. For readiness.
    virtual void ping() = 0;
};

/// The cache in Redis if `redis.url` is not empty, else in memory. Does not wait for Redis: while it is away
/// each call is refused at once. `node` names the holder of a lease to people who look. Errors:
/// Error{kInvalidArgument} for a URL that is none.
std::unique_ptr<HostCache> openCache(const RedisSettings& redis, const std::string& node,
                                     const sdk::Clock& clock, sdk::Log& log);

}  // namespace linkup::daemon
