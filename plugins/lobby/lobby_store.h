#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <string>
#include <vector>

#include "pairing.h"

namespace linkup::lobby {

struct Event {
    std::int64_t id = 0;
    std::string name;
    sdk::Time starts_at{};
    sdk::Time ends_at{};
    /// Set once a node has closed it to pair the people: when another one may take that over.
    std::optional<sdk::Time> pairing_until = {};
    std::int64_t waiting = 0;  ///< how many people had a seat when that was last looked at
};

/// Somebody's being there.
struct Seat {
    sdk::UserId user = 0;
    sdk::Time until{};
};

/// Who had a seat at the end.
struct Seated {
    sdk::UserId user = 0;
    std::int64_t misses = 0;  ///< events in a row that left them over, up to the last one
};

enum class EventState { kGathering, kFinished, kCalledOff };

struct Result {
    std::int64_t event = 0;
    sdk::UserId user = 0;
    std::optional<sdk::UserId> partner;
    std::int64_t misses = 0;  ///< events in a row that left the user over, with this one
};

namespace lobby_store {

/// Makes the event unless it is there already.
void insertEvent(sdk::Connection& connection, const Event& event);
/// The event for which people gather, or are being paired; the one that ends first, if there are several.
/// Nobody is counted.
std::optional<Event> gathering(sdk::Connection& connection);
/// How many seats of the event hold at `moment`.
std::int64_t countWaiting(sdk::Connection& connection, std::int64_t event, sdk::Time moment);
EventState stateOf(sdk::Connection& connection, std::int64_t event);
/// Closes the event to new seats, to pair the people within `time`; whoever takes over after that gets as
/// much more. The fencing token to do that with; nothing if the event is over, or closed by another whose
/// time is not.
std::optional<std::int64_t> claim(sdk::Connection& connection, std::int64_t event, sdk::Time now,
                                  std::chrono::milliseconds time);
/// Keeps others from taking over until then, and locks the event. True if `token` is the newest, and the
/// event is not over.
bool hold(sdk::Connection& connection, std::int64_t event, std::int64_t token, sdk::Time until);
/// True for exactly one caller in the cluster, one that holds the newest token.
bool finish(sdk::Connection& connection, std::int64_t event, std::int64_t token);
bool callOff(sdk::Connection& connection, std::int64_t event);

/// Keeps these seats, each for as long as it says and no shorter than it is kept already; a person has one of
/// them. One statement whatever their number. False, and nothing is kept, if the event is over or closed:
/// who is seated here is counted when it ends.
bool keepSeats(sdk::Connection& connection, std::int64_t event, const std::vector<Seat>& seats);
/// Everybody whose seat holds at `moment`, and who has no result yet.
std::vector<Seated> seated(sdk::Connection& connection, std::int64_t event, sdk::Time moment);
/// Of them those who can be paired, with what counts for it; but what they missed is not read again.
std::vector<Guest> guests(sdk::Connection& connection, std::int64_t event, sdk::Time moment);
/// Couples among those who sat in the event who have a match or chat, or were paired in an event before, or
/// of whom one blocked the other. May name one several times.
std::vector<Couple> forbidden(sdk::Connection& connection, std::int64_t event);

/// One statement whatever their number; all of one event.
void insertResults(sdk::Connection& connection, std::int64_t event, const std::vector<Result>& results,
                   sdk::Time now);
/// Not yet told results of these people that were decided after `since`; the newest of each first. Where one
/// of a couple has blocked the other since, both were left over.
std::vector<Result> untold(sdk::Connection& connection, const std::vector<sdk::UserId>& users,
                           sdk::Time since);
/// Likewise the results of one event, told or not.
std::vector<Result> resultsOf(sdk::Connection& connection, std::int64_t event,
                              const std::vector<sdk::UserId>& users);
/// These people have had their results of the event.
void markTold(sdk::Connection& connection, std::int64_t event, const std::vector<sdk::UserId>& users,
              sdk::Time now);

/// For operators: the newest events with who came and what came of it, as JSON, newest first.
sdk::Json newest(sdk::Connection& connection, std::int64_t count);

}  // namespace lobby_store
}  // namespace linkup::lobby
