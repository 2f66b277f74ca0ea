#include "account_store.h"

#include "room_store.h"

namespace linkup::chat::account_store {
namespace {

sdk::Json timeOrNull(const sdk::Rows& rows, std::size_t row, std::size_t column) {
    return rows.isNull(row, column) ? sdk::Json() : sdk::Json(sdk::formatTime(rows.time(row, column)));
}

}  // namespace

void closeRooms(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    room_store::removeMessages(connection,
                               connection.execute("DELETE FROM chat_rooms WHERE (low_id = $1 OR high_id = "
                                                  "$1) AND closed_at IS NOT NULL RETURNING id",
                                                  {user}));
    connection.execute("UPDATE chat_rooms SET closed_at = $1 WHERE low_id = $2 OR high_id = $2",
                       {sdk::toMicros(now), user});
    connection.execute(
        "UPDATE chat_participants SET muted_until = NULL WHERE user_id = $1 AND muted_until IS NOT NULL",
        {user});
}

sdk::Json rooms(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT r.id, CASE WHEN r.low_id = $1 THEN r.high_id ELSE r.low_id END, r.created_at, p.muted_until "
        "FROM chat_participants p JOIN chat_rooms r ON r.id = p.chat_id WHERE p.user_id = $1 ORDER BY r.id",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        list.push(sdk::Json::object({{"chat_room_id", rows.integer(row, 0)},
                                     {"partner_id", rows.integer(row, 1)},
                                     {"created_at", sdk::formatTime(rows.time(row, 2))},
                                     {"muted_until", timeOrNull(rows, row, 3)}}));
    }
    return list;
}

sdk::Json messages(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT m.chat_id, m.seq, m.message_id, m.body, m.reply_id, m.media, m.created_at, m.edited_at, "
        "m.unsent_at "
        "FROM chat_participants p JOIN chat_messages m ON m.chat_id = p.chat_id AND m.sender_id = p.user_id "
        "WHERE p.user_id = $1 ORDER BY m.chat_id, m.seq",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto reply = rows.optionalText(row, 4);
        const auto media = rows.optionalText(row, 5);
        list.push(sdk::Json::object({{"chat_room_id", rows.integer(row, 0)},
                                     {"seq", rows.integer(row, 1)},
                                     {"message_id", rows.text(row, 2)},
                                     {"message", rows.text(row, 3)},
                                     {"reply_id", reply ? sdk::Json(*reply) : sdk::Json()},
                                     {"media", media ? sdk::parseTrustedJson(*media) : sdk::Json()},
                                     {"at", sdk::formatTime(rows.time(row, 6))},
                                     {"edited_at", timeOrNull(rows, row, 7)},
                                     {"unsent_at", timeOrNull(rows, row, 8)}}));
    }
    return list;
}

sdk::Json reactions(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT m.chat_id, m.message_id, m.reactions FROM chat_participants p "
        "JOIN chat_messages m ON m.chat_id = p.chat_id AND m.revision IS NOT NULL "
        "WHERE p.user_id = $1 AND m.reactions IS NOT NULL ORDER BY m.chat_id, m.seq",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto reactions_of_message = sdk::parseTrustedJson(rows.text(row, 2));
        for (const sdk::Json& one : reactions_of_message.items()) {
            if (one["user_id"].asInteger() != user) continue;
            list.push(sdk::Json::object({{"chat_room_id", rows.integer(row, 0)},
                                         {"message_id", rows.text(row, 1)},
                                         {"reaction", one["reaction"]}}));
        }
    }
    return list;
}

}  // namespace linkup::chat::account_store
