#include "lobby_store.h"

#include <linkup/sdk/json.h>

#include <unordered_map>

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

/// Keeps the event from being closed until this transaction ends; false if it is.
bool holdOpen(sdk::Connection& connection, std::int64_t event) {
    const auto rows = isSqlite(connection)
                          ? connection.execute(
                                "SELECT 1 FROM lobby_events WHERE id = $1 AND state = 'gathering' "
                                "AND pairing_until IS NULL",
                                {event})
                          : connection.execute(
                                "SELECT 1 FROM lobby_events WHERE id = $1 AND state = 'gathering' "
                                "AND pairing_until IS NULL FOR SHARE",
                                {event});
    return !rows.empty();
}

/// A macro, because statements have to be literals.
#define LINKUP_LOBBY_SELECT_RESULTS                                                                   \
    "SELECT r.event_id, r.user_id, CASE WHEN NOT EXISTS (SELECT 1 FROM match_blocks_v1 k WHERE "      \
    "(k.blocker_id = r.user_id AND k.blocked_id = r.partner_id) OR (k.blocker_id = r.partner_id AND " \
    "k.blocked_id = r.user_id)) THEN r.partner_id END FROM lobby_results r WHERE "

std::vector<Result> resultsIn(const sdk::Rows& rows) {
    std::vector<Result> results;
    results.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        results.push_back({rows.integer(row, 0), rows.integer(row, 1), rows.optionalInteger(row, 2)});
    }
    return results;
}

/// Reads Traits: numbers as they are, texts by a number that each gets when it is first seen.
class TraitReader {
public:
    /// From seven columns on: height, weight, drinking, smoking, then religion, what is looked for, where
    /// they stay.
    Traits read(const sdk::Rows& rows, std::size_t row, std::size_t column) {
        constexpr std::size_t kNumbers = 4;
        Traits traits{};
        for (std::size_t i = 0; i < traits.size(); ++i) {
            if (rows.isNull(row, column + i)) continue;
            traits[i] = i < kNumbers ? static_cast<std::uint32_t>(rows.integer(row, column + i)) + 1
                                     : numberOf(rows.text(row, column + i));
        }
        return traits;
    }

private:
    std::uint32_t numberOf(const std::string& text) {
        return texts_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()) + 1).first->second;
    }
    std::unordered_map<std::string, std::uint32_t> texts_;
};

}  // namespace

void insertEvent(sdk::Connection& connection, const Event& event) {
    connection.execute(
        "INSERT INTO lobby_events (name, starts_at, ends_at, state) VALUES ($1, $2, $3, 'gathering') "
        "ON CONFLICT (name, starts_at) DO NOTHING",
        {event.name, sdk::toMicros(event.starts_at), sdk::toMicros(event.ends_at)});
}

std::optional<Event> gathering(sdk::Connection& connection) {
    const auto rows = connection.execute(
        "SELECT id, name, starts_at, ends_at, pairing_until FROM lobby_events WHERE state = 'gathering' "
        "ORDER BY ends_at, id LIMIT 1");
    if (rows.empty()) return std::nullopt;
    Event event{rows.integer(0, 0), rows.text(0, 1), rows.time(0, 2), rows.time(0, 3)};
    if (!rows.isNull(0, 4)) event.pairing_until = rows.time(0, 4);
    return event;
}

EventState stateOf(sdk::Connection& connection, std::int64_t event) {
    const auto rows = connection.execute("SELECT state FROM lobby_events WHERE id = $1", {event});
    if (rows.empty() || rows.text(0, 0) == "called_off") return EventState::kCalledOff;
    return rows.text(0, 0) == "finished" ? EventState::kFinished : EventState::kGathering;
}

std::optional<std::int64_t> claim(sdk::Connection& connection, std::int64_t event, sdk::Time now,
                                  std::chrono::milliseconds time) {
    const auto rows = connection.execute(
        "UPDATE lobby_events SET pairing_until = $1 + (fencing_token + 1) * $2, fencing_token = "
        "fencing_token + 1 "
        "WHERE id = $3 AND state = 'gathering' AND (pairing_until IS NULL OR pairing_until < $1) "
        "RETURNING fencing_token",
        {sdk::toMicros(now), std::chrono::microseconds(time).count(), event});
    if (rows.empty()) return std::nullopt;
    return rows.integer(0, 0);
}

bool hold(sdk::Connection& connection, std::int64_t event, std::int64_t token, sdk::Time until) {
    return connection
               .execute(
                   "UPDATE lobby_events SET pairing_until = $1 WHERE id = $2 AND state = 'gathering' AND "
                   "fencing_token = $3",
                   {sdk::toMicros(until), event, token})
               .affected() == 1;
}

bool finish(sdk::Connection& connection, std::int64_t event, std::int64_t token) {
    return connection
               .execute(
                   "UPDATE lobby_events SET state = 'finished' WHERE id = $1 AND state = 'gathering' AND "
                   "fencing_token = $2",
                   {event, token})
               .affected() == 1;
}

bool callOff(sdk::Connection& connection, std::int64_t event) {
    return connection
               .execute("UPDATE lobby_events SET state = 'called_off' WHERE id = $1 AND state = 'gathering'",
                        {event})
               .affected() == 1;
}

std::int64_t countWaiting(sdk::Connection& connection, std::int64_t event, sdk::Time moment) {
    return connection
        .execute("SELECT COUNT(*) FROM lobby_seats WHERE event_id = $1 AND present_until >= $2",
                 {event, sdk::toMicros(moment)})
        .integer(0, 0);
}

bool keepSeats(sdk::Connection& connection, std::int64_t event, const std::vector<Seat>& seats) {
    if (!holdOpen(connection, event)) return false;
    sdk::Json list = sdk::Json::array();
    for (const auto& seat : seats) list.push(sdk::Json::array({seat.user, sdk::toMicros(seat.until)}));
    if (isSqlite(connection)) {
        connection.execute(
            "INSERT INTO lobby_seats (event_id, user_id, present_until) SELECT $1, json_extract(value, "
            "'$[0]'), json_extract(value, '$[1]') FROM json_each($2) WHERE TRUE "
            "ON CONFLICT (event_id, user_id) DO UPDATE SET present_until = excluded.present_until "
            "WHERE excluded.present_until > lobby_seats.present_until",
            {event, list.dump()});
    } else {
        connection.execute(
            "INSERT INTO lobby_seats (event_id, user_id, present_until) "
            "SELECT $1::bigint, (value->>0)::bigint, (value->>1)::bigint FROM json_array_elements($2::json) "
            "ORDER BY 2 "
            "ON CONFLICT (event_id, user_id) DO UPDATE SET present_until = excluded.present_until "
            "WHERE excluded.present_until > lobby_seats.present_until",
            {event, list.dump()});
    }
    return true;
}

std::vector<Seated> seated(sdk::Connection& connection, std::int64_t event, sdk::Time moment) {
    const auto rows = connection.execute(
        "SELECT s.user_id, COALESCE((SELECT r.misses FROM lobby_results r WHERE r.user_id = s.user_id "
        "ORDER BY r.decided_at DESC LIMIT 1), 0) "
        "FROM lobby_seats s WHERE s.event_id = $1 AND s.present_until >= $2 "
        "AND NOT EXISTS (SELECT 1 FROM lobby_results d WHERE d.event_id = s.event_id AND d.user_id = "
        "s.user_id) ORDER BY s.user_id",
        {event, sdk::toMicros(moment)});
    std::vector<Seated> people;
    people.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        people.push_back({rows.integer(row, 0), rows.integer(row, 1)});
    }
    return people;
}

std::vector<Guest> guests(sdk::Connection& connection, std::int64_t event, sdk::Time moment) {
    const auto rows = connection.execute(
        "SELECT c.user_id, c.gender, c.interested_gender, "
        "c.height, c.weight, c.drinking_status, c.smoking_status, c.religion, c.looking_for, "
        "c.currently_staying, "
        "p.height, p.weight, p.drinking_status, p.smoking_status, p.religion, p.looking_for, "
        "p.currently_staying "
        "FROM lobby_seats s JOIN auth_candidates_v1 c ON c.user_id = s.user_id "
        "LEFT JOIN auth_preferences_v1 p ON p.user_id = s.user_id "
        "WHERE s.event_id = $1 AND s.present_until >= $2 AND c.interested_gender IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM lobby_results d WHERE d.event_id = s.event_id AND d.user_id = "
        "s.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM match_withdrawn_v1 w WHERE w.user_id = s.user_id)",
        {event, sdk::toMicros(moment)});
    std::vector<Guest> guests;
    guests.reserve(rows.size());
    TraitReader traits;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        guests.push_back({.id = rows.integer(row, 0),
                          .gender = rows.text(row, 1),
                          .interested_gender = rows.text(row, 2),
                          .traits = traits.read(rows, row, 3),
                          .wishes = traits.read(rows, row, 10)});
    }
    return guests;
}

std::vector<Couple> forbidden(sdk::Connection& connection, std::int64_t event) {
    const auto rows = connection.execute(
        "SELECT b.low_id, b.high_id FROM lobby_seats s JOIN match_bonds_v1 b ON b.low_id = s.user_id "
        "JOIN lobby_seats o ON o.event_id = s.event_id AND o.user_id = b.high_id WHERE s.event_id = $1 "
        "UNION ALL SELECT k.blocker_id, k.blocked_id FROM lobby_seats s "
        "JOIN match_blocks_v1 k ON k.blocker_id = s.user_id "
        "JOIN lobby_seats o ON o.event_id = s.event_id AND o.user_id = k.blocked_id WHERE s.event_id = $1 "
        "UNION ALL SELECT r.user_id, r.partner_id FROM lobby_seats s "
        "JOIN lobby_results r ON r.user_id = s.user_id AND r.user_id < r.partner_id "
        "JOIN lobby_seats o ON o.event_id = s.event_id AND o.user_id = r.partner_id WHERE s.event_id = $1",
        {event});
    std::vector<Couple> couples;
    couples.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        couples.emplace_back(rows.integer(row, 0), rows.integer(row, 1));
    }
    return couples;
}

void insertResults(sdk::Connection& connection, std::int64_t event, const std::vector<Result>& results,
                   sdk::Time now) {
    sdk::Json list = sdk::Json::array();
    for (const auto& result : results) {
        list.push(sdk::Json::array(
            {result.user, result.partner ? sdk::Json(*result.partner) : sdk::Json(), result.misses}));
    }
    if (isSqlite(connection)) {
        connection.execute(
            "INSERT INTO lobby_results (event_id, decided_at, user_id, partner_id, misses) SELECT $1, $2, "
            "json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') "
            "FROM json_each($3)",
            {event, sdk::toMicros(now), list.dump()});
    } else {
        connection.execute(
            "INSERT INTO lobby_results (event_id, decided_at, user_id, partner_id, misses) "
            "SELECT $1::bigint, $2::bigint, (value->>0)::bigint, (value->>1)::bigint, (value->>2)::bigint "
            "FROM json_array_elements($3::json)",
            {event, sdk::toMicros(now), list.dump()});
    }
}

std::vector<Result> untold(sdk::Connection& connection, const std::vector<sdk::UserId>& users,
                           sdk::Time since) {
    const std::string list = idList(users);
    return resultsIn(
        isSqlite(connection)
            ? connection.execute(
                  LINKUP_LOBBY_SELECT_RESULTS
                  "r.decided_at > $1 AND r.told_at IS NULL AND r.user_id IN (SELECT value FROM "
                  "json_each($2)) ORDER BY r.decided_at DESC",
                  {sdk::toMicros(since), list})
            : connection.execute(LINKUP_LOBBY_SELECT_RESULTS
                                 "r.decided_at > $1 AND r.told_at IS NULL AND r.user_id = ANY (ARRAY(SELECT "
                                 "value::bigint FROM json_array_elements_text($2::json))) "
                                 "ORDER BY r.decided_at DESC",
                                 {sdk::toMicros(since), list}));
}

std::vector<Result> resultsOf(sdk::Connection& connection, std::int64_t event,
                              const std::vector<sdk::UserId>& users) {
    const std::string list = idList(users);
    return resultsIn(isSqlite(connection)
                         ? connection.execute(LINKUP_LOBBY_SELECT_RESULTS
                                              "r.event_id = $1 AND r.user_id IN (SELECT value FROM "
                                              "json_each($2))",
                                              {event, list})
                         : connection.execute(LINKUP_LOBBY_SELECT_RESULTS
                                              "r.event_id = $1 AND r.user_id = ANY (ARRAY(SELECT "
                                              "value::bigint FROM json_array_elements_text($2::json)))",
                                              {event, list}));
}

void markTold(sdk::Connection& connection, std::int64_t event, const std::vector<sdk::UserId>& users,
              sdk::Time now) {
    if (isSqlite(connection)) {
        connection.execute(
            "UPDATE lobby_results SET told_at = $1 WHERE event_id = $2 AND told_at IS NULL "
            "AND user_id IN (SELECT value FROM json_each($3))",
            {sdk::toMicros(now), event, idList(users)});
    } else {
        connection.execute(
            "UPDATE lobby_results SET told_at = $1 WHERE event_id = $2 AND told_at IS NULL "
            "AND user_id = ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text($3::json)))",
            {sdk::toMicros(now), event, idList(users)});
    }
}

sdk::Json newest(sdk::Connection& connection, std::int64_t count) {
    const auto rows = connection.execute(
        "SELECT e.id, e.name, e.starts_at, e.ends_at, e.state, "
        "(SELECT COUNT(*) FROM lobby_seats s WHERE s.event_id = e.id), "
        "(SELECT COUNT(*) FROM lobby_results r WHERE r.event_id = e.id AND r.partner_id IS NOT NULL), "
        "(SELECT COUNT(*) FROM lobby_results r WHERE r.event_id = e.id AND r.partner_id IS NULL) "
        "FROM lobby_events e ORDER BY e.id DESC LIMIT $1",
        {count});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        list.push(sdk::Json::object({{"id", rows.integer(row, 0)},
                                     {"name", rows.text(row, 1)},
                                     {"starts_at", sdk::formatTime(rows.time(row, 2))},
                                     {"ends_at", sdk::formatTime(rows.time(row, 3))},
                                     {"state", rows.text(row, 4)},
                                     {"seats", rows.integer(row, 5)},
                                     {"paired", rows.integer(row, 6)},
                                     {"left_over", rows.integer(row, 7)}}));
    }
    return list;
}

}  // namespace linkup::lobby::lobby_store
