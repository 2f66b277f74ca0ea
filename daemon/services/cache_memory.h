#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "cache.h"
#include "cache_expiring_table.h"

namespace linkup::daemon {

/// The cache of a single node. Values and buckets are spread over shards with a lock each, bounded in number:
/// a full shard drops what would expire first. Leases are few, and never dropped before their time.
class MemoryCache : public HostCache {
public:
    static constexpr std::size_t kMaxEntries = 1'000'000;

    MemoryCache(const sdk::Clock& clock, std::string node, std::size_t max_entries = kMaxEntries);

    std::optional<std::string> get(std::string_view key) override;
    void set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override;
    bool setIfAbsent(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override;
    void remove(std::string_view key) override;
    std::int64_t add(std::string_view key, std::int64_t amount, std::chrono::milliseconds ttl) override;
    std::chrono::milliseconds take(std::string_view key, double per_second, int burst) override;
    std::optional<sdk::Lease> acquire(std::string_view name, std::chrono::milliseconds ttl) override;
    bool renew(const sdk::Lease& lease, std::chrono::milliseconds ttl) override;
    void release(const sdk::Lease& lease) override;
    void ping() override {}

    /// Values and buckets held, alive or due to be dropped.
    std::size_t size() const;

private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct alignas(64) Shard {
        explicit Shard(std::size_t max_entries) : values(max_entries), buckets(max_entries) {}
        mutable std::mutex mutex;
        ExpiringTable<std::string> values;
        ExpiringTable<double> buckets;  ///< when the bucket will be full again, in steady microseconds
    };
    static constexpr std::size_t kShards = 32;

    Shard& shardOf(std::string_view key);

    const sdk::Clock& clock_;
    const std::string node_;
    std::vector<std::unique_ptr<Shard>> shards_;

    std::mutex leases_mutex_;
    ExpiringTable<std::int64_t> leases_;
    std::int64_t last_token_ = 0;
};

}  // namespace linkup::daemon
