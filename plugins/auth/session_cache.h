#pragma once

#include <linkup/sdk/clock.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace linkup::auth {

/// What this node knows of sessions, so that a request need not ask the database who it comes from. Bounded.
///
/// A look-up that began before a revocation must not store what it read then. So whoever reads the database
/// takes the generation first and hands it to put(), which stores nothing if anything was forgotten in
/// between.
///
/// Threading: any thread; a lock is held for a few hundred nanoseconds.
class SessionCache {
public:
    enum class State { kUnknown, kLive, kDead };

    explicit SessionCache(const sdk::Clock& clock, std::size_t max_entries = 200'000);

    /// kUnknown for what was stored longer than `max_age` ago.
    State find(std::string_view session, std::chrono::milliseconds max_age) const;
    std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }
    void put(const std::string& session, State state, std::uint64_t generation);
    void forget(std::string_view session);
    void clear();

private:
    static constexpr std::size_t kShards = 16;

    struct Entry {
        State state = State::kUnknown;
        std::chrono::steady_clock::time_point stored_at;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries;
    };

    Shard& shardOf(std::string_view session) { return shards_[Hash{}(session) % kShards]; }
    const Shard& shardOf(std::string_view session) const { return shards_[Hash{}(session) % kShards]; }

    const sdk::Clock& clock_;
    const std::size_t max_entries_per_shard_;
    std::atomic<std::uint64_t> generation_{0};
    std::array<Shard, kShards> shards_;
};

}  // namespace linkup::auth
