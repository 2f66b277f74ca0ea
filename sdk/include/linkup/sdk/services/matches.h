#pragma once

#include <string_view>

#include "linkup/sdk/database.h"
#include "linkup/sdk/principal.h"

namespace linkup::sdk {

/// Bonds between two people: a match, a chat that came of it, or a block. Order of the two never matters.
///
/// Published SQL views: `match_bonds_v1(low_id, high_id, state)`, `match_blocks_v1(blocker_id, blocked_id)`,
/// `match_withdrawn_v1(user_id)` of those whom nobody is to meet until an operator has looked at reports, and
/// `match_likes_given_v1(user_id, given_at)` with times in microseconds of Unix time. Implemented by: plugin
/// match.   Lifetime: the plugin's.   Threading: any thread but an I/O thread. Errors: as
/// Connection::execute. Since: ABI 1.0.
class Matches {
public:
    /// Its name for Services::find.
    static constexpr std::string_view kServiceName = "linkup.matches/1";
    virtual ~Matches() = default;
    /// Whether there is a match of the two.
    virtual bool exists(Connection& connection, UserId one, UserId other) = 0;
    /// Whether one of them has blocked the other.
    virtual bool blocked(Connection& connection, UserId one, UserId other) = 0;
    /// Makes a match unless a match, chat or block is there, or one of the two has no complete profile (any
    /// more); true if made. After commit both hear `match` on
    /// /ws/connections. Runs hook `match.created`.
    virtual bool create(Connection& connection, UserId one, UserId other) = 0;
    /// Turns the match into a chat; true if there was one. After commit both hear `chat`.
    virtual bool consume(Connection& connection, UserId one, UserId other) = 0;
    /// How many likes somebody may give in any 24 hours; `match_likes_given_v1` tells how many they gave.
    virtual int likesPerDay() const noexcept = 0;
};

}  // namespace linkup::sdk
