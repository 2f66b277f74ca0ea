#include "likes_service.h"

#include <linkup/sdk/error.h>

#include <array>
#include <utility>

#include "bonds_store.h"
#include "discovery_store.h"
#include "likes_store.h"

namespace linkup::match {
namespace {

constexpr std::int64_t kPageSize = 20;

[[noreturn]] void refuse(const char* sentence) {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument, sentence);
}

}  // namespace

LikesService::LikesService(sdk::Database& database, sdk::Clock& clock, ConnectionEvents& events,
                           Tallies& tallies, BondsService& bonds, const Neighbours& neighbours,
                           LikesRules rules)
    : database_(database),
      clock_(clock),
      events_(events),
      tallies_(tallies),
      bonds_(bonds),
      neighbours_(neighbours),
      rules_(std::move(rules)) {}

void LikesService::requireComplete(sdk::Connection& connection, sdk::UserId user) {
    if (!neighbours_.profiles->complete(connection, user)) {
        throw sdk::Error(sdk::ErrorCode::kConflict, "Complete your profile first");
    }
}

void LikesService::requireSwipable(sdk::Connection& connection, sdk::UserId user, sdk::UserId other) {
    requireComplete(connection, user);
    if (user == other) refuse("You cannot like yourself");
    // Checked before the lock too, so that made-up ids leave no rows behind; the lock's holder checks again
    // below.
    const auto since = clock_.now() - discovery_store::kCardStaysSwipable;
    if (!discovery_store::maySwipe(connection, user, other, since)) refuse("User not in match queue");
    bonds_store::lock(connection, {user, other});
    if (!discovery_store::maySwipe(connection, user, other, since)) refuse("User not in match queue");
    requireAvailable(connection, user, other);
}

void LikesService::requireAvailable(sdk::Connection& connection, sdk::UserId user, sdk::UserId other) {
    if (bonds_store::hasBlock(connection, user, other) || bonds_store::hasBond(connection, {user, other}) ||
        !neighbours_.profiles->active(connection, other)) {
        refuse("This user is not available");
    }
}

sdk::Json LikesService::like(sdk::Connection& connection, sdk::UserId user, sdk::UserId other) {
    const auto now = clock_.now();
    const auto given = likes_store::givenSince(connection, user, now - likes_store::kLimitWindow);
    if (given.count >= rules_.per_day) {
        sdk::Error error(sdk::ErrorCode::kTooManyRequests, "Daily like limit reached. Try again later.");
        if (given.oldest) {
            error.withRetryAfter(std::chrono::ceil<std::chrono::milliseconds>(
                *given.oldest + likes_store::kLimitWindow - now));
        }
        throw error;
    }
    if (given.expired) likes_store::forgetGiven(connection, user, now - likes_store::kLimitWindow);
    likes_store::insertGiven(connection, user, other, now);
    likes_store::upsertDecision(connection, user, other, true, now);
    discovery_store::removeCard(connection, user, other);
    connection.afterCommit([this] { tallies_.likes.add(); });

    const int left = rules_.per_day - static_cast<int>(given.count) - 1;
    if (likes_store::likeExists(connection, other, user) && bonds_.create(connection, user, other)) {
        const std::array<sdk::UserId, 1> ids{other};
        const auto cards = neighbours_.profiles->cards(connection, ids);
        if (cards.empty()) refuse("This user is not available");
        return sdk::Json::object(
            {{"match", true},
             {"message", "It's a match!"},
             {"matched_user", sdk::Json::object({{"id", cards[0].id},
                                                 {"username", cards[0].username},
                                                 {"profile_picture", cards[0].picture}})},
             {"swipes_remaining", left}});
    }
    const auto unseen = likes_store::pendingCount(connection, other).unseen;
    connection.afterCommit([this, user, other, unseen] {
        events_.reload(other, user, "like", sdk::Json::object({{"unseen_count", unseen}}));
    });
    return sdk::Json::object({{"match", false}, {"message", "Like recorded"}, {"swipes_remaining", left}});
}

void LikesService::storePass(sdk::Connection& connection, sdk::UserId user, sdk::UserId other) {
    likes_store::upsertDecision(connection, user, other, false, clock_.now());
    discovery_store::removeCard(connection, user, other);
    connection.afterCommit([this] { tallies_.passes.add(); });
}

sdk::Json LikesService::swipeRight(sdk::UserId user, sdk::UserId other) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        requireSwipable(connection, user, other);
        return like(connection, user, other);
    });
}

sdk::Json LikesService::swipeLeft(sdk::UserId user, sdk::UserId other) {
    database_.transaction([&](sdk::Connection& connection) {
        requireSwipable(connection, user, other);
        storePass(connection, user, other);
    });
    return sdk::Json::object({{"message", "Dislike recorded"}});
}

sdk::Json LikesService::likeBack(sdk::UserId user, sdk::UserId liker) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        requireComplete(connection, user);
        if (!likes_store::likeExists(connection, liker, user)) refuse("This user has not liked you");
        bonds_store::lock(connection, {user, liker});
        if (!likes_store::likeExists(connection, liker, user)) refuse("This user has not liked you");
        requireAvailable(connection, user, liker);
        return like(connection, user, liker);
    });
}

sdk::Json LikesService::pass(sdk::UserId user, sdk::UserId liker) {
    database_.transaction([&](sdk::Connection& connection) {
        requireComplete(connection, user);
        if (!likes_store::likeExists(connection, liker, user)) refuse("This user has not liked you");
        bonds_store::lock(connection, {user, liker});
        if (!likes_store::likeExists(connection, liker, user)) refuse("This user has not liked you");
        if (likes_store::likeExists(connection, user, liker))
            return;  // liked already: a pass takes nothing back
        storePass(connection, user, liker);
    });
    return sdk::Json::object({{"message", "Pass recorded"}});
}

sdk::Json LikesService::received(sdk::UserId user, std::int64_t offset) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        requireComplete(connection, user);
        const auto likers = likes_store::pendingLikers(connection, user, kPageSize, offset);
        sdk::Json entries = sdk::Json::array();
        const auto profiles = neighbours_.profiles->candidates(connection, likers);
        std::vector<sdk::UserId> shown;
        for (std::size_t i = 0; i < profiles.size(); ++i) {
            const bool revealed = offset == 0 && i == 0;
            const auto liker = profiles[i].at("id").asInteger();
            entries.push(sdk::Json::object(
                {{"id", liker},
                 {"revealed", revealed},
                 {"profile", revealed ? profiles[i] : sdk::Json()},
                 {"first_photo", revealed ? sdk::Json() : profiles[i].at("profile_picture")}}));
            shown.push_back(liker);
        }
        likes_store::markSeen(connection, user, shown, clock_.now());
        const auto count = likes_store::pendingCount(connection, user);
        return sdk::Json::object(
            {{"entries", std::move(entries)}, {"total_count", count.total}, {"unseen_count", count.unseen}});
    });
}

sdk::Json LikesService::unseenCount(sdk::UserId user) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        requireComplete(connection, user);
        return sdk::Json::object({{"unseen_count", likes_store::pendingCount(connection, user).unseen}});
    });
}

}  // namespace linkup::match
