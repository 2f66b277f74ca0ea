#include "session_cache.h"

#include <algorithm>

namespace linkup::auth {

SessionCache::SessionCache(const sdk::Clock& clock, std::size_t max_entries)
    : clock_(clock), max_entries_per_shard_(std::max<std::size_t>(1, max_entries / kShards)) {}

SessionCache::State SessionCache::find(std::string_view session, std::chrono::milliseconds max_age) const {
    const auto now = clock_.steady();
    const Shard& shard = shardOf(session);
    const std::lock_guard lock(shard.mutex);
    const auto entry = shard.entries.find(session);
    if (entry == shard.entries.end() || now - entry->second.stored_at > max_age) return State::kUnknown;
    return entry->second.state;
}

void SessionCache::put(const std::string& session, State state, std::uint64_t generation) {
    const auto now = clock_.steady();
    Shard& shard = shardOf(session);
    const std::lock_guard lock(shard.mutex);
    if (generation != this->generation()) return;
    // Full: any one goes. It is read again from the database if its owner comes back.
    if (shard.entries.size() >= max_entries_per_shard_ && !shard.entries.contains(session)) {
        shard.entries.erase(shard.entries.begin());
    }
    shard.entries.insert_or_assign(session, Entry{state, now});
}

void SessionCache::forget(std::string_view session) {
    generation_.fetch_add(1, std::memory_order_acq_rel);
    Shard& shard = shardOf(session);
    const std::lock_guard lock(shard.mutex);
    const auto entry = shard.entries.find(session);
    if (entry != shard.entries.end()) shard.entries.erase(entry);
}

void SessionCache::clear() {
    generation_.fetch_add(1, std::memory_order_acq_rel);
    for (Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        shard.entries.clear();
    }
}

}  // namespace linkup::auth
