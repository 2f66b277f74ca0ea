#pragma once

#include <linkup/sdk/bus.h>
#include <linkup/sdk/clock.h>
#include <linkup/sdk/live.h>
#include <linkup/sdk/principal.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace linkup::chat {

/// Kinds of events that are counted apart.
enum class EventKind : std::uint8_t { kMessage, kTyping, kSeen, kResume, kChange };
inline constexpr std::size_t kEventKinds = 5;

/// `burst` events at once, then `per_second`. With per_second 0 there is no limit.
struct EventLimit {
    sdk::Live<double> per_second = 0;
    sdk::Live<int> burst = 1;
};
using EventLimits = std::array<EventLimit, kEventKinds>;  // by EventKind

/// How much each person may send: a token bucket for each person and kind of event, over all their devices.
///
/// Each node keeps the buckets of those who talk to it, so that taking a token asks nobody. What was taken is
/// told to the other nodes a few times a second, in one publication, and they take it out of their buckets as
/// well, below empty if it must be. So over all nodes somebody may exceed `burst` by what they can send
/// within kShareEvery on each further node, and pays it back: the rate over time is exact. While the bus is
/// away each node goes by what it has seen itself.
///
/// Lifetime: the plugin's.   Threading: any thread; never blocks.   Errors: none.
/// Source: GCRA, ITU-T I.371.
class LimitService {
public:
    /// How often `share` is to be called.
    static constexpr std::chrono::milliseconds kShareEvery{200};

    LimitService(sdk::Bus& bus, const sdk::Clock& clock, const EventLimits& limits);

    void start();
    void stop() noexcept;

    /// Takes a token. Zero if there was one, else how long until there is; nothing is taken then.
    std::chrono::milliseconds take(EventKind kind, sdk::UserId user);
    /// Tells the other nodes what was taken here. What is less than a hundredth of a burst waits until it is
    /// more, or is forgotten when the bucket is full again: whoever just chats causes no traffic.
    void share();

private:
    struct Bucket {
        double full_at = 0;  ///< in microseconds of the steady clock
        int unshared = 0;
    };
    using Key = std::uint64_t;  // user and kind
    struct Shard {
        std::mutex mutex;
        std::unordered_map<Key, Bucket> buckets;
        std::vector<Key> to_share;
        std::size_t prune_at = 64;
    };
    static constexpr std::size_t kShards = 16;

    static Key keyOf(EventKind kind, sdk::UserId user) {
        return static_cast<Key>(user) * kEventKinds + static_cast<Key>(kind);
    }
    Shard& shardOf(Key key) { return shards_[std::hash<Key>()(key / kEventKinds) % kShards]; }
    double nowMicros() const;
    Bucket& bucketOf(Shard& shard, Key key, double now);
    void onBusMessage(std::string_view text);
    void takeElsewhere(Key key, double tokens);

    sdk::Bus& bus_;
    const sdk::Clock& clock_;
    const EventLimits limits_;
    const std::string node_;
    std::array<Shard, kShards> shards_;
    std::unique_ptr<sdk::Subscription> subscription_;
};

}  // namespace linkup::chat
