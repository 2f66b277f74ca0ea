#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <vector>

namespace linkup::match::account_store {

/// Everybody whom a match or a chat ties to the user.
std::vector<sdk::UserId> tiedTo(sdk::Connection& connection, sdk::UserId user);
/// Likes, matches, blocks, cards and counters; chats stay with the other one.
void remove(sdk::Connection& connection, sdk::UserId user);

/// What the user said of others: likes, passes, blocks; and the matches.
sdk::Json decisions(sdk::Connection& connection, sdk::UserId user);
sdk::Json bonds(sdk::Connection& connection, sdk::UserId user);
sdk::Json blocks(sdk::Connection& connection, sdk::UserId user);

}  // namespace linkup::match::account_store
