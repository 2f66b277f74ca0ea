#include "likes_store.h"

#include "id_list.h"

namespace linkup::match::likes_store {

GivenLikes givenSince(sdk::Connection& connection, sdk::UserId user, sdk::Time since) {
    const auto rows = connection.execute(
        "SELECT COUNT(CASE WHEN given_at > $1 THEN 1 END), MIN(CASE WHEN given_at > $1 THEN given_at END), "
        "COUNT(*) FROM match_likes_given WHERE user_id = $2",
        {sdk::toMicros(since), user});
    GivenLikes given;
    given.count = rows.integer(0, 0);
    if (const auto oldest = rows.optionalInteger(0, 1)) given.oldest = sdk::fromMicros(*oldest);
    given.expired = rows.integer(0, 2) > given.count;
    return given;
}

void forgetGiven(sdk::Connection& connection, sdk::UserId user, sdk::Time until) {
    connection.execute("DELETE FROM match_likes_given WHERE user_id = $1 AND given_at <= $2",
                       {user, sdk::toMicros(until)});
}

void insertGiven(sdk::Connection& connection, sdk::UserId user, sdk::UserId liked, sdk::Time now) {
    connection.execute("INSERT INTO match_likes_given (user_id, given_at, liked_id) VALUES ($1, $2, $3)",
                       {user, sdk::toMicros(now), liked});
}

void upsertDecision(sdk::Connection& connection, sdk::UserId user, sdk::UserId other, bool liked,
                    sdk::Time now) {
    connection.execute(
        "INSERT INTO match_likes (liker_id, liked_id, liked, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (liker_id, liked_id) DO UPDATE SET liked = excluded.liked, created_at = "
        "excluded.created_at, "
        "seen_at = NULL",
        {user, other, liked, sdk::toMicros(now)});
}

bool likeExists(sdk::Connection& connection, sdk::UserId liker, sdk::UserId liked) {
    return !connection
                .execute("SELECT 1 FROM match_likes WHERE liker_id = $1 AND liked_id = $2 AND liked",
                         {liker, liked})
                .empty();
}

std::vector<sdk::UserId> pendingLikers(sdk::Connection& connection, sdk::UserId user, std::int64_t limit,
                                       std::int64_t offset) {
    const auto rows = connection.execute(
        "SELECT liker_id FROM match_pending_likes WHERE liked_id = $1 ORDER BY created_at, liker_id LIMIT $2 "
        "OFFSET $3",
        {user, limit, offset});
    std::vector<sdk::UserId> likers;
    likers.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) likers.push_back(rows.integer(row, 0));
    return likers;
}

PendingCount pendingCount(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT COUNT(*), COUNT(*) - COUNT(seen_at) FROM match_pending_likes WHERE liked_id = $1", {user});
    return {rows.integer(0, 0), rows.integer(0, 1)};
}

void markSeen(sdk::Connection& connection, sdk::UserId user, const std::vector<sdk::UserId>& likers,
              sdk::Time now) {
    constexpr std::string_view kSqlite =
        "UPDATE match_likes SET seen_at = $1 WHERE liked_id = $2 AND seen_at IS NULL "
        "AND liker_id IN (SELECT value FROM json_each($3))";
    constexpr std::string_view kPostgresql =
        "UPDATE match_likes SET seen_at = $1 WHERE liked_id = $2 AND seen_at IS NULL "
        "AND liker_id = ANY(CAST($3 AS bigint[]))";
    const bool sqlite = connection.dialect() == sdk::Dialect::kSqlite;
    connection.execute(sqlite ? kSqlite : kPostgresql,
                       {sdk::toMicros(now), user, idList(connection.dialect(), likers)});
}

}  // namespace linkup::match::likes_store
