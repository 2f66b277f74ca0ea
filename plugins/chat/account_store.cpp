#include "account_store.h"

namespace linkup::chat::account_store {

void closeRooms(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    connection.execute("DELETE FROM chat_rooms WHERE (low_id = $1 OR high_id = $1) AND closed_at IS NOT NULL",
                       {user});
    connection.execute("UPDATE chat_rooms SET closed_at = $1 WHERE low_id = $2 OR high_id = $2",
                       {sdk::toMicros(now), user});
}

sdk::Json rooms(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT id, CASE WHEN low_id = $1 THEN high_id ELSE low_id END, created_at FROM chat_rooms "
        "WHERE low_id = $1 OR high_id = $1 ORDER BY id",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        list.push(sdk::Json::object({{"chat_room_id", rows.integer(row, 0)},
                                     {"partner_id", rows.integer(row, 1)},
                                     {"created_at", sdk::formatTime(rows.time(row, 2))}}));
    }
    return list;
}

sdk::Json messages(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT m.chat_id, m.seq, m.message_id, m.body, m.reply_id, m.media, m.created_at "
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
                                     {"at", sdk::formatTime(rows.time(row, 6))}}));
    }
    return list;
}

}  // namespace linkup::chat::account_store
