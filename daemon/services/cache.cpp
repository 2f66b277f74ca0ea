#include "cache.h"

#include "cache_memory.h"
#include "cache_redis.h"

namespace linkup::daemon {

std::unique_ptr<HostCache> openCache(const RedisSettings& redis, const std::string& node,
                                     const sdk::Clock& clock, sdk::Log& log) {
    if (redis.url.empty()) return std::make_unique<MemoryCache>(clock, node);
    return std::make_unique<RedisCache>(redis, node, log);
}

}  // namespace linkup::daemon
