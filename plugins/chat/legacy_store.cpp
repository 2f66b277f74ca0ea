#include "legacy_store.h"

namespace linkup::chat::legacy_store {

bool insertRoom(sdk::Connection& connection, const Room& room, sdk::Time created_at,
                std::optional<sdk::Time> closed_at) {
    const auto closed = closed_at ? std::optional(sdk::toMicros(*closed_at)) : std::nullopt;
    const auto made = connection.execute(
        "INSERT INTO chat_rooms (id, low_id, high_id, last_seq, last_at, created_at, closed_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        {room.id, room.low, room.high, room.last_seq, sdk::toMicros(room.last_at), sdk::toMicros(created_at),
         sdk::nullable(closed)});
    if (made.affected() != 1) return false;
    connection.execute(
        "INSERT INTO chat_participants (chat_id, user_id, delivered_seq, seen_seq) VALUES ($1, $2, 0, 0), "
        "($1, $3, 0, 0)",
        {room.id, room.low, room.high});
    return true;
}

void passIds(sdk::Connection& connection) {
    // SQLite does it by itself.
    if (connection.dialect() == sdk::Dialect::kSqlite) return;
    connection.execute(
        "SELECT setval(pg_get_serial_sequence('chat_rooms', 'id'), (SELECT MAX(id) FROM chat_rooms)) "
        "WHERE EXISTS (SELECT 1 FROM chat_rooms)");
}

}  // namespace linkup::chat::legacy_store
