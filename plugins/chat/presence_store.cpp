#include "presence_store.h"

namespace linkup::chat::presence_store {
namespace {

bool isSqlite(const sdk::Connection& connection) {
    return connection.dialect() == sdk::Dialect::kSqlite;
}

std::string listOf(const Users& users) {
    sdk::Json list = sdk::Json::array();
    for (const auto user : users) list.push(user);
    return list.dump();
}

Users firstColumn(const sdk::Rows& rows) {
    Users users;
    users.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) users.push_back(rows.integer(row, 0));
    return users;
}

std::optional<sdk::Time> timeOf(const sdk::Rows& rows, std::size_t row, std::size_t column) {
    const auto micros = rows.optionalInteger(row, column);
    return micros ? std::optional(sdk::fromMicros(*micros)) : std::nullopt;
}

}  // namespace

bool share(sdk::Connection& connection, sdk::UserId user) {
    return connection
               .execute("INSERT INTO chat_presence (user_id) VALUES ($1) ON CONFLICT DO NOTHING", {user})
               .affected() == 1;
}

bool unshare(sdk::Connection& connection, sdk::UserId user) {
    return connection.execute("DELETE FROM chat_presence WHERE user_id = $1", {user}).affected() == 1;
}

Own own(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute("SELECT last_seen_at FROM chat_presence WHERE user_id = $1", {user});
    if (rows.empty()) return {};
    return {true, timeOf(rows, 0, 0)};
}

Users lockSharers(sdk::Connection& connection, const Users& users) {
    return firstColumn(
        isSqlite(connection)
            ? connection.execute(
                  "SELECT user_id FROM chat_presence WHERE user_id IN (SELECT value FROM json_each($1)) "
                  "ORDER BY user_id",
                  {listOf(users)})
            : connection.execute(
                  "SELECT user_id FROM chat_presence WHERE user_id = ANY (ARRAY(SELECT value::bigint "
                  "FROM json_array_elements_text($1::json))) ORDER BY user_id FOR UPDATE",
                  {listOf(users)}));
}

Users arrive(sdk::Connection& connection, const std::string& node, const Users& users) {
    return firstColumn(
        isSqlite(connection)
            ? connection.execute(
                  "INSERT INTO chat_online (user_id, node) SELECT value, $2 FROM json_each($1) WHERE TRUE "
                  "ON CONFLICT DO NOTHING RETURNING user_id",
                  {listOf(users), node})
            : connection.execute(
                  "INSERT INTO chat_online (user_id, node) SELECT value::bigint, $2 "
                  "FROM json_array_elements_text($1::json) ON CONFLICT DO NOTHING RETURNING user_id",
                  {listOf(users), node}));
}

Users leave(sdk::Connection& connection, const std::string& node, const Users& users) {
    return firstColumn(
        isSqlite(connection)
            ? connection.execute(
                  "DELETE FROM chat_online WHERE user_id IN (SELECT value FROM json_each($1)) AND node = $2 "
                  "RETURNING user_id",
                  {listOf(users), node})
            : connection.execute("DELETE FROM chat_online WHERE user_id = ANY (ARRAY(SELECT value::bigint "
                                 "FROM json_array_elements_text($1::json))) AND node = $2 RETURNING user_id",
                                 {listOf(users), node}));
}

Users online(sdk::Connection& connection, const Users& users, sdk::Time now) {
    return firstColumn(
        isSqlite(connection)
            ? connection.execute(
                  "SELECT DISTINCT o.user_id FROM chat_online o JOIN chat_nodes n ON n.node = o.node "
                  "WHERE o.user_id IN (SELECT value FROM json_each($1)) AND n.alive_until > $2",
                  {listOf(users), sdk::toMicros(now)})
            : connection.execute(
                  "SELECT DISTINCT o.user_id FROM chat_online o JOIN chat_nodes n ON n.node = o.node "
                  "WHERE o.user_id = ANY (ARRAY(SELECT value::bigint "
                  "FROM json_array_elements_text($1::json))) AND n.alive_until > $2",
                  {listOf(users), sdk::toMicros(now)}));
}

void setLastSeen(sdk::Connection& connection, const Users& users, sdk::Time at) {
    if (isSqlite(connection)) {
        connection.execute(
            "UPDATE chat_presence SET last_seen_at = $2 WHERE user_id IN (SELECT value FROM json_each($1))",
            {listOf(users), sdk::toMicros(at)});
    } else {
        connection.execute(
            "UPDATE chat_presence SET last_seen_at = $2 WHERE user_id = ANY (ARRAY(SELECT value::bigint "
            "FROM json_array_elements_text($1::json)))",
            {listOf(users), sdk::toMicros(at)});
    }
}

bool keepAlive(sdk::Connection& connection, const std::string& node, sdk::Time until) {
    return connection
               .execute("UPDATE chat_nodes SET alive_until = $1 WHERE node = $2",
                        {sdk::toMicros(until), node})
               .affected() == 1;
}

void insertNode(sdk::Connection& connection, const std::string& node, sdk::Time until) {
    connection.execute("INSERT INTO chat_nodes (node, alive_until) VALUES ($1, $2)",
                       {node, sdk::toMicros(until)});
}

std::vector<Node> lockDead(sdk::Connection& connection, sdk::Time now) {
    const auto rows =
        isSqlite(connection)
            ? connection.execute("SELECT node, alive_until FROM chat_nodes WHERE alive_until <= $1",
                                 {sdk::toMicros(now)})
            : connection.execute(
                  "SELECT node, alive_until FROM chat_nodes WHERE alive_until <= $1 FOR UPDATE SKIP LOCKED",
                  {sdk::toMicros(now)});
    std::vector<Node> nodes;
    for (std::size_t row = 0; row < rows.size(); ++row)
        nodes.push_back({rows.text(row, 0), rows.time(row, 1)});
    return nodes;
}

Users usersOn(sdk::Connection& connection, const std::string& node) {
    return firstColumn(connection.execute("SELECT user_id FROM chat_online WHERE node = $1", {node}));
}

void removeNode(sdk::Connection& connection, const std::string& node) {
    connection.execute("DELETE FROM chat_nodes WHERE node = $1", {node});
}

std::vector<std::pair<sdk::UserId, sdk::UserId>> partners(sdk::Connection& connection, const Users& users) {
    const auto rows =
        isSqlite(connection)
            ? connection.execute(
                  "SELECT p.user_id, o.user_id FROM json_each($1) k "
                  "CROSS JOIN chat_participants p ON p.user_id = k.value "
                  "JOIN chat_rooms r ON r.id = p.chat_id AND r.closed_at IS NULL "
                  "JOIN chat_participants o ON o.chat_id = p.chat_id AND o.user_id <> p.user_id "
                  "JOIN chat_presence s ON s.user_id = o.user_id",
                  {listOf(users)})
            : connection.execute(
                  "SELECT p.user_id, o.user_id FROM chat_participants p "
                  "JOIN chat_rooms r ON r.id = p.chat_id AND r.closed_at IS NULL "
                  "JOIN chat_participants o ON o.chat_id = p.chat_id AND o.user_id <> p.user_id "
                  "JOIN chat_presence s ON s.user_id = o.user_id WHERE p.user_id = ANY (ARRAY("
                  "SELECT value::bigint FROM json_array_elements_text($1::json)))",
                  {listOf(users)});
    std::vector<std::pair<sdk::UserId, sdk::UserId>> pairs;
    pairs.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        pairs.emplace_back(rows.integer(row, 0), rows.integer(row, 1));
    return pairs;
}

std::vector<Seen> partnersOf(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    const auto rows = connection.execute(
        "SELECT s.user_id, s.last_seen_at, EXISTS (SELECT 1 FROM chat_online x JOIN chat_nodes n "
        "ON n.node = x.node WHERE x.user_id = s.user_id AND n.alive_until > $2) FROM chat_participants p "
        "JOIN chat_rooms r ON r.id = p.chat_id AND r.closed_at IS NULL "
        "JOIN chat_participants o ON o.chat_id = p.chat_id AND o.user_id <> p.user_id "
        "JOIN chat_presence s ON s.user_id = o.user_id WHERE p.user_id = $1 ORDER BY s.user_id",
        {user, sdk::toMicros(now)});
    std::vector<Seen> people;
    people.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        people.push_back({rows.integer(row, 0), rows.boolean(row, 2), timeOf(rows, row, 1)});
    return people;
}

}  // namespace linkup::chat::presence_store
