#include "message_store.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "sql_array.h"

namespace linkup::chat::message_store {
namespace {

// A batch travels as one parameter, JSON, or on PostgreSQL as one array for each column.
bool isSqlite(const sdk::Connection& connection) {
    return connection.dialect() == sdk::Dialect::kSqlite;
}

sdk::Json optionalText(const std::optional<std::string>& text) {
    return text ? sdk::Json(*text) : sdk::Json();
}

}  // namespace

StoredMessage messageOf(const sdk::Rows& rows, std::size_t row, const Room& room) {
    StoredMessage message;
    message.chat_id = room.id;
    message.seq = rows.integer(row, 0);
    message.message_id = rows.text(row, 1);
    message.sender = rows.integer(row, 2);
    message.receiver = room.partnerOf(message.sender);
    message.body = rows.text(row, 3);
    message.reply_id = rows.optionalText(row, 4);
    message.media = rows.optionalText(row, 5);
    message.created_at = rows.time(row, 6);
    message.revision = rows.optionalInteger(row, 7).value_or(0);
    if (const auto at = rows.optionalInteger(row, 8)) message.edited_at = sdk::fromMicros(*at);
    if (const auto at = rows.optionalInteger(row, 9)) message.unsent_at = sdk::fromMicros(*at);
    message.reactions = rows.optionalText(row, 10);
    return message;
}

namespace {

sdk::Rows lockedRooms(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids) {
    if (isSqlite(connection)) {
        sdk::Json ids = sdk::Json::array();
        for (const auto id : chat_ids) ids.push(id);
        return connection.execute(
            "SELECT id, low_id, high_id, last_seq, last_at, closed_at FROM chat_rooms "
            "WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id",
            {ids.dump()});
    }
    SqlArray ids;
    for (const auto id : chat_ids) ids.add(id);
    return connection.execute(
        "SELECT id, low_id, high_id, last_seq, last_at, closed_at FROM unnest((SELECT $1::bigint[])) AS k(c) "
        "JOIN chat_rooms ON id = k.c ORDER BY id FOR UPDATE OF chat_rooms",
        {ids.done()});
}

Locked lockInSqlite(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids,
                    std::span<const MessageKey> keys) {
    Locked locked;
    locked.rooms = lockRooms(connection, chat_ids);
    sdk::Json list = sdk::Json::array();
    for (const auto& key : keys)
        list.push(sdk::Json::object({{"c", key.chat_id}, {"m", sdk::Json(key.message_id)}}));
    const auto rows = connection.execute(
        "SELECT m.chat_id, m.sender_id, m.seq, m.created_at, m.message_id FROM json_each($1) k "
        "CROSS JOIN chat_messages m ON m.chat_id = json_extract(k.value, '$.c') "
        "AND m.message_id = json_extract(k.value, '$.m')",
        {list.dump()});
    for (std::size_t row = 0; row < rows.size(); ++row) {
        locked.known.push_back({rows.integer(row, 0), rows.text(row, 4), rows.integer(row, 1),
                                rows.integer(row, 2), rows.time(row, 3)});
    }
    return locked;
}

Locked lockInPostgresql(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids,
                        std::span<const MessageKey> keys) {
    SqlArray ids, chats, messages;
    for (const auto id : chat_ids) ids.add(id);
    for (const auto& key : keys) {
        chats.add(key.chat_id);
        messages.add(key.message_id);
    }
    const auto rows = connection.execute(
        "WITH r AS MATERIALIZED (SELECT id, low_id, high_id, last_seq, last_at, closed_at "
        "FROM unnest((SELECT $1::bigint[])) AS k(c) JOIN chat_rooms ON id = k.c ORDER BY id "
        "FOR UPDATE OF chat_rooms) "
        "SELECT id, low_id, last_seq, last_at, high_id, closed_at, NULL AS message_id FROM r UNION ALL "
        "SELECT m.chat_id, m.sender_id, m.seq, m.created_at, NULL, NULL, m.message_id "
        "FROM unnest((SELECT $2::bigint[]), (SELECT $3::text[])) AS k(c, m) CROSS JOIN LATERAL "
        "(SELECT x.* FROM chat_messages x WHERE x.chat_id = k.c AND x.message_id = k.m) m",
        {ids.done(), chats.done(), messages.done()});
    Locked locked;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.isNull(row, 6)) {
            locked.rooms.push_back({rows.integer(row, 0), rows.integer(row, 1), rows.integer(row, 4),
                                    rows.integer(row, 2), rows.time(row, 3), !rows.isNull(row, 5)});
        } else {
            locked.known.push_back({rows.integer(row, 0), rows.text(row, 6), rows.integer(row, 1),
                                    rows.integer(row, 2), rows.time(row, 3)});
        }
    }
    return locked;
}

void storeInSqlite(sdk::Connection& connection, std::span<const StoredMessage* const> messages,
                   const std::vector<Room>& rooms) {
    sdk::Json list = sdk::Json::array();
    for (const auto* message : messages) {
        list.push(sdk::Json::object({{"c", message->chat_id},
                                     {"q", message->seq},
                                     {"m", message->message_id},
                                     {"s", message->sender},
                                     {"b", message->body},
                                     {"r", optionalText(message->reply_id)},
                                     {"a", optionalText(message->media)},
                                     {"t", sdk::toMicros(message->created_at)}}));
    }
    sdk::Json places = sdk::Json::array();
    for (const auto& room : rooms) {
        places.push(
            sdk::Json::object({{"c", room.id}, {"q", room.last_seq}, {"t", sdk::toMicros(room.last_at)}}));
    }
    connection.execute(
        "INSERT INTO chat_messages (chat_id, seq, message_id, sender_id, body, reply_id, media, created_at) "
        "SELECT json_extract(value, '$.c'), json_extract(value, '$.q'), json_extract(value, '$.m'), "
        "json_extract(value, '$.s'), json_extract(value, '$.b'), json_extract(value, '$.r'), "
        "json_extract(value, '$.a'), json_extract(value, '$.t') FROM json_each($1)",
        {list.dump()});
    connection.execute(
        "UPDATE chat_rooms SET last_seq = d.q, last_at = d.t FROM (SELECT json_extract(value, '$.c') AS c, "
        "json_extract(value, '$.q') AS q, json_extract(value, '$.t') AS t FROM json_each($1)) d "
        "WHERE chat_rooms.id = d.c",
        {places.dump()});
}

void storeInPostgresql(sdk::Connection& connection, std::span<const StoredMessage* const> messages,
                       const std::vector<Room>& rooms) {
    SqlArray chats, seqs, ids, senders, bodies, replies, media, times;
    for (const auto* message : messages) {
        chats.add(message->chat_id);
        seqs.add(message->seq);
        ids.add(message->message_id);
        senders.add(message->sender);
        bodies.add(message->body);
        replies.addIfAny(message->reply_id);
        media.addIfAny(message->media);
        times.add(sdk::toMicros(message->created_at));
    }
    SqlArray room_ids, last_seqs, last_times;
    for (const auto& room : rooms) {
        room_ids.add(room.id);
        last_seqs.add(room.last_seq);
        last_times.add(sdk::toMicros(room.last_at));
    }
    connection.execute(
        "WITH stored AS (INSERT INTO chat_messages (chat_id, seq, message_id, sender_id, body, reply_id, "
        "media, created_at) SELECT * FROM unnest((SELECT $1::bigint[]), (SELECT $2::bigint[]), (SELECT "
        "$3::text[]), (SELECT $4::bigint[]), "
        "(SELECT $5::text[]), (SELECT $6::text[]), (SELECT $7::text[]), (SELECT $8::bigint[]))) "
        "UPDATE chat_rooms SET last_seq = d.q, last_at = d.t "
        "FROM unnest((SELECT $9::bigint[]), (SELECT $10::bigint[]), (SELECT $11::bigint[])) AS d(c, q, t) "
        "WHERE chat_rooms.id = d.c",
        {chats.done(), seqs.done(), ids.done(), senders.done(), bodies.done(), replies.done(), media.done(),
         times.done(), room_ids.done(), last_seqs.done(), last_times.done()});
}

}  // namespace

std::vector<Room> lockRooms(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids) {
    const auto rows = lockedRooms(connection, chat_ids);
    std::vector<Room> rooms;
    rooms.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        rooms.push_back({rows.integer(row, 0), rows.integer(row, 1), rows.integer(row, 2),
                         rows.integer(row, 3), rows.time(row, 4), !rows.isNull(row, 5)});
    }
    return rooms;
}

Locked lock(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids,
            std::span<const MessageKey> keys) {
    return isSqlite(connection) ? lockInSqlite(connection, chat_ids, keys)
                                : lockInPostgresql(connection, chat_ids, keys);
}

void store(sdk::Connection& connection, std::span<const StoredMessage* const> messages,
           const std::vector<Room>& rooms) {
    if (isSqlite(connection)) return storeInSqlite(connection, messages, rooms);
    storeInPostgresql(connection, messages, rooms);
}

namespace {

/// What the other form does, for one message, in two thirds of the time.
sdk::Rows storeOneAtOnce(sdk::Database& database, const StoredMessage& message, sdk::Time now) {
    const std::array<sdk::SqlValue, 5> values{message.chat_id, sdk::toMicros(now), message.message_id,
                                              message.sender, message.body};
    return database.executeAlone(
        "WITH moved AS (UPDATE chat_rooms SET last_seq = last_seq + 1, last_at = GREATEST($2, last_at + 1) "
        "WHERE id = $1 AND closed_at IS NULL AND NOT EXISTS (SELECT FROM chat_messages "
        "WHERE chat_id = $1 AND message_id = $3) RETURNING id, last_seq, last_at), "
        "stored AS (INSERT INTO chat_messages (chat_id, seq, message_id, sender_id, body, created_at) "
        "SELECT id, last_seq, $3, $4, $5, last_at FROM moved) "
        "SELECT id, last_seq - 1, last_at - 1 FROM moved",
        values);
}

/// Three statements, as with each the database looks anew: what the second one waits for, the third one sees.
/// It would look twice at each chat that another node has written to if that were one statement. Ids are
/// looked for before the locks, which another node may wait for; one that is stored in between is a unique
/// violation.
sdk::Rows storeManyAtOnce(sdk::Database& database, std::span<const StoredMessage> messages, sdk::Time now) {
    std::map<std::int64_t, std::int64_t> counts;
    SqlArray chats, places, ids, senders, bodies, rooms, sizes;
    for (const auto& message : messages) {
        chats.add(message.chat_id);
        places.add(++counts[message.chat_id]);
        ids.add(message.message_id);
        senders.add(message.sender);
        bodies.add(message.body);
    }
    for (const auto& [chat, count] : counts) {
        rooms.add(chat);
        sizes.add(count);
    }
    const std::array<sdk::SqlValue, 2> keys{chats.done(), ids.done()};
    const std::array<sdk::SqlValue, 1> locked{rooms.done()};
    const std::array<sdk::SqlValue, 8> values{keys[0],       places.done(), keys[1],      senders.done(),
                                              bodies.done(), locked[0],     sizes.done(), sdk::toMicros(now)};
    const std::array<sdk::Statement, 3> statements{{
        {"SELECT set_config('linkup.known', (SELECT COALESCE(array_agg(k.c), '{}')::text "
         "FROM unnest((SELECT $1::bigint[]), (SELECT $2::text[])) AS k(c, m) CROSS JOIN LATERAL "
         "(SELECT 1 FROM chat_messages x WHERE x.chat_id = k.c AND x.message_id = k.m) m), TRUE)",
         keys},
        // In ascending order, as everywhere; left to itself UPDATE would take them as they come.
        {"SELECT FROM chat_rooms WHERE id = ANY ((SELECT $1::bigint[])::bigint[]) "
         "ORDER BY id FOR UPDATE",
         locked},
        {"WITH moved AS (UPDATE chat_rooms r SET last_seq = r.last_seq + d.n, "
         "last_at = GREATEST($8, r.last_at + 1) + d.n - 1 "
         "FROM unnest((SELECT $6::bigint[]), (SELECT $7::bigint[])) AS d(c, n) "
         "WHERE r.id = d.c AND r.closed_at IS NULL AND NOT EXISTS (SELECT FROM "
         "unnest((SELECT current_setting('linkup.known')::bigint[])) AS k(c) WHERE k.c = d.c) "
         "RETURNING r.id, r.last_seq - d.n AS seq, r.last_at - d.n AS at), "
         "stored AS (INSERT INTO chat_messages (chat_id, seq, message_id, sender_id, body, created_at) "
         "SELECT n.c, moved.seq + n.k, n.m, n.s, n.b, moved.at + n.k FROM unnest((SELECT $1::bigint[]), "
         "(SELECT $2::bigint[]), (SELECT $3::text[]), (SELECT $4::bigint[]), (SELECT $5::text[])) "
         "AS n(c, k, m, s, b) JOIN moved ON moved.id = n.c) "
         "SELECT id, seq, at FROM moved",
         values},
    }};
    return database.executeTogether(statements);
}

}  // namespace

std::set<std::int64_t> storeAtOnce(sdk::Database& database, std::span<StoredMessage> messages,
                                   sdk::Time now) {
    const auto rows = messages.size() == 1 ? storeOneAtOnce(database, messages.front(), now)
                                           : storeManyAtOnce(database, messages, now);
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> last;  // seq and time by chat
    std::set<std::int64_t> stored;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        last.emplace(rows.integer(row, 0), std::pair(rows.integer(row, 1), rows.integer(row, 2)));
        stored.insert(rows.integer(row, 0));
    }
    for (auto& message : messages) {
        const auto place = last.find(message.chat_id);
        if (place == last.end()) continue;
        message.seq = ++place->second.first;
        message.created_at = sdk::fromMicros(++place->second.second);
    }
    return stored;
}

std::vector<StoredMessage> after(sdk::Connection& connection, const Room& room, std::int64_t seq,
                                 std::int64_t limit) {
    const auto rows = connection.execute(
        "SELECT seq, message_id, sender_id, body, reply_id, media, created_at, revision, edited_at, "
        "unsent_at, "
        "reactions FROM chat_messages "
        "WHERE chat_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        {room.id, seq, limit});
    std::vector<StoredMessage> messages;
    messages.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) messages.push_back(messageOf(rows, row, room));
    return messages;
}

namespace {

// The limit is no value: for one that it does not know until then, PostgreSQL would plan each time. Without
// messages there is one row, empty but for the chat.
#define LINKUP_CHAT_VIEW_COLUMNS                                                                 \
    "m.seq, m.message_id, m.sender_id, m.body, m.reply_id, m.media, m.created_at, m.revision, "  \
    "m.edited_at, m.unsent_at, m.reactions, r.id, r.low_id, r.high_id, r.last_seq, r.revision, " \
    "p.delivered_seq, p.seen_seq, o.delivered_seq, o.seen_seq"

/// Of the rows of one chat, which begin at `row`; the newest message comes first. Moves on to the next one's.
View nextView(const sdk::Rows& rows, std::size_t& row, std::size_t end) {
    View view;
    view.room = {rows.integer(row, 11), rows.integer(row, 12), rows.integer(row, 13), rows.integer(row, 14)};
    view.revision = rows.integer(row, 15);
    view.own = {rows.integer(row, 16), rows.integer(row, 17)};
    view.others = {rows.integer(row, 18), rows.integer(row, 19)};
    const auto begin = std::exchange(row, end);
    if (rows.isNull(begin, 0)) return view;
    view.messages.reserve(end - begin);
    for (std::size_t at = end; at-- > begin;) view.messages.push_back(messageOf(rows, at, view.room));
    return view;
}

}  // namespace

std::optional<View> view(sdk::Connection& connection, const ViewKey& key) {
    const auto rows = connection.execute(
        "SELECT " LINKUP_CHAT_VIEW_COLUMNS
        " FROM chat_rooms r "
        "JOIN chat_participants p ON p.chat_id = r.id AND p.user_id = $2 "
        "JOIN chat_participants o ON o.chat_id = r.id AND o.user_id <> $2 "
        "LEFT JOIN (SELECT * FROM chat_messages WHERE chat_id = $1 AND seq < $3 ORDER BY seq DESC LIMIT 20) "
        "m ON m.chat_id = r.id WHERE r.id = $1 ORDER BY m.seq DESC",
        {key.chat_id, key.user, key.seq});
    if (rows.empty()) return std::nullopt;
    std::size_t row = 0;
    return nextView(rows, row, rows.size());
}

std::vector<std::optional<View>> views(sdk::Connection& connection, std::span<const ViewKey> keys) {
    std::vector<std::optional<View>> views(keys.size());
    if (keys.size() < 2 || isSqlite(connection)) {
        for (std::size_t i = 0; i < keys.size(); ++i) views[i] = view(connection, keys[i]);
        return views;
    }
    SqlArray chats, users, seqs;
    for (const auto& key : keys) {
        chats.add(key.chat_id);
        users.add(key.user);
        seqs.add(key.seq);
    }
    const auto rows = connection.execute(
        "SELECT " LINKUP_CHAT_VIEW_COLUMNS
        ", k.n FROM unnest((SELECT $1::bigint[]), (SELECT $2::bigint[]), (SELECT $3::bigint[])) "
        "WITH ORDINALITY AS k(c, u, q, n) JOIN chat_rooms r ON r.id = k.c "
        "JOIN chat_participants p ON p.chat_id = k.c AND p.user_id = k.u "
        "JOIN chat_participants o ON o.chat_id = k.c AND o.user_id <> k.u "
        "LEFT JOIN LATERAL (SELECT * FROM chat_messages x WHERE x.chat_id = k.c AND x.seq < k.q "
        "ORDER BY x.seq DESC LIMIT 20) m ON TRUE ORDER BY k.n, m.seq DESC",
        {chats.done(), users.done(), seqs.done()});
    for (std::size_t row = 0; row < rows.size();) {
        const auto place = rows.integer(row, 20);
        std::size_t end = row + 1;
        while (end < rows.size() && rows.integer(end, 20) == place) ++end;
        views[static_cast<std::size_t>(place - 1)] = nextView(rows, row, end);
    }
    return views;
}

#undef LINKUP_CHAT_VIEW_COLUMNS

std::optional<std::int64_t> placeOf(sdk::Connection& connection, std::int64_t chat_id,
                                    const std::string& message_id) {
    const auto rows = connection.execute(
        "SELECT seq FROM chat_messages WHERE chat_id = $1 AND message_id = $2", {chat_id, message_id});
    if (rows.empty()) return std::nullopt;
    return rows.integer(0, 0);
}

std::int64_t firstSince(sdk::Connection& connection, const Room& room, sdk::Time time) {
    // Within a chat seq has no gaps and times grow with it: a few looks by key, however long the chat.
    std::int64_t first = 1;
    std::int64_t behind = room.last_seq + 1;
    while (first < behind) {
        const auto middle = first + (behind - first) / 2;
        const auto rows = connection.execute(
            "SELECT created_at FROM chat_messages WHERE chat_id = $1 AND seq = $2", {room.id, middle});
        if (!rows.empty() && rows.time(0, 0) < time) {
            first = middle + 1;
        } else {
            behind = middle;
        }
    }
    return first;
}

std::optional<std::int64_t> seqOf(sdk::Connection& connection, std::int64_t chat_id,
                                  const std::string& message_id, sdk::UserId not_sender) {
    const auto rows = connection.execute(
        "SELECT seq FROM chat_messages WHERE chat_id = $1 AND message_id = $2 AND sender_id <> $3",
        {chat_id, message_id, not_sender});
    if (rows.empty()) return std::nullopt;
    return rows.integer(0, 0);
}

std::optional<std::int64_t> chatOf(sdk::Connection& connection, const std::string& message_id,
                                   sdk::UserId reader) {
    const auto rows = connection.execute(
        "SELECT m.chat_id FROM chat_participants p JOIN chat_messages m ON m.chat_id = p.chat_id "
        "WHERE p.user_id = $1 AND m.message_id = $2 AND m.sender_id <> $1",
        {reader, message_id});
    if (rows.empty()) return std::nullopt;
    return rows.integer(0, 0);
}

std::optional<StoredMessage> lastReceived(sdk::Connection& connection, const Room& room,
                                          sdk::UserId not_sender, std::int64_t seq) {
    const auto rows = connection.execute(
        "SELECT seq, message_id, sender_id, body, reply_id, media, created_at, revision, edited_at, "
        "unsent_at, "
        "reactions FROM chat_messages "
        "WHERE chat_id = $1 AND seq <= $2 AND sender_id <> $3 ORDER BY seq DESC LIMIT 1",
        {room.id, seq, not_sender});
    if (rows.empty()) return std::nullopt;
    return messageOf(rows, 0, room);
}

}  // namespace linkup::chat::message_store
