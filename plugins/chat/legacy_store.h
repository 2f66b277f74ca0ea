#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>

#include <optional>

#include "chat_types.h"

namespace linkup::chat::legacy_store {

/// The room as it stands, with its id and both participants, who have seen nothing. False if the id or the
/// pair is taken.
bool insertRoom(sdk::Connection& connection, const Room& room, sdk::Time created_at,
                std::optional<sdk::Time> closed_at);
/// So that the next chat gets an id beyond all imported ones.
void passIds(sdk::Connection& connection);

}  // namespace linkup::chat::legacy_store
