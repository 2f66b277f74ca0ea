#include "lobby_store.h"

#include <linkup/sdk/json.h>

#include <algorithm>

namespace linkup::lobby::lobby_store {
namespace {

bool isSqlite(const sdk::Connection& connection) {
    return connection.dialect() == sdk::Dialect::kSqlite;
}

std::string idList(const std::vector<sdk::UserId>& users) {
    sdk::Json list = sdk::Json::array();
    for (const auto user : users) list.push(user);
    return list.dump();
}

/// Keeps the event from being finished until this transaction ends; false if it is.
bool holdOpen(sdk::Connection& connection, std::int64_t event) {
    const auto rows =
        isSqlite(connection)
            ? connection.execute("SELECT 1 FROM lobby_events WHERE id = $1 AND state = 'gathering'", {event})
            : connection.execute("SELECT 1 FROM lobby_events WHERE id = $1 AND state = 'gathering' FOR SHARE",
                                 {event});
    return !rows.empty();
}

}  // namespace

void insertEvent(sdk::Connection& connection, const Event& event) {
    connection.execute(
        "INSERT INTO lobby_events (name, starts_at, ends_at, state) VALUES ($1, $2, $3, 'gathering') "
        "ON CONFLICT (name, starts_at) DO NOTHING",
        {event.name, sdk::toMicros(event.starts_at), sdk::toMicros(event.ends_at)});
}

std::optional<Event> gathering(sdk::Connection& connection) {
    const auto rows = connection.execute(
        "SELECT id, name, starts_at, ends_at FROM lobby_events WHERE state = 'gathering' ORDER BY ends_at, "
        "id LIMIT 1");
    if (rows.empty()) return std::nullopt;
    return Event{rows.integer(0, 0), rows.text(0, 1), rows.time(0, 2), rows.time(0, 3)};
}

bool finish(sdk::Connection& connection, std::int64_t event) {
    return connection
               .execute("UPDATE lobby_events SET state = 'finished' WHERE id = $1 AND state = 'gathering'",
                        {event})
               .affected() == 1;
}

bool callOff(sdk::Connection& connection, std::int64_t event) {
    return connection
               .execute("UPDATE lobby_events SET state = 'called_off' WHERE id = $1 AND state = 'gathering'",
                        {event})
               .affected() == 1;
}

bool keepSeats(sdk::Connection& connection, std::int64_t event, const std::vector<sdk::UserId>& users,
               sdk::Time until) {
    if (!holdOpen(connection, event)) return false;
    const std::string list = idList(users);
    if (isSqlite(connection)) {
        connection.execute(
            "INSERT INTO lobby_seats (event_id, user_id, present_until) SELECT $1, value, $2 FROM "
            "json_each($3) WHERE TRUE "
            "ON CONFLICT (event_id, user_id) DO UPDATE SET present_until = excluded.present_until "
            "WHERE excluded.present_until > lobby_seats.present_until",
            {event, sdk::toMicros(until), list});
    } else {
        connection.execute(
            "INSERT INTO lobby_seats (event_id, user_id, present_until) "
            "SELECT $1::bigint, value::bigint, $2::bigint FROM json_array_elements_text($3::json) ORDER BY 2 "
            "ON CONFLICT (event_id, user_id) DO UPDATE SET present_until = excluded.present_until "
            "WHERE excluded.present_until > lobby_seats.present_until",
            {event, sdk::toMicros(until), list});
    }
    return true;
}

std::vector<sdk::UserId> seated(sdk::Connection& connection, std::int64_t event, sdk::Time moment) {
    const auto rows = connection.execute(
        "SELECT user_id FROM lobby_seats WHERE event_id = $1 AND present_until >= $2 ORDER BY user_id",
        {event, sdk::toMicros(moment)});
    std::vector<sdk::UserId> users;
    users.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) users.push_back(rows.integer(row, 0));
    return users;
}

std::vector<Guest> guests(sdk::Connection& connection, std::int64_t event, sdk::Time moment) {
    const auto rows = connection.execute(
        "SELECT c.user_id, c.gender, c.interested_gender, CASE WHEN EXISTS (SELECT 1 FROM lobby_results r "
        "WHERE r.user_id = c.user_id AND r.partner_id IS NULL AND r.decided_at = "
        "(SELECT MAX(x.decided_at) FROM lobby_results x WHERE x.user_id = c.user_id)) THEN 1 ELSE 0 END "
        "FROM lobby_seats s JOIN auth_candidates_v1 c ON c.user_id = s.user_id "
        "WHERE s.event_id = $1 AND s.present_until >= $2 AND c.interested_gender IS NOT NULL",
        {event, sdk::toMicros(moment)});
    std::vector<Guest> guests;
    guests.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        guests.push_back({rows.integer(row, 0), rows.text(row, 1), rows.text(row, 2), rows.boolean(row, 3)});
    }
    return guests;
}

std::set<Couple> forbidden(sdk::Connection& connection, std::int64_t event) {
    const auto rows = connection.execute(
        "SELECT b.low_id, b.high_id FROM lobby_seats s JOIN match_bonds_v1 b ON b.low_id = s.user_id WHERE "
        "s.event_id = $1 "
        "UNION SELECT k.blocker_id, k.blocked_id FROM lobby_seats s JOIN match_blocks_v1 k ON k.blocker_id = "
        "s.user_id "
        "WHERE s.event_id = $1",
        {event});
    std::set<Couple> couples;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto one = rows.integer(row, 0);
        const auto other = rows.integer(row, 1);
        couples.emplace(std::min(one, other), std::max(one, other));
    }
    return couples;
}

void insertResults(sdk::Connection& connection, const std::vector<Result>& results, sdk::Time now) {
    for (const auto& result : results) {
        connection.execute(
            "INSERT INTO lobby_results (event_id, user_id, partner_id, decided_at) VALUES ($1, $2, $3, $4)",
            {result.event, result.user, sdk::nullable(result.partner), sdk::toMicros(now)});
    }
}

std::vector<Result> untold(sdk::Connection& connection, const std::vector<sdk::UserId>& users,
                           sdk::Time since) {
    const std::string list = idList(users);
    const auto rows =
        isSqlite(connection)
            ? connection.execute(
                  "SELECT event_id, user_id, partner_id FROM lobby_results WHERE decided_at > $1 "
                  "AND told_at IS NULL AND user_id IN (SELECT value FROM json_each($2)) ORDER BY decided_at "
                  "DESC",
                  {sdk::toMicros(since), list})
            : connection.execute(
                  "SELECT event_id, user_id, partner_id FROM lobby_results WHERE decided_at > $1 "
                  "AND told_at IS NULL AND user_id = ANY (ARRAY(SELECT value::bigint FROM "
                  "json_array_elements_text($2::json))) ORDER BY decided_at DESC",
                  {sdk::toMicros(since), list});
    std::vector<Result> results;
    results.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        results.push_back({rows.integer(row, 0), rows.integer(row, 1), rows.optionalInteger(row, 2)});
    }
    return results;
}

void markTold(sdk::Connection& connection, std::int64_t event, sdk::UserId user, sdk::Time now) {
    connection.execute(
        "UPDATE lobby_results SET told_at = $1 WHERE event_id = $2 AND user_id = $3 AND told_at IS NULL",
        {sdk::toMicros(now), event, user});
}

}  // namespace linkup::lobby::lobby_store
