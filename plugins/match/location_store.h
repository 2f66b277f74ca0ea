#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <optional>

#include "geography.h"

namespace linkup::match::location_store {

struct Known {
    std::optional<Position> home;
    std::optional<Position> device;
};
/// Makes the member's row, empty if there was none, and locks it. In a transaction only.
Known lock(sdk::Connection& connection, sdk::UserId user);
/// Replaces all that is known.
void put(sdk::Connection& connection, sdk::UserId user, const Known& known);
/// None if nobody ever looked where the member is at home.
std::optional<Known> find(sdk::Connection& connection, sdk::UserId user);
void forget(sdk::Connection& connection, sdk::UserId user);

}  // namespace linkup::match::location_store
