#include "limit_service.h"

#include <linkup/sdk/json.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "node_name.h"

namespace linkup::chat {
namespace {

constexpr std::string_view kTopic = "limits";
constexpr std::size_t kSharedAtOnce = 1000;  // buckets in one publication
constexpr double kTolerance = 1;             // microseconds: sums of intervals are not exact

double intervalOf(double per_second) {
    return 1e6 / per_second;
}

}  // namespace

LimitService::LimitService(sdk::Bus& bus, const sdk::Clock& clock, const EventLimits& limits)
    : bus_(bus), clock_(clock), limits_(limits), node_(randomNodeName()) {}

void LimitService::start() {
    // After a gap there is nothing to make up for: what was not heard of is not taken.
    subscription_ = bus_.subscribe(
        kTopic, [this](std::string_view text) { onBusMessage(text); }, [] {});
}

void LimitService::stop() noexcept {
    subscription_.reset();
}

double LimitService::nowMicros() const {
    return std::chrono::duration<double, std::micro>(clock_.steady().time_since_epoch()).count();
}

/// With the shard's lock held. Full buckets are as good as none; they go when there are many.
LimitService::Bucket& LimitService::bucketOf(Shard& shard, Key key, double now) {
    if (shard.buckets.size() >= shard.prune_at) {
        std::erase_if(shard.buckets, [now](const auto& entry) { return entry.second.full_at <= now; });
        shard.prune_at = std::max<std::size_t>(64, shard.buckets.size() * 2);
    }
    Bucket& bucket = shard.buckets[key];
    if (bucket.full_at <= now) bucket = {now, 0};
    return bucket;
}

std::chrono::milliseconds LimitService::take(EventKind kind, sdk::UserId user) {
    const EventLimit& limit = limits_[static_cast<std::size_t>(kind)];
    const double per_second = limit.per_second;
    const int burst = limit.burst;
    if (per_second <= 0) return std::chrono::milliseconds(0);
    const double interval = intervalOf(per_second);
    const Key key = keyOf(kind, user);
    const double now = nowMicros();
    Shard& shard = shardOf(key);
    const std::lock_guard lock(shard.mutex);
    Bucket& bucket = bucketOf(shard, key, now);
    const double excess = bucket.full_at - now + interval - burst * interval;
    if (excess > kTolerance) {
        return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(excess / 1000)));
    }
    bucket.full_at += interval;
    if (++bucket.unshared == std::max(1, burst / 100)) shard.to_share.push_back(key);
    return std::chrono::milliseconds(0);
}

void LimitService::share() {
    sdk::Json spent = sdk::Json::array();
    std::vector<std::string> publications;
    const auto publish = [&] {
        publications.push_back(sdk::Json::object({{"node", node_}, {"spent", std::move(spent)}}).dump());
        spent = sdk::Json::array();
    };
    for (Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        for (const Key key : std::exchange(shard.to_share, {})) {
            const auto found = shard.buckets.find(key);
            if (found == shard.buckets.end() || found->second.unshared == 0) continue;
            spent.push(sdk::Json::array({static_cast<std::int64_t>(key), found->second.unshared}));
            found->second.unshared = 0;
            if (spent.size() == kSharedAtOnce) publish();
        }
    }
    if (spent.size() > 0) publish();
    if (!publications.empty()) bus_.publishBatch(kTopic, std::move(publications));
}

void LimitService::onBusMessage(std::string_view text) {
    const auto publication = sdk::parseTrustedJson(text);
    if (publication["node"].asString() == node_) return;
    for (const auto& one : publication["spent"].items()) {
        takeElsewhere(static_cast<Key>(one.items()[0].asInteger()),
                      static_cast<double>(one.items()[1].asInteger()));
    }
}

void LimitService::takeElsewhere(Key key, double tokens) {
    const double per_second = limits_[key % kEventKinds].per_second;
    if (per_second <= 0) return;
    const double now = nowMicros();
    Shard& shard = shardOf(key);
    const std::lock_guard lock(shard.mutex);
    bucketOf(shard, key, now).full_at += tokens * intervalOf(per_second);
}

}  // namespace linkup::chat
