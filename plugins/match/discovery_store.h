#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geography.h"

namespace linkup::match::discovery_store {

/// How long a card stays good to swipe after it left the queue.
constexpr std::chrono::hours kCardStaysSwipable{24};

struct LockedQueue {
    std::optional<std::string> preferences;  ///< as text, for which it was made; none if it never was
    bool current = false;                    ///< these are the member's for certain
};
/// Takes the lock of the member's decisions.
LockedQueue lockQueue(sdk::Connection& connection, sdk::UserId user);
/// The queue is made for these, and they are the member's: until doubtQueue().
void setQueuePreferences(sdk::Connection& connection, sdk::UserId user, const std::string& preferences);
/// The member's preferences may be others now.
void doubtQueue(sdk::Connection& connection, sdk::UserId user);
/// Takes all from the queue, at `now`, from when on they stay good to swipe for a while.
void emptyQueue(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
/// Forgets the member's cards that left the queue at `until` or before.
void dropExpired(sdk::Connection& connection, sdk::UserId user, sdk::Time until);
/// Within which part of the earth people are wanted.
struct Circle {
    bool everywhere = true;
    Point centre;
    double chord_squared = -1;  ///< the radius, as chordSquared has it; negative: nobody is inside
};
bool contains(const Circle& circle, const std::optional<Point>& point);
/// Takes from the queue, at `now`, who may no longer be put before the member.
void dropIneligible(sdk::Connection& connection, sdk::UserId user, const Circle& circle, sdk::Time now);

struct QueuedPerson {
    sdk::UserId user = 0;
    std::int64_t version = 0;    ///< of their profile, as in auth_candidates_v1
    std::optional<Point> point;  ///< where they are, if it is known
};
/// Those in the queue whose profile is complete, whether they may still be there or not.
std::vector<QueuedPerson> queued(sdk::Connection& connection, sdk::UserId user);

/// A queue as it stands, with all that it takes to see whether it is to be kept.
struct StandingQueue {
    sdk::UserId user = 0;                ///< the member
    std::string preferences;             ///< of the member
    std::optional<Point> own;            ///< where the member is
    std::int64_t likes_given = 0;        ///< by the member
    std::vector<QueuedPerson> eligible;  ///< those in it who may be put before the member, wherever they are
};
/// How many members standingQueues() takes.
constexpr std::size_t kMostQueues = 8;
/// The queues of these members, each named once, in no order; without those of whose wishes one cannot be
/// certain, and empty ones. One statement. Likes count if given after `since`.
std::vector<StandingQueue> standingQueues(sdk::Connection& connection, std::span<const sdk::UserId> users,
                                          sdk::Time since);

/// Whom a member may be put before, as far as the two profiles decide.
struct Wish {
    std::int64_t university = 0;
    std::string own_gender;
    std::string gender;
};
struct Member {
    std::int64_t likes_given = 0;
    std::optional<Wish> wish;  ///< none if no gender is wished for
};
/// None without a complete profile. Likes count if given after `since`.
std::optional<Member> memberOf(sdk::Connection& connection, sdk::UserId user, sdk::Time since);

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
    double chance = 0;  ///< drawn, to decide between those who are equal otherwise
    /// Whether this one is to be put before the member sooner than the other.
    bool before(const Eligible& other) const;
};
struct Sample {
    std::int64_t size = 0;       ///< how many were ranked
    std::vector<Eligible> best;  ///< of them, the best first
};
/// Ranks up to `size` people who may be put before the member and are not in the queue, in the order of their
/// random keys, and returns the first `places` of them. `preferences` has the contract's keys. Costs as much
/// as `size` and what the member decided before, however many people there are.
Sample sample(sdk::Connection& connection, sdk::UserId user, const Wish& wish, const sdk::Json& preferences,
              const Circle& circle, KeyRange keys, std::int64_t size, std::int64_t places);
/// Puts them into the queue, and counts that they were put before somebody.
void queue(sdk::Connection& connection, sdk::UserId user, const std::vector<sdk::UserId>& people);
/// In the queue, or taken from it after `since`.
bool maySwipe(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate, sdk::Time since);
void removeCard(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate);

}  // namespace linkup::match::discovery_store
