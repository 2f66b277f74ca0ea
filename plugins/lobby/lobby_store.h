#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pairing.h"

namespace linkup::lobby {

struct Event {
    std::int64_t id = 0;
    std::string name;
    sdk::Time starts_at{};
    sdk::Time ends_at{};
};

struct Result {
    std::int64_t event = 0;
    sdk::UserId user = 0;
    std::optional<sdk::UserId> partner;
};

namespace lobby_store {

/// Makes the event unless it is there already.
void insertEvent(sdk::Connection& connection, const Event& event);
/// The event for which people gather now; the one that ends first, if there are several.
std::optional<Event> gathering(sdk::Connection& connection);
/// True for exactly one caller in the cluster; the others see it finished.
bool finish(sdk::Connection& connection, std::int64_t event);
bool callOff(sdk::Connection& connection, std::int64_t event);

/// Keeps the seats of these people until then; one statement whatever their number. False, and nothing is
/// kept, if the event is over: who is seated here is counted when it ends.
bool keepSeats(sdk::Connection& connection, std::int64_t event, const std::vector<sdk::UserId>& users,
               sdk::Time until);
/// Everybody whose seat holds at `moment`.
std::vector<sdk::UserId> seated(sdk::Connection& connection, std::int64_t event, sdk::Time moment);
/// Of the seated those who can be paired, with what counts for it.
std::vector<Guest> guests(sdk::Connection& connection, std::int64_t event, sdk::Time moment);
/// Couples among the seated who are tied already, or of whom one blocked the other.
std::set<Couple> forbidden(sdk::Connection& connection, std::int64_t event);

void insertResults(sdk::Connection& connection, const std::vector<Result>& results, sdk::Time now);
/// Not yet told results of these people that were decided after `since`; the newest of each first.
std::vector<Result> untold(sdk::Connection& connection, const std::vector<sdk::UserId>& users,
                           sdk::Time since);
void markTold(sdk::Connection& connection, std::int64_t event, sdk::UserId user, sdk::Time now);

}  // namespace lobby_store
}  // namespace linkup::lobby
