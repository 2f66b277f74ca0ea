#include "bus.h"

#include "bus_memory.h"
#include "bus_redis.h"

namespace linkup::daemon {

std::unique_ptr<HostBus> openBus(const RedisSettings& redis, sdk::Log& log) {
    if (redis.url.empty()) return std::make_unique<MemoryBus>(log);
    return std::make_unique<RedisBus>(redis, log);
}

}  // namespace linkup::daemon
