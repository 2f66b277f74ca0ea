#include "room_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "message_frame.h"
#include "message_store.h"
#include "room_store.h"

namespace linkup::chat {
namespace {

constexpr std::int64_t kExportPageSize = 500;
constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();  // a place behind all messages

sdk::Error notParticipant() {
    return {sdk::ErrorCode::kForbidden, "User is not a participant of this chat"};
}

/// Nothing for a page that ends at no certain message.
std::optional<PageCache::Key> keyOf(const RoomService::PageWanted& wanted) {
    const auto& [user, chat_id, before] = wanted;
    if (before.seq) return PageCache::Key(user, chat_id, *before.seq, std::string());
    if (before.message_id) return PageCache::Key(user, chat_id, 0, *before.message_id);
    return std::nullopt;
}

/// False if the newest messages show that the user has seen all of the partner's.
bool mayHaveUnseen(const message_store::View& view, sdk::UserId user) {
    const auto& messages = view.messages;
    if (messages.empty()) return false;
    return messages.front().seq > view.own.seen_seq + 1 ||
           std::any_of(messages.begin(), messages.end(), [&](const StoredMessage& message) {
               return message.receiver == user && message.seq > view.own.seen_seq;
           });
}

sdk::Json startReply(const char* message, const Room& room, sdk::UserId user) {
    return sdk::Json::object({{"success", true},
                              {"message", message},
                              {"chat_room_id", room.id},
                              {"user1_id", user},
                              {"user2_id", room.partnerOf(user)}});
}

}  // namespace

RoomService::RoomService(sdk::Database& database, sdk::Clock& clock, ReceiptService& receipts)
    : database_(database), clock_(clock), receipts_(receipts) {}

void RoomService::setNeighbours(sdk::Matches& matches, sdk::MediaUrls* media_urls) {
    matches_ = &matches;
    media_urls_ = media_urls;
}

std::vector<sdk::ChatSummary> RoomService::summaries(sdk::Connection& connection, sdk::UserId user) {
    return room_store::summaries(connection, user);
}

sdk::Json RoomService::startChat(sdk::UserId user, sdk::UserId other) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        if (const auto room = room_store::findOfPair(connection, user, other)) {
            return startReply("Chat already started", *room, user);
        }
        // Using up the match is what makes one of two simultaneous calls the first; the other finds the room
        // then.
        if (user != other && matches_->consume(connection, user, other)) {
            return startReply("Chat started successfully",
                              room_store::insert(connection, user, other, clock_.now()), user);
        }
        if (const auto room = room_store::findOfPair(connection, user, other)) {
            return startReply("Chat already started", *room, user);
        }
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "Match does not exist, cannot start chat");
    });
}

Room RoomService::participated(sdk::Connection& connection, sdk::UserId user, std::int64_t chat_id) {
    const auto room = room_store::find(connection, chat_id);
    if (!room || !room->has(user)) {
        throw notParticipant();
    }
    return *room;
}

sdk::Json RoomService::frames(const std::vector<StoredMessage>& messages, sdk::UserId user,
                              std::int64_t seen_seq, std::int64_t partner_seen_seq) const {
    sdk::Json list = sdk::Json::array();
    for (const auto& message : messages) {
        const auto seen = message.receiver == user ? seen_seq : partner_seen_seq;
        list.push(messageFrame(message, message.seq <= seen, media_urls_));
    }
    return list;
}

sdk::Json RoomService::history(sdk::UserId user, std::int64_t chat_id) {
    const auto seen_by_user = sdk::read(database_, [&](sdk::Connection& connection) {
        return message_store::view(connection, {chat_id, user, kNewest});
    });
    if (!seen_by_user) throw notParticipant();
    const auto& view = *seen_by_user;
    const auto last_seq = view.messages.empty() ? 0 : view.messages.back().seq;
    if (mayHaveUnseen(view, user)) {
        database_.transaction([&](sdk::Connection& connection) {
            receipts_.markSeenUpTo(connection, view.room, user, last_seq, {});
        });
    }
    // One by one: a list in braces would be copied, with all that is in it.
    sdk::Json::Object reply;
    reply.reserve(5);
    reply.emplace_back("user_id", user);
    reply.emplace_back("messages", frames(view.messages, user, last_seq, view.others.seen_seq));
    reply.emplace_back("last_seq", last_seq);
    reply.emplace_back("other_seen_seq", view.others.seen_seq);
    reply.emplace_back("other_delivered_seq", view.others.delivered_seq);
    return sdk::Json::object(std::move(reply));
}

std::vector<RoomService::PageAnswer> RoomService::pages(std::span<const PageWanted> wanted) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        std::vector<PageAnswer> answers(wanted.size());
        answerKept(connection, wanted, answers);
        std::vector<message_store::ViewKey> keys;
        std::vector<std::pair<std::size_t, bool>> readers;  // and whether their page may be kept
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (!answers[i].body.empty()) continue;
            try {
                const auto place = placeOf(connection, wanted[i]);
                keys.push_back(place.view);
                readers.emplace_back(i, place.lasts);
            } catch (const sdk::Error& error) {
                if (error.code() != sdk::ErrorCode::kForbidden) throw;
                answers[i].error = error;
            }
        }
        const auto views = message_store::views(connection, keys);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto [reader, lasts] = readers[i];
            const auto& view = views[i];
            if (!view) {
                answers[reader].error = notParticipant();
                continue;
            }
            answers[reader].body = pageOf(*view, keys[i].user);
            const bool is_full = keys[i].seq <= view->room.last_seq + 1;  // nothing can come into it any more
            if (!lasts || !is_full || view->messages.empty()) continue;
            pages_.keep(*keyOf(wanted[reader]), {view->revision, view->own, view->others},
                        view->messages.front().seq, view->messages.back().seq, answers[reader].body);
        }
        return answers;
    });
}

void RoomService::answerKept(sdk::Connection& connection, std::span<const PageWanted> wanted,
                             std::vector<PageAnswer>& answers) {
    std::set<std::pair<std::int64_t, sdk::UserId>> participants;
    for (const auto& one : wanted) {
        if (const auto key = keyOf(one); key && pages_.has(*key)) participants.emplace(one.chat_id, one.user);
    }
    if (participants.empty()) return;
    const auto standings = room_store::standings(connection, participants);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto key = keyOf(wanted[i]);
        const auto standing = standings.find({wanted[i].chat_id, wanted[i].user});
        if (!key || standing == standings.end()) continue;
        if (auto page = pages_.find(*key, standing->second)) answers[i].body = std::move(*page);
    }
}

RoomService::Place RoomService::placeOf(sdk::Connection& connection, const PageWanted& wanted) {
    const auto& [user, chat_id, before] = wanted;
    auto end = before.seq;
    bool lasts = end.has_value();
    if (!end && (before.message_id || before.time)) {
        const auto room = participated(connection, user, chat_id);
        if (before.message_id) end = message_store::placeOf(connection, chat_id, *before.message_id);
        lasts = end.has_value();  // an id that is unknown may be known later
        if (!end && before.time) end = message_store::firstSince(connection, room, *before.time);
    }
    return {{chat_id, user, end.value_or(kNewest)}, lasts};
}

std::string RoomService::pageOf(const message_store::View& view, sdk::UserId user) const {
    const auto& messages = view.messages;
    // One by one: a list in braces would be copied, with all that is in it.
    sdk::Json::Object page;
    page.reserve(5);
    page.emplace_back("user_id", user);
    page.emplace_back("messages", frames(messages, user, view.own.seen_seq, view.others.seen_seq));
    page.emplace_back("has_more", !messages.empty() && messages.front().seq > 1);
    page.emplace_back("next_page_cursor", messages.empty() ? sdk::Json() : messages.front().message_id);
    page.emplace_back("next_before_seq", messages.empty() ? sdk::Json() : messages.front().seq);
    return sdk::Json::object(std::move(page)).dump();
}

sdk::Json RoomService::mute(sdk::UserId user, std::int64_t chat_id, std::int64_t until) {
    database_.transaction([&](sdk::Connection& connection) {
        if (!room_store::setMuted(connection, chat_id, user, until)) throw notParticipant();
    });
    return sdk::Json::object({{"chat_room_id", chat_id}, {"muted_until", mutedUntil(until)}});
}

sdk::Json RoomService::exported(sdk::UserId user, std::int64_t chat_id, std::int64_t after_seq) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        const auto room = participated(connection, user, chat_id);
        const auto messages = message_store::after(connection, room, after_seq, kExportPageSize);
        const auto own = room_store::cursors(connection, chat_id, user);
        const auto others = room_store::cursors(connection, chat_id, room.partnerOf(user));
        const bool is_end = messages.empty() || messages.back().seq >= room.last_seq;
        return sdk::Json::object({{"chat_room_id", chat_id},
                                  {"user_id", user},
                                  {"partner_id", room.partnerOf(user)},
                                  {"exported_at", sdk::formatTime(clock_.now())},
                                  {"last_seq", room.last_seq},
                                  {"messages", frames(messages, user, own.seen_seq, others.seen_seq)},
                                  {"next_after_seq", is_end ? sdk::Json() : messages.back().seq}});
    });
}

std::optional<Room> RoomService::roomOf(sdk::UserId user, std::int64_t chat_id) {
    auto room = sdk::read(database_,
                          [&](sdk::Connection& connection) { return room_store::find(connection, chat_id); });
    if (!room || !room->has(user)) return std::nullopt;
    return room;
}

void RoomService::removeBetween(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) {
    room_store::removeOfPair(connection, one, other);
}

}  // namespace linkup::chat
