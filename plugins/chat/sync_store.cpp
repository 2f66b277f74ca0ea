#include "sync_store.h"

#include "message_store.h"

namespace linkup::chat::sync_store {
namespace {

std::string listOf(const std::vector<Range>& ranges) {
    sdk::Json list = sdk::Json::array();
    for (const Range& range : ranges) {
        list.push(sdk::Json::object(
            {{"c", range.chat_id}, {"a", range.above}, {"b", range.to}, {"k", range.known_seq}}));
    }
    return list.dump();
}

std::vector<StoredMessage> messagesOf(const sdk::Rows& rows, const Rooms& rooms) {
    std::vector<StoredMessage> messages;
    messages.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        messages.push_back(message_store::messageOf(rows, row, rooms.at(rows.integer(row, 11))));
    }
    return messages;
}

}  // namespace

std::vector<Place> places(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT r.id, r.low_id, r.high_id, r.last_seq, r.revision, p.seen_seq, o.seen_seq, o.delivered_seq, "
        "p.muted_until FROM chat_participants p JOIN chat_rooms r ON r.id = p.chat_id "
        "JOIN chat_participants o ON o.chat_id = p.chat_id AND o.user_id <> p.user_id "
        "WHERE p.user_id = $1 ORDER BY r.id",
        {user});
    std::vector<Place> places;
    places.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        Place place;
        place.room.id = rows.integer(row, 0);
        place.room.low = rows.integer(row, 1);
        place.room.high = rows.integer(row, 2);
        place.room.last_seq = rows.integer(row, 3);
        place.position = {rows.integer(row, 3), rows.integer(row, 4),
                          rows.integer(row, 5), rows.integer(row, 6),
                          rows.integer(row, 7), rows.optionalInteger(row, 8).value_or(0)};
        places.push_back(place);
    }
    return places;
}

std::vector<StoredMessage> messages(sdk::Connection& connection, const Rooms& rooms,
                                    const std::vector<Range>& ranges) {
    const auto list = listOf(ranges);
    const auto rows =
        connection.dialect() == sdk::Dialect::kSqlite
            ? connection.execute(
                  "SELECT m.seq, m.message_id, m.sender_id, m.body, m.reply_id, m.media, m.created_at, "
                  "m.revision, m.edited_at, m.unsent_at, m.reactions, m.chat_id FROM json_each($1) k "
                  "CROSS JOIN chat_messages m ON m.chat_id = json_extract(k.value, '$.c') "
                  "AND m.seq > json_extract(k.value, '$.a') AND m.seq <= json_extract(k.value, '$.b') "
                  "ORDER BY m.chat_id, m.seq",
                  {list})
            : connection.execute(
                  "SELECT m.seq, m.message_id, m.sender_id, m.body, m.reply_id, m.media, m.created_at, "
                  "m.revision, m.edited_at, m.unsent_at, m.reactions, m.chat_id "
                  "FROM json_to_recordset($1::json) AS k(c bigint, a bigint, b bigint) CROSS JOIN LATERAL "
                  "(SELECT x.* FROM chat_messages x WHERE x.chat_id = k.c AND x.seq > k.a AND x.seq <= k.b) "
                  "m "
                  "ORDER BY m.chat_id, m.seq",
                  {list});
    return messagesOf(rows, rooms);
}

std::vector<StoredMessage> changes(sdk::Connection& connection, const Rooms& rooms,
                                   const std::vector<Range>& ranges) {
    const auto list = listOf(ranges);
    const auto rows =
        connection.dialect() == sdk::Dialect::kSqlite
            ? connection.execute(
                  "SELECT m.seq, m.message_id, m.sender_id, m.body, m.reply_id, m.media, m.created_at, "
                  "m.revision, m.edited_at, m.unsent_at, m.reactions, m.chat_id FROM json_each($1) k "
                  "CROSS JOIN chat_messages m ON m.chat_id = json_extract(k.value, '$.c') "
                  "AND m.revision > json_extract(k.value, '$.a') "
                  "AND m.revision <= json_extract(k.value, '$.b') "
                  "AND m.seq <= json_extract(k.value, '$.k') ORDER BY m.chat_id, m.revision",
                  {list})
            : connection.execute(
                  "SELECT m.seq, m.message_id, m.sender_id, m.body, m.reply_id, m.media, m.created_at, "
                  "m.revision, m.edited_at, m.unsent_at, m.reactions, m.chat_id "
                  "FROM json_to_recordset($1::json) AS k(c bigint, a bigint, b bigint, k bigint) "
                  "CROSS JOIN LATERAL (SELECT x.* FROM chat_messages x WHERE x.chat_id = k.c "
                  "AND x.revision > k.a AND x.revision <= k.b AND x.seq <= k.k) m "
                  "ORDER BY m.chat_id, m.revision",
                  {list});
    return messagesOf(rows, rooms);
}

}  // namespace linkup::chat::sync_store
