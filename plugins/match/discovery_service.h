#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <vector>

#include "bonds_service.h"
#include "discovery_store.h"
#include "location_service.h"
#include "neighbours.h"

namespace linkup::match {

/// Whether the unswiped queue is kept or made anew.
enum class Queue { kKeep, kRefresh };

struct DiscoveryRules {
    std::int64_t sample = 2000;  ///< of more eligible people than that, a random sample of as many is ranked
};

/// Puts people before each other: a queue of up to ten, kept until decided or refreshed.
/// Lifetime: the plugin's.   Threading: any thread.   Errors: Error{kConflict} before the profile is
/// complete.
class DiscoveryService {
public:
    DiscoveryService(sdk::Database& database, sdk::Clock& clock, Tallies& tallies, BondsService& bonds,
                     LocationService& locations, const Neighbours& neighbours, DiscoveryRules rules);
    /// The reply of get-matches.
    sdk::Json candidates(sdk::UserId user, Queue queue);

private:
    using People = std::vector<discovery_store::QueuedPerson>;

    /// The reply if the queue is full and to be kept as it is: so it is most times, and nothing is to be
    /// written.
    std::optional<sdk::Json> standing(sdk::UserId user);
    /// The reply, with the queue filled up.
    sdk::Json refilled(sdk::UserId user, Queue queue);
    /// The best of those who may be put before the user: most preferences, then least shown, then by chance.
    std::vector<sdk::UserId> newcomers(sdk::Connection& connection, sdk::UserId user,
                                       const sdk::Json& preferences, const discovery_store::Circle& circle,
                                       std::int64_t places);
    sdk::Json reply(sdk::Connection& connection, const People& people, const std::optional<Point>& own,
                    const sdk::Json& preferences, int likes_remaining);

    sdk::Database& database_;
    sdk::Clock& clock_;
    Tallies& tallies_;
    BondsService& bonds_;
    LocationService& locations_;
    const Neighbours& neighbours_;
    DiscoveryRules rules_;
};

}  // namespace linkup::match
