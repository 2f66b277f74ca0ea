#include "discovery_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>

#include "bonds_store.h"
#include "discovery_store.h"
#include "likes_store.h"

namespace linkup::match {
namespace {

constexpr std::int64_t kQueueLength = 10;

bool moreThanOneSet(const sdk::Json& preferences) {
    const auto& members = preferences.members();
    return std::count_if(members.begin(), members.end(),
                         [](const auto& member) { return !member.second.isNull(); }) > 1;
}

/// A distance filter needs both positions: where one's own is unknown, nobody is within it.
discovery_store::Circle circleOf(const sdk::Json& preferences, const std::optional<Point>& own) {
    const auto& kilometres = preferences["max_distance_km"];
    if (!kilometres.isInteger()) return {};
    if (!own) return {.everywhere = false, .centre = {}, .chord_squared = -1};
    return {.everywhere = false,
            .centre = *own,
            .chord_squared = chordSquaredOfKilometres(static_cast<double>(kilometres.asInteger()))};
}

std::mt19937_64& chance() {
    thread_local std::mt19937_64 generator(std::random_device{}());
    return generator;
}

}  // namespace

DiscoveryService::DiscoveryService(sdk::Database& database, sdk::Clock& clock, Tallies& tallies,
                                   BondsService& bonds, LocationService& locations,
                                   const Neighbours& neighbours, DiscoveryRules rules)
    : database_(database),
      clock_(clock),
      tallies_(tallies),
      bonds_(bonds),
      locations_(locations),
      neighbours_(neighbours),
      rules_(rules) {}

sdk::Json DiscoveryService::candidates(sdk::UserId user, Queue queue) {
    if (queue == Queue::kKeep) {
        if (auto reply = standing(user)) return std::move(*reply);
    }
    return refilled(user, queue);
}

std::optional<sdk::Json> DiscoveryService::standing(sdk::UserId user) {
    return sdk::read(database_, [&](sdk::Connection& connection) -> std::optional<sdk::Json> {
        const auto queue =
            discovery_store::standingQueue(connection, user, clock_.now() - likes_store::kLimitWindow);
        if (!queue || std::cmp_less(queue->eligible.size(), kQueueLength)) return std::nullopt;
        const auto preferences = neighbours_.profiles->preferences(connection, user);
        const auto circle = circleOf(preferences, queue->own);
        const bool all_within =
            std::all_of(queue->eligible.begin(), queue->eligible.end(),
                        [&](const auto& one) { return discovery_store::contains(circle, one.point); });
        if (!all_within || queue->preferences != preferences.dump()) return std::nullopt;
        return reply(connection, queue->eligible, queue->own, preferences,
                     bonds_.likesRemaining(queue->likes_given));
    });
}

sdk::Json DiscoveryService::refilled(sdk::UserId user, Queue queue) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        bonds_store::lockOne(connection, user);
        if (!neighbours_.profiles->complete(connection, user)) {
            throw sdk::Error(sdk::ErrorCode::kConflict, "Complete your profile first");
        }
        const auto now = clock_.now();
        const auto preferences = neighbours_.profiles->preferences(connection, user);
        const auto preferences_text = preferences.dump();
        // New wishes make a new queue; the old one's cards stay good to swipe for a while.
        const bool wishes_changed = discovery_store::queuePreferences(connection, user) != preferences_text;
        if (queue == Queue::kRefresh || wishes_changed) discovery_store::emptyQueue(connection, user, now);
        if (wishes_changed) discovery_store::setQueuePreferences(connection, user, preferences_text);

        const auto own = locations_.pointOf(connection, user);
        const auto circle = circleOf(preferences, own);
        discovery_store::dropIneligible(connection, user, circle, now);
        auto people = discovery_store::queued(connection, user);
        if (const auto places = kQueueLength - static_cast<std::int64_t>(people.size()); places > 0) {
            discovery_store::dropExpired(connection, user, now - discovery_store::kCardStaysSwipable);
            if (const auto chosen = newcomers(connection, user, preferences, circle, places);
                !chosen.empty()) {
                discovery_store::queue(connection, user, chosen);
                connection.afterCommit(
                    [this, count = chosen.size()] { tallies_.shown.add(static_cast<double>(count)); });
                people = discovery_store::queued(connection, user);
            }
        }
        return reply(connection, people, own, preferences, bonds_.likesRemaining(connection, user));
    });
}

std::vector<sdk::UserId> DiscoveryService::newcomers(sdk::Connection& connection, sdk::UserId user,
                                                     const sdk::Json& preferences,
                                                     const discovery_store::Circle& circle,
                                                     std::int64_t places) {
    const auto wish = discovery_store::wishOf(connection, user);
    if (!wish) return {};
    // A walk along the random keys from a random one on, and round: everybody is as likely to be met.
    const auto start =
        std::uniform_int_distribution<std::int64_t>(0, discovery_store::kSampleKeys - 1)(chance());
    auto [size, best] = discovery_store::sample(connection, user, *wish, preferences, circle,
                                                {start, discovery_store::kSampleKeys}, rules_.sample, places);
    if (size < rules_.sample) {
        auto round = discovery_store::sample(connection, user, *wish, preferences, circle, {0, start},
                                             rules_.sample - size, places);
        best.insert(best.end(), round.best.begin(), round.best.end());
        std::sort(best.begin(), best.end(),
                  [](const auto& one, const auto& other) { return one.before(other); });
    }
    if (std::cmp_greater(best.size(), places)) best.resize(static_cast<std::size_t>(places));
    std::vector<sdk::UserId> chosen;
    chosen.reserve(best.size());
    for (const auto& person : best) chosen.push_back(person.user);
    return chosen;
}

sdk::Json DiscoveryService::reply(sdk::Connection& connection, const People& people,
                                  const std::optional<Point>& own, const sdk::Json& preferences,
                                  int likes_remaining) {
    std::vector<sdk::UserId> ids;
    std::unordered_map<sdk::UserId, sdk::Json> distances;
    for (const auto& [user, point] : people) {
        ids.push_back(user);
        distances[user] =
            own && point ? sdk::Json(kilometresOfChordSquared(chordSquared(*own, *point))) : sdk::Json();
    }
    sdk::Json matches = sdk::Json::array();
    for (auto& candidate : neighbours_.profiles->candidates(connection, ids)) {
        candidate.set("distance_km", distances[candidate.at("id").asInteger()]);
        matches.push(std::move(candidate));
    }
    return sdk::Json::object({{"matches", std::move(matches)},
                              {"preferences_set", moreThanOneSet(preferences)},
                              {"swipes_remaining", likes_remaining}});
}

}  // namespace linkup::match
