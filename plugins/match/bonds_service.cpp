#include "bonds_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "bonds_store.h"
#include "likes_store.h"

namespace linkup::match {
namespace {

constexpr std::int64_t kBlockedPage = 50;

sdk::Json optionalText(const std::optional<std::string>& text) {
    return text ? sdk::Json(*text) : sdk::Json();
}

sdk::Json matchItem(const sdk::PersonCard& card) {
    return sdk::Json::object({{"id", card.id},
                              {"username", card.username},
                              {"profile_picture", card.picture},
                              {"is_deleted", card.deleted}});
}

sdk::Json chatItem(const sdk::PersonCard& card, const sdk::ChatSummary& chat) {
    return sdk::Json::object(
        {{"id", card.id},
         {"username", card.username},
         {"profile_picture", card.picture},
         {"chat_room_id", chat.chat_room_id},
         {"unseen_counter", chat.unseen},
         {"is_deleted", card.deleted},
         {"last_message", optionalText(chat.last_message)},
         {"last_message_media_type", optionalText(chat.last_media_type)},
         {"last_message_timestamp", chat.last_at ? sdk::Json(sdk::formatTime(*chat.last_at)) : sdk::Json()},
         {"last_seq", chat.last_seq}});
}

}  // namespace

BondsService::BondsService(sdk::Database& database, sdk::Hooks& hooks, sdk::Clock& clock,
                           ConnectionEvents& events, Tallies& tallies, const Neighbours& neighbours,
                           sdk::Live<int> likes_per_day)
    : database_(database),
      hooks_(hooks),
      clock_(clock),
      events_(events),
      tallies_(tallies),
      neighbours_(neighbours),
      likes_per_day_(std::move(likes_per_day)) {}

bool BondsService::exists(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) {
    return bonds_store::hasMatch(connection, {one, other});
}

bool BondsService::blocked(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) {
    return bonds_store::hasBlock(connection, one, other);
}

bool BondsService::create(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) {
    if (one == other) return false;
    const Pair pair(one, other);
    bonds_store::lock(connection, pair);
    if (!bonds_store::insertMatch(connection, pair, clock_.now())) return false;
    bonds_store::removeCardsBetween(connection, pair);
    sdk::Json payload = sdk::Json::object({{"low_id", pair.low}, {"high_id", pair.high}});
    if (const auto verdict = hooks_.run("match.created", connection, payload); verdict.veto) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument, *verdict.veto);
    }
    connection.afterCommit([this, one, other] {
        tallies_.matches.add();
        events_.reloadBoth(one, other, "match");
    });
    return true;
}

bool BondsService::consume(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) {
    if (one == other) return false;
    const Pair pair(one, other);
    bonds_store::lock(connection, pair);
    if (!bonds_store::turnMatchIntoChat(connection, pair)) return false;
    connection.afterCommit([this, one, other] { events_.reloadBoth(one, other, "chat"); });
    return true;
}

int BondsService::likesRemaining(sdk::Connection& connection, sdk::UserId user) {
    return likesRemaining(
        likes_store::givenSince(connection, user, clock_.now() - likes_store::kLimitWindow).count);
}

int BondsService::likesRemaining(std::int64_t given) const {
    return std::max(0, likes_per_day_ - static_cast<int>(given));
}

sdk::Json BondsService::connections(sdk::UserId user) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        auto matched = bonds_store::matchedUsers(connection, user);
        std::vector<sdk::ChatSummary> chats;
        if (neighbours_.chats != nullptr) chats = neighbours_.chats->summaries(connection, user);
        // A match may have become a chat since it was read.
        std::erase_if(matched, [&](sdk::UserId id) {
            return std::any_of(chats.begin(), chats.end(),
                               [&](const auto& chat) { return chat.partner == id; });
        });

        std::vector<sdk::UserId> people = matched;
        for (const auto& chat : chats) people.push_back(chat.partner);
        std::unordered_map<sdk::UserId, sdk::PersonCard> cards;
        for (auto& card : neighbours_.profiles->cards(connection, people))
            cards.emplace(card.id, std::move(card));

        sdk::Json match_items = sdk::Json::array();
        for (const auto id : matched) {
            if (const auto card = cards.find(id); card != cards.end() && !card->second.deleted) {
                match_items.push(matchItem(card->second));
            }
        }
        sdk::Json chat_items = sdk::Json::array();
        for (const auto& chat : chats) {
            if (const auto card = cards.find(chat.partner); card != cards.end()) {
                chat_items.push(chatItem(card->second, chat));
            }
        }
        return sdk::Json::object({{"matches", std::move(match_items)}, {"chats", std::move(chat_items)}});
    });
}

void BondsService::block(sdk::UserId blocker, sdk::UserId blocked) {
    if (blocker == blocked) throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "You cannot block yourself");
    database_.transaction([&](sdk::Connection& connection) {
        const Pair pair(blocker, blocked);
        bonds_store::lock(connection, pair);
        if (!neighbours_.profiles->active(connection, blocked)) {
            throw sdk::Error(sdk::ErrorCode::kNotFound, "User not found");
        }
        bonds_store::insertBlock(connection, blocker, blocked, clock_.now());
        bonds_store::removeEverythingBetween(connection, pair);
        sdk::Json payload = sdk::Json::object({{"blocker_id", blocker}, {"blocked_id", blocked}});
        hooks_.run("user.blocked", connection, payload);
        connection.afterCommit([this, blocker, blocked] { events_.reloadBoth(blocker, blocked, "removed"); });
    });
}

void BondsService::unblock(sdk::UserId blocker, sdk::UserId blocked) {
    database_.transaction(
        [&](sdk::Connection& connection) { bonds_store::removeBlock(connection, blocker, blocked); });
}

sdk::Json BondsService::blockedPeople(sdk::UserId user, std::int64_t offset) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        const auto blocked = bonds_store::blockedBy(connection, user, kBlockedPage, offset);
        std::vector<sdk::UserId> ids;
        ids.reserve(blocked.size());
        for (const auto& one : blocked) ids.push_back(one.user);
        std::unordered_map<sdk::UserId, sdk::PersonCard> cards;
        for (auto& card : neighbours_.profiles->cards(connection, ids))
            cards.emplace(card.id, std::move(card));

        sdk::Json people = sdk::Json::array();
        for (const auto& one : blocked) {
            if (const auto card = cards.find(one.user); card != cards.end()) {
                people.push(sdk::Json::object({{"id", one.user},
                                               {"username", card->second.username},
                                               {"profile_picture", card->second.picture},
                                               {"blocked_at", sdk::formatTime(one.at)}}));
            }
        }
        return sdk::Json::object(
            {{"blocked", std::move(people)}, {"total_count", bonds_store::countBlockedBy(connection, user)}});
    });
}

}  // namespace linkup::match
