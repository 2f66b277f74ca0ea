#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <string>
#include <vector>

namespace linkup::match::discovery_store {

/// The preferences, as text, that the member's queue was made for; none if it never was.
std::optional<std::string> queuePreferences(sdk::Connection& connection, sdk::UserId user);
void setQueuePreferences(sdk::Connection& connection, sdk::UserId user, const std::string& preferences);
/// Takes all from the queue; what was handed out stays good to swipe.
void emptyQueue(sdk::Connection& connection, sdk::UserId user);
/// Takes from the queue who may no longer be put before the member.
void dropIneligible(sdk::Connection& connection, sdk::UserId user);
std::vector<sdk::UserId> queued(sdk::Connection& connection, sdk::UserId user);
/// Adds up to `places` eligible candidates, best score first, then least exposed, then by chance; returns
/// them. `preferences` has the contract's eight keys.
std::vector<sdk::UserId> fill(sdk::Connection& connection, sdk::UserId user, const sdk::Json& preferences,
                              std::int64_t places);
void countExposure(sdk::Connection& connection, sdk::UserId user);
void markHanded(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
/// In the queue, or handed out after `since`.
bool maySwipe(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate, sdk::Time since);
void removeCard(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate);

}  // namespace linkup::match::discovery_store
