#include "discovery_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>

#include "bonds_store.h"
#include "discovery_store.h"

namespace linkup::match {
namespace {

constexpr std::int64_t kQueueLength = 10;

bool moreThanOneSet(const sdk::Json& preferences) {
    const auto& members = preferences.members();
    return std::count_if(members.begin(), members.end(),
                         [](const auto& member) { return !member.second.isNull(); }) > 1;
}

}  // namespace

DiscoveryService::DiscoveryService(sdk::Database& database, sdk::Clock& clock, BondsService& bonds,
                                   const Neighbours& neighbours)
    : database_(database), clock_(clock), bonds_(bonds), neighbours_(neighbours) {}

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

        discovery_store::dropIneligible(connection, user);
        auto ids = discovery_store::queued(connection, user);
        if (const auto places = kQueueLength - static_cast<std::int64_t>(ids.size()); places > 0) {
            auto newcomers = discovery_store::fill(connection, user, preferences, places);
            // In ascending order, as every transaction does, so that two of them cannot wait for each other.
            std::sort(newcomers.begin(), newcomers.end());
            for (const auto newcomer : newcomers) discovery_store::countExposure(connection, newcomer);
            ids.insert(ids.end(), newcomers.begin(), newcomers.end());
        }
        discovery_store::markHanded(connection, user, clock_.now());

        sdk::Json people = sdk::Json::array();
        for (auto& candidate : neighbours_.profiles->candidates(connection, ids))
            people.push(std::move(candidate));
        return sdk::Json::object({{"matches", std::move(people)},
                                  {"preferences_set", moreThanOneSet(preferences)},
                                  {"swipes_remaining", bonds_.likesRemaining(connection, user)}});
    });
}

}  // namespace linkup::match
