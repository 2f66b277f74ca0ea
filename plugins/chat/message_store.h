#pragma once

#include <linkup/sdk/database.h>

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat_types.h"
#include "room_store.h"

namespace linkup::chat::message_store {

/// Of a row that begins with seq, message_id, sender_id, body, reply_id, media, created_at, revision,
/// edited_at, unsent_at, reactions.
StoredMessage messageOf(const sdk::Rows& rows, std::size_t row, const Room& room);

/// The rooms of a batch, locked in ascending order, so that two batches cannot wait for each other.
std::vector<Room> lockRooms(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids);

struct MessageKey {
    std::int64_t chat_id = 0;
    std::string_view message_id;
};
/// What a message that is stored already makes of another with its id.
struct KnownMessage {
    std::int64_t chat_id = 0;
    std::string message_id;
    sdk::UserId sender = 0;
    std::int64_t seq = 0;
    sdk::Time created_at{};
};
struct Locked {
    std::vector<Room> rooms;
    std::vector<KnownMessage> known;
};
/// The rooms as lockRooms, and of the keys those that are stored, on PostgreSQL in one statement. That does
/// not see what others stored while it waited for the rooms; storing such a message again is a unique
/// violation, and the next transaction sees it. All that a client can know of when it sends is seen.
Locked lock(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids,
            std::span<const MessageKey> keys);
/// Inserts the messages and keeps last_seq and last_at with their rooms. A fixed number of statements, on
/// PostgreSQL one.
void store(sdk::Connection& connection, std::span<const StoredMessage* const> messages,
           const std::vector<Room>& rooms);

/// What lock and store do together, as a transaction of one round trip: on PostgreSQL, and for messages
/// without files and replies. Those of one chat stand in their order; `seq` and `created_at`, `now` at the
/// earliest, are set here. Returns the chats whose messages are stored: those that are open and have none of
/// the ids. In all others nothing has happened.   Errors: as Database::executeTogether; a unique violation if
/// one of the messages was stored meanwhile.
std::set<std::int64_t> storeAtOnce(sdk::Database& database, std::span<StoredMessage> messages, sdk::Time now);

/// A chat as one of its two sees it: how far both are, and up to 20 messages below `seq`, the nearest to it,
/// in ascending order. In one statement; nothing for others.
struct View {
    Room room;
    std::int64_t revision = 0;  ///< of the chat
    room_store::Cursors own;
    room_store::Cursors others;
    std::vector<StoredMessage> messages;
};
struct ViewKey {
    std::int64_t chat_id = 0;
    sdk::UserId user = 0;
    std::int64_t seq = 0;
};
std::optional<View> view(sdk::Connection& connection, const ViewKey& key);
/// The same of several, in their order; on PostgreSQL in one statement.
std::vector<std::optional<View>> views(sdk::Connection& connection, std::span<const ViewKey> keys);

/// Up to `limit` messages above `seq`: the nearest to it, in ascending order.
std::vector<StoredMessage> after(sdk::Connection& connection, const Room& room, std::int64_t seq,
                                 std::int64_t limit);
/// The place of a message, whoever sent it.
std::optional<std::int64_t> placeOf(sdk::Connection& connection, std::int64_t chat_id,
                                    const std::string& message_id);
/// The place of the first message of that time or later; behind the last one if all are older.
std::int64_t firstSince(sdk::Connection& connection, const Room& room, sdk::Time time);
/// Of a message that `not_sender` did not write: its place. Looked for in one chat.
std::optional<std::int64_t> seqOf(sdk::Connection& connection, std::int64_t chat_id,
                                  const std::string& message_id, sdk::UserId not_sender);
/// The chat among the reader's own that has this message.
std::optional<std::int64_t> chatOf(sdk::Connection& connection, const std::string& message_id,
                                   sdk::UserId reader);
/// The newest message up to `seq` that `not_sender` did not write.
std::optional<StoredMessage> lastReceived(sdk::Connection& connection, const Room& room,
                                          sdk::UserId not_sender, std::int64_t seq);

}  // namespace linkup::chat::message_store
