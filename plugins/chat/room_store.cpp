#include "room_store.h"

#include <algorithm>

#include "sql_array.h"

namespace linkup::chat::room_store {
namespace {

std::optional<Room> firstRoom(const sdk::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return Room{rows.integer(0, 0), rows.integer(0, 1), rows.integer(0, 2), rows.integer(0, 3),
                rows.time(0, 4)};
}

}  // namespace

std::optional<Room> find(sdk::Connection& connection, std::int64_t chat_id) {
    return firstRoom(connection.execute(
        "SELECT id, low_id, high_id, last_seq, last_at FROM chat_rooms WHERE id = $1", {chat_id}));
}

std::optional<Room> findOfPair(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) {
    return firstRoom(connection.execute(
        "SELECT id, low_id, high_id, last_seq, last_at FROM chat_rooms WHERE low_id = $1 AND high_id = $2",
        {std::min(one, other), std::max(one, other)}));
}

Room insert(sdk::Connection& connection, sdk::UserId one, sdk::UserId other, sdk::Time now) {
    const auto rows = connection.execute(
        "INSERT INTO chat_rooms (low_id, high_id, last_seq, last_at, created_at) VALUES ($1, $2, 0, $3, $3) "
        "RETURNING id, low_id, high_id, last_seq, last_at",
        {std::min(one, other), std::max(one, other), sdk::toMicros(now)});
    const auto room = firstRoom(rows).value();
    connection.execute(
        "INSERT INTO chat_participants (chat_id, user_id, delivered_seq, seen_seq) VALUES ($1, $2, 0, 0), "
        "($1, $3, 0, 0)",
        {room.id, room.low, room.high});
    return room;
}

void removeOfPair(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) {
    removeMessages(connection, connection.execute(
                                   "DELETE FROM chat_rooms WHERE low_id = $1 AND high_id = $2 RETURNING id",
                                   {std::min(one, other), std::max(one, other)}));
}

void removeMessages(sdk::Connection& connection, const sdk::Rows& rooms) {
    for (std::size_t row = 0; row < rooms.size(); ++row)
        connection.execute("DELETE FROM chat_messages WHERE chat_id = $1", {rooms.integer(row, 0)});
}

std::vector<std::pair<std::int64_t, std::int64_t>> lastSeqs(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT r.id, r.last_seq FROM chat_participants p JOIN chat_rooms r ON r.id = p.chat_id "
        "WHERE p.user_id = $1",
        {user});
    std::vector<std::pair<std::int64_t, std::int64_t>> chats;
    chats.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        chats.emplace_back(rows.integer(row, 0), rows.integer(row, 1));
    }
    return chats;
}

std::map<std::int64_t, std::int64_t> deliveredSeqs(sdk::Connection& connection, sdk::UserId user) {
    const auto rows =
        connection.execute("SELECT chat_id, delivered_seq FROM chat_participants WHERE user_id = $1", {user});
    std::map<std::int64_t, std::int64_t> seqs;
    for (std::size_t row = 0; row < rows.size(); ++row)
        seqs.emplace(rows.integer(row, 0), rows.integer(row, 1));
    return seqs;
}

std::vector<sdk::ChatSummary> summaries(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT r.id, CASE WHEN r.low_id = $1 THEN r.high_id ELSE r.low_id END, "
        "(SELECT COUNT(*) FROM chat_messages u WHERE u.chat_id = r.id AND u.seq > p.seen_seq AND u.sender_id "
        "<> $1), "
        "r.last_seq, m.body, m.media, m.created_at "
        "FROM chat_participants p JOIN chat_rooms r ON r.id = p.chat_id "
        "LEFT JOIN chat_messages m ON m.chat_id = r.id AND m.seq = r.last_seq "
        "WHERE p.user_id = $1 ORDER BY r.last_at DESC, r.id DESC",
        {user});
    std::vector<sdk::ChatSummary> chats;
    chats.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        sdk::ChatSummary chat;
        chat.chat_room_id = rows.integer(row, 0);
        chat.partner = rows.integer(row, 1);
        chat.unseen = rows.integer(row, 2);
        chat.last_seq = rows.integer(row, 3);
        chat.last_message = rows.optionalText(row, 4);
        if (const auto media = rows.optionalText(row, 5)) {
            chat.last_media_type = sdk::parseTrustedJson(*media)["media_type"].asString();
        }
        if (const auto at = rows.optionalInteger(row, 6)) chat.last_at = sdk::fromMicros(*at);
        chats.push_back(std::move(chat));
    }
    return chats;
}

Cursors cursors(sdk::Connection& connection, std::int64_t chat_id, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT delivered_seq, seen_seq FROM chat_participants WHERE chat_id = $1 AND user_id = $2",
        {chat_id, user});
    if (rows.empty()) return {};
    return {rows.integer(0, 0), rows.integer(0, 1)};
}

Standings standings(sdk::Connection& connection,
                    const std::set<std::pair<std::int64_t, sdk::UserId>>& participants) {
#define LINKUP_CHAT_SELECT_STANDINGS                                                                     \
    "SELECT p.chat_id, p.user_id, r.revision, p.delivered_seq, p.seen_seq, o.delivered_seq, o.seen_seq " \
    "FROM chat_participants p JOIN chat_rooms r ON r.id = p.chat_id "                                    \
    "JOIN chat_participants o ON o.chat_id = p.chat_id AND o.user_id <> p.user_id "
    Standings standings;
    const auto add = [&standings](const sdk::Rows& rows) {
        for (std::size_t row = 0; row < rows.size(); ++row) {
            standings.try_emplace({rows.integer(row, 0), rows.integer(row, 1)},
                                  Standing{rows.integer(row, 2),
                                           {rows.integer(row, 3), rows.integer(row, 4)},
                                           {rows.integer(row, 5), rows.integer(row, 6)}});
        }
    };
    if (participants.size() < 2 || connection.dialect() == sdk::Dialect::kSqlite) {
        for (const auto& [chat_id, user] : participants) {
            add(connection.execute(LINKUP_CHAT_SELECT_STANDINGS "WHERE p.chat_id = $1 AND p.user_id = $2",
                                   {chat_id, user}));
        }
        return standings;
    }
    SqlArray chats, users;
    for (const auto& [chat_id, user] : participants) {
        chats.add(chat_id);
        users.add(user);
    }
    add(connection.execute(LINKUP_CHAT_SELECT_STANDINGS
                           "JOIN unnest((SELECT $1::bigint[]), (SELECT $2::bigint[])) AS k(c, u) "
                           "ON k.c = p.chat_id AND k.u = p.user_id",
                           {chats.done(), users.done()}));
#undef LINKUP_CHAT_SELECT_STANDINGS
    return standings;
}

bool advanceDelivered(sdk::Connection& connection, std::int64_t chat_id, sdk::UserId user, std::int64_t seq) {
    return connection
               .execute(
                   "UPDATE chat_participants SET delivered_seq = $1 "
                   "WHERE chat_id = $2 AND user_id = $3 AND delivered_seq < $1",
                   {seq, chat_id, user})
               .affected() == 1;
}

namespace {

sdk::Rows advancedRows(sdk::Connection& connection, const Delivered& seqs) {
    if (connection.dialect() == sdk::Dialect::kSqlite) {
        sdk::Json list = sdk::Json::array();
        for (const auto& [place, seq] : seqs)
            list.push(sdk::Json::object({{"c", place.first}, {"u", place.second}, {"q", seq}}));
        return connection.execute(
            "UPDATE chat_participants SET delivered_seq = d.q FROM (SELECT json_extract(value, '$.c') "
            "AS c, json_extract(value, '$.u') AS u, json_extract(value, '$.q') AS q FROM json_each($1)) "
            "d WHERE chat_participants.chat_id = d.c AND chat_participants.user_id = d.u "
            "AND delivered_seq < d.q RETURNING chat_id, user_id",
            {list.dump()});
    }
    SqlArray chats, users, reached;
    for (const auto& [place, seq] : seqs) {
        chats.add(place.first);
        users.add(place.second);
        reached.add(seq);
    }
    // Locked in one order, so that the same people's devices on two nodes cannot make these wait for each
    // other.
    return connection.execute(
        "WITH d AS MATERIALIZED (SELECT p.chat_id, p.user_id, k.q "
        "FROM unnest((SELECT $1::bigint[]), (SELECT $2::bigint[]), (SELECT $3::bigint[])) AS k(c, u, q) "
        "JOIN chat_participants p ON p.chat_id = k.c AND p.user_id = k.u "
        "WHERE p.delivered_seq < k.q ORDER BY p.chat_id, p.user_id FOR UPDATE OF p) "
        "UPDATE chat_participants p SET delivered_seq = d.q FROM d "
        "WHERE p.chat_id = d.chat_id AND p.user_id = d.user_id AND p.delivered_seq < d.q "
        "RETURNING p.chat_id, p.user_id",
        {chats.done(), users.done(), reached.done()});
}

}  // namespace

std::set<std::pair<std::int64_t, sdk::UserId>> advanceDelivered(sdk::Connection& connection,
                                                                const Delivered& seqs) {
    const auto rows = advancedRows(connection, seqs);
    std::set<std::pair<std::int64_t, sdk::UserId>> moved;
    for (std::size_t row = 0; row < rows.size(); ++row)
        moved.emplace(rows.integer(row, 0), rows.integer(row, 1));
    return moved;
}

bool advanceSeen(sdk::Connection& connection, std::int64_t chat_id, sdk::UserId user, std::int64_t seq) {
    return connection
               .execute(
                   "UPDATE chat_participants SET seen_seq = $1, "
                   "delivered_seq = CASE WHEN delivered_seq < $1 THEN $1 ELSE delivered_seq END "
                   "WHERE chat_id = $2 AND user_id = $3 AND seen_seq < $1",
                   {seq, chat_id, user})
               .affected() == 1;
}

bool setMuted(sdk::Connection& connection, std::int64_t chat_id, sdk::UserId user, std::int64_t muted_until) {
    const auto until = muted_until == 0 ? std::nullopt : std::optional(muted_until);
    return connection
               .execute("UPDATE chat_participants SET muted_until = $1 WHERE chat_id = $2 AND user_id = $3",
                        {sdk::nullable(until), chat_id, user})
               .affected() == 1;
}

}  // namespace linkup::chat::room_store
