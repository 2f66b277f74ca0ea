#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <vector>

namespace linkup::match {

/// Two people, smaller id first: the key under which all that ties them is kept.
struct Pair {
    sdk::UserId low;
    sdk::UserId high;
    Pair(sdk::UserId one, sdk::UserId other)
        : low(one < other ? one : other), high(one < other ? other : one) {}
};

/// SQL of bonds and blocks. Stateless; every function runs on the caller's connection.
namespace bonds_store {

/// Takes the lock under which decisions of these two, who are different, are made, in an order that cannot
/// deadlock.
void lock(sdk::Connection& connection, Pair pair);
void lockOne(sdk::Connection& connection, sdk::UserId user);

bool hasBond(sdk::Connection& connection, Pair pair);
bool hasMatch(sdk::Connection& connection, Pair pair);
bool hasBlock(sdk::Connection& connection, sdk::UserId one, sdk::UserId other);
/// False if a bond or a block was there, or one of the two is not.
bool insertMatch(sdk::Connection& connection, Pair pair, sdk::Time now);
/// False if there was no match.
bool turnMatchIntoChat(sdk::Connection& connection, Pair pair);
/// Others with whom the user has an unused match, newest first, without blocked ones.
std::vector<sdk::UserId> matchedUsers(sdk::Connection& connection, sdk::UserId user);
void insertBlock(sdk::Connection& connection, sdk::UserId blocker, sdk::UserId blocked, sdk::Time now);
/// Takes back the block of `blocker` alone.
void removeBlock(sdk::Connection& connection, sdk::UserId blocker, sdk::UserId blocked);
struct Blocked {
    sdk::UserId user = 0;
    sdk::Time at;
};
/// Whom the user blocked, newest first.
std::vector<Blocked> blockedBy(sdk::Connection& connection, sdk::UserId user, std::int64_t limit,
                               std::int64_t offset);
std::int64_t countBlockedBy(sdk::Connection& connection, sdk::UserId user);
/// The cards of each that show the other.
void removeCardsBetween(sdk::Connection& connection, Pair pair);
/// Bond, likes and cards between the two.
void removeEverythingBetween(sdk::Connection& connection, Pair pair);

}  // namespace bonds_store
}  // namespace linkup::match
