#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include "bonds_store.h"

namespace linkup::match::legacy_store {

/// Unless there is a count already.
void insertExposure(sdk::Connection& connection, sdk::UserId user, std::int64_t times_queued);
/// Unless there is a bond already.
void insertMatch(sdk::Connection& connection, Pair pair, sdk::Time at);
/// The two have a chat, whatever they had before.
void putChatBond(sdk::Connection& connection, Pair pair, sdk::Time at);

}  // namespace linkup::match::legacy_store
