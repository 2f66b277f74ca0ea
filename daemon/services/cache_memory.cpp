#include "cache_memory.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "cache_limits.h"

namespace linkup::daemon {
namespace {

std::int64_t parseCounter(std::string_view text) {
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stop != text.data() + text.size()) throw notACounter();
    return number;
}

}  // namespace

MemoryCache::MemoryCache(const sdk::Clock& clock, std::string node, std::size_t max_entries)
    : clock_(clock), node_(std::move(node)), leases_(std::numeric_limits<std::size_t>::max()) {
    for (std::size_t i = 0; i < kShards; ++i)
        shards_.push_back(std::make_unique<Shard>(std::max<std::size_t>(1, max_entries / kShards)));
}

MemoryCache::Shard& MemoryCache::shardOf(std::string_view key) {
    // Other bits than the table in the shard uses, or its buckets would fill unevenly.
    return *shards_[(std::hash<std::string_view>()(key) >> 48) % kShards];
}

std::optional<std::string> MemoryCache::get(std::string_view key) {
    auto& shard = shardOf(key);
    const auto now = clock_.steady();
    const std::lock_guard lock(shard.mutex);
    const auto* const value = shard.values.find(key, now);
    if (value == nullptr) return std::nullopt;
    return *value;
}

void MemoryCache::set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    auto& shard = shardOf(key);
    const auto now = clock_.steady();
    const std::lock_guard lock(shard.mutex);
    shard.values.put(key, std::string(value), now + clampTtl(ttl), now);
}

bool MemoryCache::setIfAbsent(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    auto& shard = shardOf(key);
    const auto now = clock_.steady();
    const std::lock_guard lock(shard.mutex);
    if (shard.values.find(key, now) != nullptr) return false;
    shard.values.put(key, std::string(value), now + clampTtl(ttl), now);
    return true;
}

void MemoryCache::remove(std::string_view key) {
    auto& shard = shardOf(key);
    const std::lock_guard lock(shard.mutex);
    shard.values.erase(key);
}

std::int64_t MemoryCache::add(std::string_view key, std::int64_t amount, std::chrono::milliseconds ttl) {
    auto& shard = shardOf(key);
    const auto now = clock_.steady();
    const std::lock_guard lock(shard.mutex);
    auto* const value = shard.values.find(key, now);
    if (value == nullptr) {
        shard.values.put(key, std::to_string(amount), now + clampTtl(ttl), now);
        return amount;
    }
    std::int64_t sum = 0;
    if (__builtin_add_overflow(parseCounter(*value), amount, &sum)) throw notACounter();
    *value = std::to_string(sum);
    return sum;
}

std::chrono::milliseconds MemoryCache::take(std::string_view key, double per_second, int burst) {
    const double interval = tokenInterval(per_second, burst);
    auto& shard = shardOf(key);
    const auto now = clock_.steady();
    const double now_micros = std::chrono::duration<double, std::micro>(now.time_since_epoch()).count();
    const std::lock_guard lock(shard.mutex);
    const auto* const full_at = shard.buckets.find(key, now);
    const double backlog = (full_at == nullptr ? 0.0 : std::max(0.0, *full_at - now_micros)) + interval;
    const double excess = backlog - burst * interval;
    if (excess > kTokenTolerance)
        return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(excess / 1000)));

    constexpr double kLongest = 1e15;  // thirty years, so that nanoseconds do not overflow
    const auto kept_until =
        now + std::chrono::microseconds(std::llround(std::ceil(std::min(backlog, kLongest))));
    shard.buckets.put(key, now_micros + backlog, kept_until, now);
    return std::chrono::milliseconds(0);
}

std::optional<sdk::Lease> MemoryCache::acquire(std::string_view name, std::chrono::milliseconds ttl) {
    const auto now = clock_.steady();
    const std::lock_guard lock(leases_mutex_);
    if (leases_.find(name, now) != nullptr) return std::nullopt;
    // From the time of day, so that tokens go on growing when the process is started anew.
    last_token_ = std::max(last_token_ + 1, sdk::toMicros(clock_.now()));
    leases_.put(name, last_token_, now + clampTtl(ttl), now);
    return sdk::Lease{std::string(name), last_token_, node_};
}

bool MemoryCache::renew(const sdk::Lease& lease, std::chrono::milliseconds ttl) {
    const auto now = clock_.steady();
    const std::lock_guard lock(leases_mutex_);
    const auto* const token = leases_.find(lease.name, now);
    if (token == nullptr || *token != lease.token) return false;
    leases_.put(lease.name, lease.token, now + clampTtl(ttl), now);
    return true;
}

void MemoryCache::release(const sdk::Lease& lease) {
    const std::lock_guard lock(leases_mutex_);
    const auto* const token = leases_.find(lease.name, clock_.steady());
    if (token != nullptr && *token == lease.token) leases_.erase(lease.name);
}

std::size_t MemoryCache::size() const {
    std::size_t total = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard->mutex);
        total += shard->values.size() + shard->buckets.size();
    }
    return total;
}

}  // namespace linkup::daemon
