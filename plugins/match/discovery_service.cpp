#include "discovery_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "bonds_store.h"
#include "discovery_store.h"
#include "location_store.h"

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

DiscoveryService::DiscoveryService(sdk::Database& database, sdk::Clock& clock, BondsService& bonds,
                                   LocationService& locations, const Neighbours& neighbours,
                                   DiscoveryRules rules)
    : database_(database),
      clock_(clock),
      bonds_(bonds),
      locations_(locations),
      neighbours_(neighbours),
      rules_(rules) {}

std::vector<sdk::UserId> DiscoveryService::newcomers(sdk::Connection& connection, sdk::UserId user,
                                                     const sdk::Json& preferences,
                                                     const discovery_store::Circle& circle,
                                                     std::int64_t places) {
    const auto wish = discovery_store::wishOf(connection, user);
    if (!wish) return {};
    // A walk along the random keys from a random one on, and round: everybody is as likely to be met.
    const auto start =
        std::uniform_int_distribution<std::int64_t>(0, discovery_store::kSampleKeys - 1)(chance());
    auto people = discovery_store::sample(connection, user, *wish, preferences, circle,
                                          {start, discovery_store::kSampleKeys}, rules_.sample);
    if (const auto left = rules_.sample - static_cast<std::int64_t>(people.size()); left > 0) {
        const auto more =
            discovery_store::sample(connection, user, *wish, preferences, circle, {0, start}, left);
        people.insert(people.end(), more.begin(), more.end());
    }
    std::shuffle(people.begin(), people.end(), chance());
    std::stable_sort(people.begin(), people.end(), [](const auto& one, const auto& other) {
        return one.score != other.score ? one.score > other.score : one.times_queued < other.times_queued;
    });
    if (std::cmp_greater(people.size(), places)) people.resize(static_cast<std::size_t>(places));
    std::vector<sdk::UserId> chosen;
    chosen.reserve(people.size());
    for (const auto& person : people) chosen.push_back(person.user);
    return chosen;
}

sdk::Json DiscoveryService::candidates(sdk::UserId user, Queue queue) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        if (!neighbours_.profiles->complete(connection, user)) {
            throw sdk::Error(sdk::ErrorCode::kConflict, "Complete your profile first");
        }
        bonds_store::lockOne(connection, user);
        const auto preferences = neighbours_.profiles->preferences(connection, user);
        const auto preferences_text = preferences.dump();
        // New wishes make a new queue; the old one's cards stay good to swipe for a while.
        const bool wishes_changed = discovery_store::queuePreferences(connection, user) != preferences_text;
        if (queue == Queue::kRefresh || wishes_changed) discovery_store::emptyQueue(connection, user);
        if (wishes_changed) discovery_store::setQueuePreferences(connection, user, preferences_text);

        const auto own = locations_.pointOf(connection, user);
        const auto circle = circleOf(preferences, own);
        discovery_store::dropIneligible(connection, user, circle);
        auto ids = discovery_store::queued(connection, user);
        if (const auto places = kQueueLength - static_cast<std::int64_t>(ids.size()); places > 0) {
            auto chosen = newcomers(connection, user, preferences, circle, places);
            // In ascending order, as every transaction does, so that two of them cannot wait for each other.
            std::sort(chosen.begin(), chosen.end());
            for (const auto newcomer : chosen) {
                discovery_store::queue(connection, user, newcomer);
                discovery_store::countExposure(connection, newcomer);
            }
            ids.insert(ids.end(), chosen.begin(), chosen.end());
        }
        discovery_store::markHanded(connection, user, clock_.now());

        const auto points = location_store::ofQueue(connection, user);
        sdk::Json people = sdk::Json::array();
        for (auto& candidate : neighbours_.profiles->candidates(connection, ids)) {
            const auto point = points.find(candidate.at("id").asInteger());
            candidate.set("distance_km",
                          own && point != points.end()
                              ? sdk::Json(kilometresOfChordSquared(chordSquared(*own, point->second)))
                              : sdk::Json());
            people.push(std::move(candidate));
        }
        return sdk::Json::object({{"matches", std::move(people)},
                                  {"preferences_set", moreThanOneSet(preferences)},
                                  {"swipes_remaining", bonds_.likesRemaining(connection, user)}});
    });
}

}  // namespace linkup::match
