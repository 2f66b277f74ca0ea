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

void dropIneligible(sdk::Connection& connection, sdk::UserId user) {
    connection.execute(
        "UPDATE match_cards SET queued = FALSE WHERE user_id = $1 AND queued AND NOT EXISTS "
        "(SELECT 1 FROM match_eligible e WHERE e.user_id = match_cards.user_id AND e.candidate_id = "
        "match_cards.candidate_id)",
        {user});
}

std::vector<sdk::UserId> queued(sdk::Connection& connection, sdk::UserId user) {
    return firstColumn(connection.execute(
        "SELECT candidate_id FROM match_cards WHERE user_id = $1 AND queued ORDER BY candidate_id", {user}));
}

std::vector<sdk::UserId> fill(sdk::Connection& connection, sdk::UserId user, const sdk::Json& preferences,
                              std::int64_t places) {
    return firstColumn(connection.execute(
        "INSERT INTO match_cards (user_id, candidate_id, queued) "
        "SELECT e.user_id, e.candidate_id, TRUE FROM match_eligible e "
        "LEFT JOIN match_exposure x ON x.user_id = e.candidate_id "
        "WHERE e.user_id = $1 AND NOT EXISTS (SELECT 1 FROM match_cards c WHERE c.user_id = e.user_id "
        "AND c.candidate_id = e.candidate_id AND c.queued) "
        "ORDER BY (CASE WHEN e.height = $2 THEN 1 ELSE 0 END + CASE WHEN e.weight = $3 THEN 1 ELSE 0 END "
        "+ CASE WHEN e.religion = $4 THEN 1 ELSE 0 END + CASE WHEN e.drinking_status = $5 THEN 1 ELSE 0 END "
        "+ CASE WHEN e.smoking_status = $6 THEN 1 ELSE 0 END + CASE WHEN e.looking_for = $7 THEN 1 ELSE 0 "
        "END "
        "+ CASE WHEN e.currently_staying = $8 THEN 1 ELSE 0 END) DESC, COALESCE(x.times_queued, 0), RANDOM() "
        "LIMIT $9 "
        "ON CONFLICT (user_id, candidate_id) DO UPDATE SET queued = TRUE RETURNING candidate_id",
        {user, toSql(preferences["height"]), toSql(preferences["weight"]), toSql(preferences["religion"]),
         toSql(preferences["drinking_status"]), toSql(preferences["smoking_status"]),
         toSql(preferences["looking_for"]), toSql(preferences["currently_staying"]), places}));
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
