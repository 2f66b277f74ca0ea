#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <string>
#include <vector>

#include "geography.h"

namespace linkup::match::discovery_store {

/// The preferences, as text, that the member's queue was made for; none if it never was.
std::optional<std::string> queuePreferences(sdk::Connection& connection, sdk::UserId user);
void setQueuePreferences(sdk::Connection& connection, sdk::UserId user, const std::string& preferences);
/// Takes all from the queue; what was handed out stays good to swipe.
void emptyQueue(sdk::Connection& connection, sdk::UserId user);
/// Within which part of the earth people are wanted.
struct Circle {
    bool everywhere = true;
    Point centre;
    double chord_squared = -1;  ///< the radius, as chordSquared has it; negative: nobody is inside
};
/// Takes from the queue who may no longer be put before the member.
void dropIneligible(sdk::Connection& connection, sdk::UserId user, const Circle& circle);
std::vector<sdk::UserId> queued(sdk::Connection& connection, sdk::UserId user);

/// Whom a member may be put before, as far as the two profiles decide.
struct Wish {
    std::int64_t university = 0;
    std::string own_gender;
    std::string gender;
};
/// None without a complete profile, or if no gender is wished for.
std::optional<Wish> wishOf(sdk::Connection& connection, sdk::UserId user);

/// From `from` up to but not including `to`, of 0 … kSampleKeys.
struct KeyRange {
    std::int64_t from = 0;
    std::int64_t to = 0;
};
constexpr std::int64_t kSampleKeys = std::int64_t{1} << 31;

struct Eligible {
    sdk::UserId user = 0;
    std::int64_t score = 0;  ///< how many of the preferences fit
    std::int64_t times_queued = 0;
};
/// Up to `limit` people who may be put before the member and are not in the queue, in the order of their
/// random keys. `preferences` has the contract's keys. Costs as much as what it returns and what the member
/// decided before, however many people there are.
std::vector<Eligible> sample(sdk::Connection& connection, sdk::UserId user, const Wish& wish,
                             const sdk::Json& preferences, const Circle& circle, KeyRange keys,
                             std::int64_t limit);
void queue(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate);
void countExposure(sdk::Connection& connection, sdk::UserId user);
void markHanded(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
/// In the queue, or handed out after `since`.
bool maySwipe(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate, sdk::Time since);
void removeCard(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate);

}  // namespace linkup::match::discovery_store
