#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/error.h>
#include <linkup/sdk/host.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "bonds_service.h"
#include "discovery_store.h"
#include "location_service.h"
#include "neighbours.h"

namespace linkup::match {

/// Whether the unswiped queue is kept or made anew.
enum class Queue { kKeep, kRefresh };

struct DiscoveryRules {
    std::int64_t sample = 1000;  ///< of more eligible people than that, a random sample of as many is ranked
};

/// Puts people before each other: a queue of up to ten, kept until decided or refreshed.
/// Lifetime: the plugin's.   Threading: any thread.   Errors: Error{kConflict} before the profile is
/// complete.
class DiscoveryService {
public:
    struct Wanted {
        sdk::UserId user = 0;
        Queue queue = Queue::kKeep;
    };
    /// One of them is there.
    struct Answer {
        std::optional<sdk::Json> reply = {};
        std::optional<sdk::Error> error = {};
    };
    /// How many are answered together.
    static constexpr std::size_t kMostTogether = discovery_store::kMostQueues;

    DiscoveryService(sdk::Database& database, sdk::Clock& clock, sdk::Workers& workers, Tallies& tallies,
                     BondsService& bonds, LocationService& locations, const Neighbours& neighbours,
                     DiscoveryRules rules);
    /// The reply of get-matches.
    sdk::Json candidates(sdk::UserId user, Queue queue);
    /// The same to several, in their order: full queues, which are handed out as they are, with two
    /// statements for all.
    std::vector<Answer> candidates(std::span<const Wanted> wanted);
    /// Of hooks `preferences.changed` and `profile.changed`.
    static void wishesMayHaveChanged(sdk::Connection& connection, sdk::UserId user) {
        discovery_store::doubtQueue(connection, user);
    }

private:
    using People = std::vector<discovery_store::QueuedPerson>;
    /// What a reply is made of.
    struct HandOut {
        People people;
        std::optional<Point> own;
        sdk::Json preferences;
        int likes_remaining = 0;
    };

    /// The replies to those whose queue is full and to be kept as it is, by member: so it is most times, and
    /// nothing is to be written.
    std::unordered_map<sdk::UserId, sdk::Json> standing(std::span<const sdk::UserId> users);
    Answer refilledOrError(Wanted wanted) noexcept;
    /// The reply, with the queue filled up.
    sdk::Json refilled(sdk::UserId user, Queue queue);
    /// The best of those who may be put before the user: most preferences, then least shown, then by chance.
    std::vector<sdk::UserId> newcomers(sdk::Connection& connection, sdk::UserId user,
                                       const discovery_store::Wish& wish, const sdk::Json& preferences,
                                       const discovery_store::Circle& circle, std::int64_t places);
    /// In the order of `hand_outs`.
    std::vector<sdk::Json> replies(sdk::Connection& connection, std::span<const HandOut> hand_outs);

    sdk::Database& database_;
    sdk::Clock& clock_;
    sdk::Workers& workers_;
    Tallies& tallies_;
    BondsService& bonds_;
    LocationService& locations_;
    const Neighbours& neighbours_;
    DiscoveryRules rules_;
};

}  // namespace linkup::match
