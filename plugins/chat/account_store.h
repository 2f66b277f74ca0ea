#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

namespace linkup::chat::account_store {

/// Closes the user's rooms, which their partners go on reading; removes those that nobody can read any more.
void closeRooms(sdk::Connection& connection, sdk::UserId user, sdk::Time now);

sdk::Json rooms(sdk::Connection& connection, sdk::UserId user);
/// Those that the user wrote; what partners wrote is theirs.
sdk::Json messages(sdk::Connection& connection, sdk::UserId user);
/// Those that the user gave.
sdk::Json reactions(sdk::Connection& connection, sdk::UserId user);

}  // namespace linkup::chat::account_store
