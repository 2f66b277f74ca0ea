#pragma once

#include <linkup/sdk/database.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chat_types.h"

namespace linkup::chat::message_store {

/// Of a row that begins with seq, message_id, sender_id, body, reply_id, media, created_at, revision,
/// edited_at, unsent_at, reactions.
StoredMessage messageOf(const sdk::Rows& rows, std::size_t row, const Room& room);

/// The rooms of a batch, locked in ascending order, so that two batches cannot wait for each other.
std::vector<Room> lockRooms(sdk::Connection& connection, const std::vector<std::int64_t>& chat_ids);

struct MessageKey {
    std::int64_t chat_id = 0;
    std::string message_id;
};
/// Of these keys those that are stored: without body and media.
std::vector<StoredMessage> findByKeys(sdk::Connection& connection, const std::vector<MessageKey>& keys);
/// Inserts the messages and keeps last_seq and last_at with their rooms. A fixed number of statements, on
/// PostgreSQL one.
void store(sdk::Connection& connection, const std::vector<StoredMessage>& messages,
           const std::vector<Room>& rooms);

/// Up to `limit` messages above `seq`, or below it: the nearest to it, in ascending order.
std::vector<StoredMessage> after(sdk::Connection& connection, const Room& room, std::int64_t seq,
                                 std::int64_t limit);
std::vector<StoredMessage> before(sdk::Connection& connection, const Room& room, std::int64_t seq,
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
