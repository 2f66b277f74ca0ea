#pragma once

#include <linkup/sdk/database.h>

#include <cstdint>
#include <optional>
#include <string>

#include "chat_types.h"

namespace linkup::chat::change_store {

std::optional<StoredMessage> find(sdk::Connection& connection, const Room& room,
                                  const std::string& message_id);
/// The next number of a change in this chat, which is locked.
std::int64_t nextRevision(sdk::Connection& connection, std::int64_t chat_id);
/// Stores all of the message that can change.
void update(sdk::Connection& connection, const StoredMessage& message);

}  // namespace linkup::chat::change_store
