#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/hooks.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/live.h>
#include <linkup/sdk/services/matches.h>

#include "connection_events.h"
#include "neighbours.h"
#include "tallies.h"

namespace linkup::match {

/// What ties two people: matches, the chats that came of them, blocks. Offers itself to other plugins as
/// Matches. Lifetime: the plugin's.   Threading: any thread.
class BondsService : public sdk::Matches {
public:
    BondsService(sdk::Database& database, sdk::Hooks& hooks, sdk::Clock& clock, ConnectionEvents& events,
                 Tallies& tallies, const Neighbours& neighbours, sdk::Live<int> likes_per_day);

    bool exists(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) override;
    bool blocked(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) override;
    bool create(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) override;
    bool consume(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) override;
    int likesPerDay() const noexcept override { return likes_per_day_; }

    /// Likes left of the rolling day.
    int likesRemaining(sdk::Connection& connection, sdk::UserId user);
    /// The same of somebody who gave as many in it.
    int likesRemaining(std::int64_t given) const;
    /// The reply of get-connections.
    sdk::Json connections(sdk::UserId user);
    /// Throws Error: oneself, unknown user.
    void block(sdk::UserId blocker, sdk::UserId blocked);
    /// Takes back one's own block; what it ended stays ended. Nothing happens if there is none.
    void unblock(sdk::UserId blocker, sdk::UserId blocked);
    /// Whom the user blocked: 50 of them from `offset` on, newest first.
    sdk::Json blockedPeople(sdk::UserId user, std::int64_t offset);

private:
    sdk::Database& database_;
    sdk::Hooks& hooks_;
    sdk::Clock& clock_;
    ConnectionEvents& events_;
    Tallies& tallies_;
    const Neighbours& neighbours_;
    const sdk::Live<int> likes_per_day_;
};

}  // namespace linkup::match
