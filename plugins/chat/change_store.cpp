#include "change_store.h"

#include "message_store.h"

namespace linkup::chat::change_store {

std::optional<StoredMessage> find(sdk::Connection& connection, const Room& room,
                                  const std::string& message_id) {
    const auto rows = connection.execute(
        "SELECT seq, message_id, sender_id, body, reply_id, media, created_at, revision, edited_at, "
        "unsent_at, reactions FROM chat_messages WHERE chat_id = $1 AND message_id = $2",
        {room.id, message_id});
    if (rows.empty()) return std::nullopt;
    return message_store::messageOf(rows, 0, room);
}

std::int64_t nextRevision(sdk::Connection& connection, std::int64_t chat_id) {
    return connection
        .execute("UPDATE chat_rooms SET revision = revision + 1 WHERE id = $1 RETURNING revision", {chat_id})
        .integer(0, 0);
}

void update(sdk::Connection& connection, const StoredMessage& message) {
    const auto micros = [](const std::optional<sdk::Time>& time) {
        return sdk::nullable(time ? std::optional(sdk::toMicros(*time)) : std::nullopt);
    };
    connection.execute(
        "UPDATE chat_messages SET body = $1, reply_id = $2, media = $3, revision = $4, edited_at = $5, "
        "unsent_at = $6, reactions = $7 WHERE chat_id = $8 AND seq = $9",
        {message.body, sdk::nullable(message.reply_id), sdk::nullable(message.media), message.revision,
         micros(message.edited_at), micros(message.unsent_at), sdk::nullable(message.reactions),
         message.chat_id, message.seq});
}

}  // namespace linkup::chat::change_store
