#include "discovery_store.h"

namespace linkup::match::discovery_store {
namespace {

sdk::SqlValue toSql(const sdk::Json& value) {
    if (value.isInteger()) return value.asInteger();
    if (value.isBool()) return value.asBool();
    if (value.isString()) return value.asString();
    return nullptr;
}

std::vector<sdk::UserId> firstColumn(const sdk::Rows& rows) {
    std::vector<sdk::UserId> users;
    users.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) users.push_back(rows.integer(row, 0));
    return users;
}

}  // namespace

std::optional<std::string> queuePreferences(sdk::Connection& connection, sdk::UserId user) {
    const auto rows =
        connection.execute("SELECT queue_preferences FROM match_members WHERE user_id = $1", {user});
    return rows.empty() ? std::nullopt : rows.optionalText(0, 0);
}

void setQueuePreferences(sdk::Connection& connection, sdk::UserId user, const std::string& preferences) {
    connection.execute("UPDATE match_members SET queue_preferences = $1 WHERE user_id = $2",
                       {preferences, user});
}

void emptyQueue(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("UPDATE match_cards SET queued = FALSE WHERE user_id = $1 AND queued", {user});
}

void dropIneligible(sdk::Connection& connection, sdk::UserId user, const Circle& circle) {
    connection.execute(
        "UPDATE match_cards SET queued = FALSE WHERE user_id = $1 AND queued AND NOT (EXISTS "
        "(SELECT 1 FROM match_eligible e WHERE e.user_id = match_cards.user_id AND e.candidate_id = "
        "match_cards.candidate_id) "
        "AND ($2 OR COALESCE((SELECT (p.x - $3) * (p.x - $3) + (p.y - $4) * (p.y - $4) + (p.z - $5) * "
        "(p.z - $5) FROM match_positions p WHERE p.user_id = match_cards.candidate_id), 9.0) <= $6))",
        {user, circle.everywhere, circle.centre.x, circle.centre.y, circle.centre.z, circle.chord_squared});
}

std::vector<sdk::UserId> queued(sdk::Connection& connection, sdk::UserId user) {
    return firstColumn(connection.execute(
        "SELECT candidate_id FROM match_cards WHERE user_id = $1 AND queued ORDER BY candidate_id", {user}));
}

std::optional<Wish> wishOf(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT university_id, gender, interested_gender FROM auth_candidates_v1 WHERE user_id = $1", {user});
    if (rows.empty() || rows.isNull(0, 2)) return std::nullopt;
    return Wish{rows.integer(0, 0), rows.text(0, 1), rows.text(0, 2)};
}

// Bonds and blocks are asked for by the member's own id, so that no plan reads those of others; exposure and
// distance are scalar, so that they are looked up for those alone who are left.
std::vector<Eligible> sample(sdk::Connection& connection, sdk::UserId user, const Wish& wish,
                             const sdk::Json& preferences, const Circle& circle, KeyRange keys,
                             std::int64_t limit) {
    const auto rows = connection.execute(
        "SELECT o.user_id, CASE WHEN o.height = $2 THEN 1 ELSE 0 END + CASE WHEN o.weight = $3 THEN 1 ELSE 0 "
        "END + CASE WHEN o.religion = $4 THEN 1 ELSE 0 END + CASE WHEN o.drinking_status = $5 THEN 1 ELSE 0 "
        "END + CASE WHEN o.smoking_status = $6 THEN 1 ELSE 0 END + CASE WHEN o.looking_for = $7 THEN 1 ELSE "
        "0 END + CASE WHEN o.currently_staying = $8 THEN 1 ELSE 0 END, "
        "COALESCE((SELECT x.times_queued FROM match_exposure x WHERE x.user_id = o.user_id), 0) "
        "FROM auth_candidates_v1 o "
        "WHERE o.university_id = $9 AND o.gender = $10 AND o.interested_gender = $11 "
        "AND o.sample_key >= $12 AND o.sample_key < $13 AND o.user_id <> $1 "
        "AND NOT EXISTS (SELECT 1 FROM match_likes l WHERE l.liker_id = $1 AND l.liked_id = o.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM match_cards c WHERE c.user_id = $1 AND c.candidate_id = o.user_id AND "
        "c.queued) "
        "AND NOT EXISTS (SELECT 1 FROM match_bonds b WHERE b.low_id = $1 AND b.high_id = o.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM match_bonds b WHERE b.high_id = $1 AND b.low_id = o.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM match_blocks k WHERE k.blocker_id = $1 AND k.blocked_id = o.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM match_blocks k WHERE k.blocked_id = $1 AND k.blocker_id = o.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM match_withdrawn w WHERE w.user_id = o.user_id) "
        "AND ($14 OR COALESCE((SELECT (p.x - $15) * (p.x - $15) + (p.y - $16) * (p.y - $16) + (p.z - $17) * "
        "(p.z - $17) FROM match_positions p WHERE p.user_id = o.user_id), 9.0) <= $18) "
        "ORDER BY o.sample_key LIMIT $19",
        {user, toSql(preferences["height"]), toSql(preferences["weight"]), toSql(preferences["religion"]),
         toSql(preferences["drinking_status"]), toSql(preferences["smoking_status"]),
         toSql(preferences["looking_for"]), toSql(preferences["currently_staying"]), wish.university,
         wish.gender, wish.own_gender, keys.from, keys.to, circle.everywhere, circle.centre.x,
         circle.centre.y, circle.centre.z, circle.chord_squared, limit});
    std::vector<Eligible> people;
    people.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        people.push_back({rows.integer(row, 0), rows.integer(row, 1), rows.integer(row, 2)});
    }
    return people;
}

void queue(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate) {
    connection.execute(
        "INSERT INTO match_cards (user_id, candidate_id, queued) VALUES ($1, $2, TRUE) "
        "ON CONFLICT (user_id, candidate_id) DO UPDATE SET queued = TRUE",
        {user, candidate});
}

void countExposure(sdk::Connection& connection, sdk::UserId user) {
    connection.execute(
        "INSERT INTO match_exposure (user_id, times_queued) VALUES ($1, 1) "
        "ON CONFLICT (user_id) DO UPDATE SET times_queued = match_exposure.times_queued + 1",
        {user});
}

void markHanded(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    connection.execute("UPDATE match_cards SET handed_at = $1 WHERE user_id = $2 AND queued",
                       {sdk::toMicros(now), user});
}

bool maySwipe(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate, sdk::Time since) {
    return !connection
                .execute(
                    "SELECT 1 FROM match_cards WHERE user_id = $1 AND candidate_id = $2 AND (queued OR "
                    "handed_at > $3)",
                    {user, candidate, sdk::toMicros(since)})
                .empty();
}

void removeCard(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate) {
    connection.execute("DELETE FROM match_cards WHERE user_id = $1 AND candidate_id = $2", {user, candidate});
}

}  // namespace linkup::match::discovery_store
