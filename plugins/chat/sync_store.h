#pragma once

#include <linkup/sdk/database.h>

#include <cstdint>
#include <map>
#include <vector>

#include "chat_types.h"
#include "sync_cursor.h"

namespace linkup::chat::sync_store {

/// A chat of a user, and where everything of it stands.
struct Place {
    Room room;
    SyncPosition position;
};
/// All chats of the user, by id.
std::vector<Place> places(sdk::Connection& connection, sdk::UserId user);

/// Messages of a chat: above `above` up to `to`, counted by seq or by revision.
struct Range {
    std::int64_t chat_id = 0;
    std::int64_t above = 0;
    std::int64_t to = 0;
    std::int64_t known_seq = 0;  ///< for changes: only of messages up to this one
};
using Rooms = std::map<std::int64_t, Room>;
/// By chat and seq; one statement whatever the number of ranges. `rooms` has those of the ranges.
std::vector<StoredMessage> messages(sdk::Connection& connection, const Rooms& rooms,
                                    const std::vector<Range>& ranges);
/// By chat and revision.
std::vector<StoredMessage> changes(sdk::Connection& connection, const Rooms& rooms,
                                   const std::vector<Range>& ranges);

}  // namespace linkup::chat::sync_store
