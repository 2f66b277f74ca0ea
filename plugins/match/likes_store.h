#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <vector>

namespace linkup::match::likes_store {

/// In which likes count towards the daily limit.
constexpr std::chrono::hours kLimitWindow{24};

/// Likes given after `since`, and when the oldest of them was.
struct GivenLikes {
    std::int64_t count = 0;
    std::optional<sdk::Time> oldest;
    bool expired = false;  ///< whether older ones are kept, of which nobody has need
};
GivenLikes givenSince(sdk::Connection& connection, sdk::UserId user, sdk::Time since);
void insertGiven(sdk::Connection& connection, sdk::UserId user, sdk::UserId liked, sdk::Time now);
/// Forgets the likes that were given at `until` or before.
void forgetGiven(sdk::Connection& connection, sdk::UserId user, sdk::Time until);

/// Stores or replaces what `user` decided about `other`.
void upsertDecision(sdk::Connection& connection, sdk::UserId user, sdk::UserId other, bool liked,
                    sdk::Time now);
/// A like (not a pass) of `liker` to `liked`.
bool likeExists(sdk::Connection& connection, sdk::UserId liker, sdk::UserId liked);

/// Likes to `user` that wait for an answer: sender active, no bond, no block, not answered. Oldest first.
std::vector<sdk::UserId> pendingLikers(sdk::Connection& connection, sdk::UserId user, std::int64_t limit,
                                       std::int64_t offset);
struct PendingCount {
    std::int64_t total = 0;
    std::int64_t unseen = 0;
};
PendingCount pendingCount(sdk::Connection& connection, sdk::UserId user);
/// The user has been shown that these like them.
void markSeen(sdk::Connection& connection, sdk::UserId user, const std::vector<sdk::UserId>& likers,
              sdk::Time now);

}  // namespace linkup::match::likes_store
