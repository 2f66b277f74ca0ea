#include "room_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <limits>

#include "message_frame.h"
#include "message_store.h"
#include "room_store.h"

namespace linkup::chat {
namespace {

constexpr std::int64_t kExportPageSize = 500;

sdk::Error notParticipant() {
    return {sdk::ErrorCode::kForbidden, "User is not a participant of this chat"};
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

message_store::View RoomService::viewed(sdk::Connection& connection, sdk::UserId user, std::int64_t chat_id,
                                        std::optional<std::int64_t> before) {
    auto view = message_store::view(connection, chat_id, user,
                                    before.value_or(std::numeric_limits<std::int64_t>::max()));
    if (!view) throw notParticipant();
    return std::move(*view);
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
    const auto view = sdk::read(database_, [&](sdk::Connection& connection) {
        return viewed(connection, user, chat_id, std::nullopt);
    });
    const auto last_seq = view.messages.empty() ? 0 : view.messages.back().seq;
    if (mayHaveUnseen(view, user)) {
        database_.transaction([&](sdk::Connection& connection) {
            receipts_.markSeenUpTo(connection, view.room, user, last_seq, {});
        });
    }
    // One by one, as below: a list in braces would be copied, with all that is in it.
    sdk::Json::Object reply;
    reply.reserve(5);
    reply.emplace_back("user_id", user);
    reply.emplace_back("messages", frames(view.messages, user, last_seq, view.others.seen_seq));
    reply.emplace_back("last_seq", last_seq);
    reply.emplace_back("other_seen_seq", view.others.seen_seq);
    reply.emplace_back("other_delivered_seq", view.others.delivered_seq);
    return sdk::Json::object(std::move(reply));
}

sdk::Json RoomService::page(sdk::UserId user, std::int64_t chat_id, const Before& before) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        auto end = before.seq;
        if (!end && (before.message_id || before.time)) {
            const auto room = participated(connection, user, chat_id);
            if (before.message_id) end = message_store::placeOf(connection, chat_id, *before.message_id);
            if (!end && before.time) end = message_store::firstSince(connection, room, *before.time);
        }
        const auto view = viewed(connection, user, chat_id, end);
        const auto& messages = view.messages;
        const bool has_more = !messages.empty() && messages.front().seq > 1;
        sdk::Json::Object reply;
        reply.reserve(5);
        reply.emplace_back("user_id", user);
        reply.emplace_back("messages", frames(messages, user, view.own.seen_seq, view.others.seen_seq));
        reply.emplace_back("has_more", has_more);
        reply.emplace_back("next_page_cursor", messages.empty() ? sdk::Json() : messages.front().message_id);
        reply.emplace_back("next_before_seq", messages.empty() ? sdk::Json() : messages.front().seq);
        return sdk::Json::object(std::move(reply));
    });
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
