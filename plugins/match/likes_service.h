#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/live.h>
#include <linkup/sdk/principal.h>

#include "bonds_service.h"
#include "connection_events.h"
#include "neighbours.h"

namespace linkup::match {

struct LikesRules {
    sdk::Live<int> per_day = 10;
};

/// Decisions about others, and the likes that wait for one's own. Everything about one decision is one
/// transaction, under the lock of both people, so that two likes at once make one match and the daily limit
/// is exact. Lifetime: the plugin's.   Threading: any thread.   Errors: sdk::Error with the contract's
/// sentences.
class LikesService {
public:
    LikesService(sdk::Database& database, sdk::Clock& clock, ConnectionEvents& events, Tallies& tallies,
                 BondsService& bonds, const Neighbours& neighbours, LikesRules rules);

    sdk::Json swipeRight(sdk::UserId user, sdk::UserId other);
    sdk::Json swipeLeft(sdk::UserId user, sdk::UserId other);
    sdk::Json likeBack(sdk::UserId user, sdk::UserId liker);
    sdk::Json pass(sdk::UserId user, sdk::UserId liker);
    sdk::Json received(sdk::UserId user, std::int64_t offset);
    sdk::Json unseenCount(sdk::UserId user);

private:
    void requireComplete(sdk::Connection& connection, sdk::UserId user);
    /// The checks that both swipes share, under the lock of both.
    void requireSwipable(sdk::Connection& connection, sdk::UserId user, sdk::UserId other);
    void requireAvailable(sdk::Connection& connection, sdk::UserId user, sdk::UserId other);
    /// Counts and stores a like; makes the match if the other one liked first. Returns the reply.
    void storePass(sdk::Connection& connection, sdk::UserId user, sdk::UserId other);
    sdk::Json like(sdk::Connection& connection, sdk::UserId user, sdk::UserId other);

    sdk::Database& database_;
    sdk::Clock& clock_;
    ConnectionEvents& events_;
    Tallies& tallies_;
    BondsService& bonds_;
    const Neighbours& neighbours_;
    LikesRules rules_;
};

}  // namespace linkup::match
