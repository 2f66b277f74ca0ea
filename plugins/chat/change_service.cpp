#include "change_service.h"

#include <utility>

#include "change_store.h"
#include "message_store.h"
#include "room_store.h"

namespace linkup::chat {
namespace {

/// The list with the user's reaction in place of the one before; nothing if none is left.
std::optional<std::string> withReaction(const std::optional<std::string>& reactions, sdk::UserId user,
                                        const std::optional<std::string>& reaction) {
    sdk::Json list = sdk::Json::array();
    if (reactions) {
        const auto before = sdk::parseTrustedJson(*reactions);
        for (const auto& one : before.items()) {
            if (one["user_id"].asInteger() != user) list.push(one);
        }
    }
    if (reaction) list.push(sdk::Json::object({{"user_id", user}, {"reaction", *reaction}}));
    return list.size() == 0 ? std::nullopt : std::optional(list.dump());
}

}  // namespace

ChangeService::ChangeService(sdk::Database& database, sdk::Clock& clock, sdk::Hooks& hooks, sdk::Log& log,
                             ChangeEvents& events, ChangeSettings settings)
    : database_(database),
      clock_(clock),
      hook_(hooks, log),
      events_(events),
      settings_(std::move(settings)) {}

bool ChangeService::isOver(std::chrono::seconds window, const StoredMessage& message) const {
    return clock_.now() > message.created_at + window;
}

ChangeOutcome ChangeService::apply(sdk::UserId user, std::int64_t chat_id, const std::string& message_id,
                                   const Change& change) {
    auto outcome = sdk::transaction(database_, [&](sdk::Connection& connection) {
        ChangeOutcome decided;
        const auto rooms = message_store::lockRooms(connection, {chat_id});
        if (rooms.empty() || !rooms.front().has(user)) {
            decided.result = ChangeResult::kNotParticipant;
            return decided;
        }
        auto message = change_store::find(connection, rooms.front(), message_id);
        if (!message) {
            decided.result = ChangeResult::kUnknownMessage;
            return decided;
        }
        decided.result = change(connection, rooms.front(), *message, decided.reason);
        if (decided.result == ChangeResult::kChanged) {
            message->revision = change_store::nextRevision(connection, chat_id);
            change_store::update(connection, *message);
        }
        decided.is_seen =
            message->seq <= room_store::cursors(connection, chat_id, message->receiver).seen_seq;
        decided.message = std::move(*message);
        return decided;
    });
    if (outcome.result == ChangeResult::kChanged) events_.changed(outcome.message, outcome.is_seen);
    return outcome;
}

ChangeOutcome ChangeService::edit(sdk::UserId user, std::int64_t chat_id, const std::string& message_id,
                                  const std::string& text) {
    return apply(
        user, chat_id, message_id,
        [&](sdk::Connection& connection, const Room& room, StoredMessage& message, std::string& reason) {
            if (message.sender != user) return ChangeResult::kNotOwn;
            if (message.unsent_at) return ChangeResult::kUnsent;
            if (message.body == text) return ChangeResult::kUnchanged;
            if (room.closed) return ChangeResult::kRecipientUnavailable;
            if (isOver(settings_.edit, message)) return ChangeResult::kTooLate;
            if (text.empty() && !message.media) return ChangeResult::kEmpty;
            Draft draft;
            draft.chat_id = chat_id;
            draft.message_id = message_id;
            draft.sender = user;
            draft.recipient = message.receiver;
            draft.body = text;
            draft.reply_id = message.reply_id;
            draft.media = message.media;
            auto answer = hook_.ask(connection, draft, true);
            reason = std::move(answer.reason);
            if (answer.result == SendResult::kVetoed) return ChangeResult::kVetoed;
            if (answer.result != SendResult::kStored) return ChangeResult::kFailed;
            if (answer.body == message.body && answer.media == message.media) return ChangeResult::kUnchanged;
            message.body = std::move(answer.body);
            message.media = std::move(answer.media);
            message.edited_at = clock_.now();
            return ChangeResult::kChanged;
        });
}

ChangeOutcome ChangeService::unsend(sdk::UserId user, std::int64_t chat_id, const std::string& message_id) {
    return apply(user, chat_id, message_id,
                 [&](sdk::Connection&, const Room&, StoredMessage& message, std::string&) {
                     if (message.sender != user) return ChangeResult::kNotOwn;
                     if (message.unsent_at) return ChangeResult::kUnchanged;
                     if (isOver(settings_.unsend, message)) return ChangeResult::kTooLate;
                     message.body.clear();
                     message.reply_id.reset();
                     message.media.reset();
                     message.reactions.reset();
                     message.edited_at.reset();
                     message.unsent_at = clock_.now();
                     return ChangeResult::kChanged;
                 });
}

ChangeOutcome ChangeService::react(sdk::UserId user, std::int64_t chat_id, const std::string& message_id,
                                   const std::optional<std::string>& reaction) {
    return apply(user, chat_id, message_id,
                 [&](sdk::Connection&, const Room& room, StoredMessage& message, std::string&) {
                     if (message.unsent_at) return ChangeResult::kUnsent;
                     auto reactions = withReaction(message.reactions, user, reaction);
                     if (reactions == message.reactions) return ChangeResult::kUnchanged;
                     if (room.closed) return ChangeResult::kRecipientUnavailable;
                     message.reactions = std::move(reactions);
                     return ChangeResult::kChanged;
                 });
}

}  // namespace linkup::chat
