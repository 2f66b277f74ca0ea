#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>

#include <vector>

#include "chat_types.h"

namespace linkup::chat {

/// Takes over the chats of the original server: handler of hook `legacy.import` for the table `chats`, of
/// which a row is all that two people wrote to each other.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as Connection::execute.
class LegacyService {
public:
    explicit LegacyService(const sdk::Clock& clock) : clock_(clock) {}
    void import(sdk::Connection& connection, sdk::Json& payload);

private:
    void importRoom(sdk::Connection& connection, const sdk::Json& row, sdk::Json& notes);

    const sdk::Clock& clock_;
};

/// The messages of a row, numbered and in an order of time that strictly rises; notes what cannot be one.
std::vector<StoredMessage> legacyMessages(const sdk::Json& row, Room& room, sdk::Json& notes);
/// How far a reader of the row has come.
std::int64_t legacySeen(const sdk::Json& reader, const std::vector<StoredMessage>& messages);

}  // namespace linkup::chat
