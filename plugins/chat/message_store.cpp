#include "message_store.h"

#include <algorithm>

namespace linkup::chat::message_store {
namespace {

// A batch travels as one JSON parameter; each database unfolds it in its own way.
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

std::vector<Room> lockRooms(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids) {
    sdk::Json ids = sdk::Json::array();
    for (const auto id : chat_ids) ids.push(id);
    const auto rows =
        isSqlite(connection)
            ? connection.execute(
                  "SELECT id, low_id, high_id, last_seq, last_at, closed_at FROM chat_rooms "
                  "WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id",
                  {ids.dump()})
            : connection.execute(
                  "SELECT id, low_id, high_id, last_seq, last_at, closed_at FROM chat_rooms "
                  "WHERE id = ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text($1::json))) "
                  "ORDER BY id FOR UPDATE",
                  {ids.dump()});
    std::vector<Room> rooms;
    rooms.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        rooms.push_back({rows.integer(row, 0), rows.integer(row, 1), rows.integer(row, 2),
                         rows.integer(row, 3), rows.time(row, 4), !rows.isNull(row, 5)});
    }
    return rooms;
}

std::vector<StoredMessage> findByKeys(sdk::Connection& connection, const std::vector<MessageKey>& keys) {
    sdk::Json list = sdk::Json::array();
    for (const auto& key : keys) list.push(sdk::Json::object({{"c", key.chat_id}, {"m", key.message_id}}));
    const auto rows =
        isSqlite(connection)
            ? connection.execute(
                  "SELECT m.chat_id, m.message_id, m.sender_id, m.seq, m.created_at FROM json_each($1) k "
                  "CROSS JOIN chat_messages m ON m.chat_id = json_extract(k.value, '$.c') "
                  "AND m.message_id = json_extract(k.value, '$.m')",
                  {list.dump()})
            : connection.execute(
                  "SELECT m.chat_id, m.message_id, m.sender_id, m.seq, m.created_at "
                  "FROM json_to_recordset($1::json) AS k(c bigint, m text) CROSS JOIN LATERAL "
                  "(SELECT x.* FROM chat_messages x WHERE x.chat_id = k.c AND x.message_id = k.m) m",
                  {list.dump()});
    std::vector<StoredMessage> found;
    found.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        StoredMessage message;
        message.chat_id = rows.integer(row, 0);
        message.message_id = rows.text(row, 1);
        message.sender = rows.integer(row, 2);
        message.seq = rows.integer(row, 3);
        message.created_at = rows.time(row, 4);
        found.push_back(std::move(message));
    }
    return found;
}

void store(sdk::Connection& connection, const std::vector<StoredMessage>& messages,
           const std::vector<Room>& rooms) {
    sdk::Json list = sdk::Json::array();
    for (const auto& message : messages) {
        list.push(sdk::Json::object({{"c", message.chat_id},
                                     {"q", message.seq},
                                     {"m", message.message_id},
                                     {"s", message.sender},
                                     {"b", message.body},
                                     {"r", optionalText(message.reply_id)},
                                     {"a", optionalText(message.media)},
                                     {"t", sdk::toMicros(message.created_at)}}));
    }
    sdk::Json places = sdk::Json::array();
    for (const auto& room : rooms) {
        places.push(
            sdk::Json::object({{"c", room.id}, {"q", room.last_seq}, {"t", sdk::toMicros(room.last_at)}}));
    }
    if (isSqlite(connection)) {
        connection.execute(
            "INSERT INTO chat_messages (chat_id, seq, message_id, sender_id, body, reply_id, media, "
            "created_at) "
            "SELECT json_extract(value, '$.c'), json_extract(value, '$.q'), json_extract(value, '$.m'), "
            "json_extract(value, '$.s'), json_extract(value, '$.b'), json_extract(value, '$.r'), "
            "json_extract(value, '$.a'), json_extract(value, '$.t') FROM json_each($1)",
            {list.dump()});
        connection.execute(
            "UPDATE chat_rooms SET last_seq = d.q, last_at = d.t FROM (SELECT json_extract(value, '$.c') AS "
            "c, "
            "json_extract(value, '$.q') AS q, json_extract(value, '$.t') AS t FROM json_each($1)) d WHERE "
            "chat_rooms.id = d.c",
            {places.dump()});
    } else {
        connection.execute(
            "WITH stored AS (INSERT INTO chat_messages (chat_id, seq, message_id, sender_id, body, reply_id, "
            "media, created_at) SELECT c, q, m, s, b, r, a, t FROM json_to_recordset($1::json) "
            "AS d(c bigint, q bigint, m text, s bigint, b text, r text, a text, t bigint)) "
            "UPDATE chat_rooms SET last_seq = d.q, last_at = d.t FROM json_to_recordset($2::json) "
            "AS d(c bigint, q bigint, t bigint) WHERE chat_rooms.id = d.c",
            {list.dump(), places.dump()});
    }
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

std::vector<StoredMessage> before(sdk::Connection& connection, const Room& room, std::int64_t seq,
                                  std::int64_t limit) {
    const auto rows = connection.execute(
        "SELECT seq, message_id, sender_id, body, reply_id, media, created_at, revision, edited_at, "
        "unsent_at, "
        "reactions FROM chat_messages "
        "WHERE chat_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
        {room.id, seq, limit});
    std::vector<StoredMessage> messages;
    messages.reserve(rows.size());
    for (std::size_t row = rows.size(); row-- > 0;) messages.push_back(messageOf(rows, row, room));
    return messages;
}

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
