#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

namespace linkup::lobby::account_store {

/// Seats and results; whoever was paired with the user counts as left over.
void remove(sdk::Connection& connection, sdk::UserId user);
/// The events that the user sat in, and what came of them.
sdk::Json seats(sdk::Connection& connection, sdk::UserId user);

}  // namespace linkup::lobby::account_store
