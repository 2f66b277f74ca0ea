#include "bonds_store.h"

namespace linkup::match::bonds_store {

void lockOne(sdk::Connection& connection, sdk::UserId user) {
    connection.execute(
        "INSERT INTO match_members (user_id, decisions) VALUES ($1, 1) "
        "ON CONFLICT (user_id) DO UPDATE SET decisions = match_members.decisions + 1",
        {user});
}

// Rows are locked in the order in which they stand here.
void lock(sdk::Connection& connection, Pair pair) {
    connection.execute(
        "INSERT INTO match_members (user_id, decisions) VALUES ($1, 1), ($2, 1) "
        "ON CONFLICT (user_id) DO UPDATE SET decisions = match_members.decisions + 1",
        {pair.low, pair.high});
}

bool hasBond(sdk::Connection& connection, Pair pair) {
    return !connection
                .execute("SELECT 1 FROM match_bonds WHERE low_id = $1 AND high_id = $2",
                         {pair.low, pair.high})
                .empty();
}

bool hasMatch(sdk::Connection& connection, Pair pair) {
    return !connection
                .execute("SELECT 1 FROM match_bonds WHERE low_id = $1 AND high_id = $2 AND state = 'match'",
                         {pair.low, pair.high})
                .empty();
}

bool hasBlock(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) {
    return !connection
                .execute(
                    "SELECT 1 FROM match_blocks WHERE (blocker_id = $1 AND blocked_id = $2) "
                    "OR (blocker_id = $2 AND blocked_id = $1)",
                    {one, other})
                .empty();
}

bool insertMatch(sdk::Connection& connection, Pair pair, sdk::Time now) {
    return connection
               .execute(
                   "INSERT INTO match_bonds (low_id, high_id, state, created_at) SELECT $1, $2, 'match', $3 "
                   "WHERE NOT EXISTS (SELECT 1 FROM match_blocks k WHERE (k.blocker_id = $1 AND k.blocked_id "
                   "= $2) OR (k.blocker_id = $2 AND k.blocked_id = $1)) "
                   "AND EXISTS (SELECT 1 FROM auth_candidates_v1 c WHERE c.user_id = $1) "
                   "AND EXISTS (SELECT 1 FROM auth_candidates_v1 c WHERE c.user_id = $2) "
                   "ON CONFLICT (low_id, high_id) DO NOTHING",
                   {pair.low, pair.high, sdk::toMicros(now)})
               .affected() == 1;
}

bool turnMatchIntoChat(sdk::Connection& connection, Pair pair) {
    return connection
               .execute(
                   "UPDATE match_bonds SET state = 'chat' WHERE low_id = $1 AND high_id = $2 AND state = "
                   "'match'",
                   {pair.low, pair.high})
               .affected() == 1;
}

std::vector<sdk::UserId> matchedUsers(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT CASE WHEN b.low_id = $1 THEN b.high_id ELSE b.low_id END FROM match_bonds b "
        "WHERE b.state = 'match' AND (b.low_id = $1 OR b.high_id = $1) "
        "AND NOT EXISTS (SELECT 1 FROM match_blocks k WHERE (k.blocker_id = b.low_id AND k.blocked_id = "
        "b.high_id) "
        "OR (k.blocker_id = b.high_id AND k.blocked_id = b.low_id)) ORDER BY b.created_at DESC",
        {user});
    std::vector<sdk::UserId> users;
    users.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) users.push_back(rows.integer(row, 0));
    return users;
}

void insertBlock(sdk::Connection& connection, sdk::UserId blocker, sdk::UserId blocked, sdk::Time now) {
    connection.execute(
        "INSERT INTO match_blocks (blocker_id, blocked_id, created_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (blocker_id, blocked_id) DO NOTHING",
        {blocker, blocked, sdk::toMicros(now)});
}

void removeBlock(sdk::Connection& connection, sdk::UserId blocker, sdk::UserId blocked) {
    connection.execute("DELETE FROM match_blocks WHERE blocker_id = $1 AND blocked_id = $2",
                       {blocker, blocked});
}

std::vector<Blocked> blockedBy(sdk::Connection& connection, sdk::UserId user, std::int64_t limit,
                               std::int64_t offset) {
    const auto rows = connection.execute(
        "SELECT blocked_id, created_at FROM match_blocks WHERE blocker_id = $1 "
        "ORDER BY created_at DESC, blocked_id LIMIT $2 OFFSET $3",
        {user, limit, offset});
    std::vector<Blocked> blocked;
    blocked.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        blocked.push_back({rows.integer(row, 0), rows.time(row, 1)});
    }
    return blocked;
}

std::int64_t countBlockedBy(sdk::Connection& connection, sdk::UserId user) {
    return connection.execute("SELECT COUNT(*) FROM match_blocks WHERE blocker_id = $1", {user})
        .integer(0, 0);
}

void removeEverythingBetween(sdk::Connection& connection, Pair pair) {
    connection.execute("DELETE FROM match_bonds WHERE low_id = $1 AND high_id = $2", {pair.low, pair.high});
    connection.execute(
        "DELETE FROM match_likes WHERE (liker_id = $1 AND liked_id = $2) OR (liker_id = $2 AND liked_id = "
        "$1)",
        {pair.low, pair.high});
    removeCardsBetween(connection, pair);
}

void removeCardsBetween(sdk::Connection& connection, Pair pair) {
    connection.execute(
        "DELETE FROM match_cards WHERE (user_id = $1 AND candidate_id = $2) OR (user_id = $2 AND "
        "candidate_id = $1)",
        {pair.low, pair.high});
}

}  // namespace linkup::match::bonds_store
