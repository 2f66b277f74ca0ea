#include "chat_sockets.h"

#include <charconv>
#include <map>

#include "message_frame.h"

namespace linkup::chat {
namespace {

using sdk::Schema;

constexpr std::int64_t kTypingIntervalMicros = 500'000;  // two a second per chat are passed on
constexpr std::int64_t kRetryAfterMs = 1000;
constexpr std::size_t kResumedChats = 500;

sdk::EventSpec messageSpec() {
    const auto text = Schema::string().optional();
    const auto number = Schema::number().optional();
    const auto count = Schema::integer().optional();
    const auto metadata = Schema::object({{"width", number},
                                          {"height", number},
                                          {"blurhash", text},
                                          {"format", text},
                                          {"size_bytes", count},
                                          {"duration_ms", count}});
    const auto media =
        Schema::object({{"media_type", Schema::enumeration({"image", "voice"}).alias("mediaType")},
                        {"file_key", Schema::string().maxLength(210)},
                        {"blurhash_text", Schema::string().maxLength(200).optional().alias("blurhashText")},
                        {"metadata", metadata}});
    return {"message",
            {{"type", "chats"}, {"chats_type", "message"}},
            Schema::object({{"message_id", Schema::uuid()},
                            {"message", Schema::string().maxLength(10'000)},
                            {"to", Schema::id()},
                            {"from_", Schema::id()},
                            {"chat_room_id", Schema::id()},
                            {"reply_id", Schema::uuid().optional()},
                            {"media", media.optional()}}),
            "Sends a message; message_id makes a resend harmless"};
}

sdk::EventSpec typingSpec() {
    return {"typing",
            {{"type", "chats"}, {"chats_type", "typing"}},
            Schema::object({{"to", Schema::id()}, {"from_", Schema::id()}, {"chat_room_id", Schema::id()}}),
            "Tells the partner that one is writing"};
}

sdk::EventSpec seenSpec() {
    return {"seen",
            {{"type", "chats"}, {"chats_type", "seen"}},
            Schema::object({{"to", Schema::id()},
                            {"from_", Schema::id()},
                            {"message_id", Schema::uuid()},
                            {"chat_room_id", Schema::id().optional()}}),
            "Marks the partner's messages up to this one as seen"};
}

sdk::EventSpec editSpec() {
    return {"edit",
            {{"type", "edit"}},
            Schema::object({{"chat_room_id", Schema::id()},
                            {"message_id", Schema::uuid()},
                            {"message", Schema::string().maxLength(10'000)}}),
            "Replaces the text of a message that one sent"};
}

sdk::EventSpec unsendSpec() {
    return {"unsend",
            {{"type", "unsend"}},
            Schema::object({{"chat_room_id", Schema::id()}, {"message_id", Schema::uuid()}}),
            "Takes back a message that one sent"};
}

sdk::EventSpec reactSpec() {
    return {"react",
            {{"type", "react"}},
            Schema::object({{"chat_room_id", Schema::id()},
                            {"message_id", Schema::uuid()},
                            {"reaction", Schema::string().minLength(1).maxLength(32).optional()}}),
            "Puts a reaction to a message in place of one's last; none takes it back"};
}

/// The id that a key of `resume` stands for.
std::optional<std::int64_t> chatOfKey(std::string_view key) {
    std::int64_t id = 0;
    const auto [end, fault] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (fault != std::errc() || end != key.data() + key.size() || id < 1) return std::nullopt;
    return id;
}

sdk::EventSpec resumeSpec() {
    const auto keys_are_ids = [](const sdk::Json& chats) -> std::optional<std::string> {
        for (const auto& [key, seq] : chats.members()) {
            if (!chatOfKey(key)) return "Keys should be ids of chats";
        }
        return std::nullopt;
    };
    return {
        "resume",
        {{"type", "resume"}},
        Schema::object(
            {{"chats", Schema::map(Schema::integer().min(0)).maxItems(kResumedChats).rule(keys_are_ids)}}),
        "Asks for what was missed: of each chat the last seq that the client has"};
}

EventKind kindOf(std::string_view event) {
    if (event == "message") return EventKind::kMessage;
    if (event == "typing") return EventKind::kTyping;
    if (event == "seen") return EventKind::kSeen;
    return event == "resume" ? EventKind::kResume : EventKind::kChange;
}

sdk::Json errorEvent(const char* code, const char* detail, const sdk::Json& message_id,
                     const sdk::Json& chat_room_id) {
    auto event = sdk::Json::object({{"type", "error"}, {"code", code}, {"detail", detail}});
    if (!message_id.isNull()) event.set("message_id", message_id);
    if (!chat_room_id.isNull()) event.set("chat_room_id", chat_room_id);
    return event;
}

void sendError(sdk::SocketSession& session, const char* code, const char* detail, const sdk::Json& message_id,
               const sdk::Json& chat_room_id) {
    auto event = errorEvent(code, detail, message_id, chat_room_id);
    if (std::string_view(code) == "server_busy") event.set("retry_after_ms", kRetryAfterMs);
    session.send(event.dump());
}

void sendOutcome(sdk::SocketSession& session, const SendOutcome& outcome, const sdk::Json& message_id,
                 const sdk::Json& chat) {
    switch (outcome.result) {
        case SendResult::kStored:
        case SendResult::kRepeated:
            return session.send(ackFrame(outcome.message));
        case SendResult::kNotParticipant:
            return sendError(session, "not_participant", "User is not a participant of this chat", message_id,
                             chat);
        case SendResult::kRecipientMismatch:
            return sendError(session, "recipient_mismatch", "to is not the other participant of this chat",
                             message_id, chat);
        case SendResult::kRecipientUnavailable:
            return sendError(session, "recipient_unavailable", "This account has been deleted", message_id,
                             chat);
        case SendResult::kIdConflict:
            return sendError(session, "message_id_conflict", "This message_id is in use in this chat",
                             message_id, chat);
        case SendResult::kMediaNotAllowed:
            return sendError(session, "media_not_allowed", "The file is not one that you uploaded",
                             message_id, chat);
        case SendResult::kVetoed:
            return sendError(session, "message_refused", outcome.reason.c_str(), message_id, chat);
        case SendResult::kBusy:
            return sendError(session, "server_busy", "Server is busy. Please try again in a moment.",
                             message_id, chat);
        case SendResult::kFailed:
            return sendError(session, "internal_error",
                             "The message could not be stored. Please send it again.", message_id, chat);
    }
}

/// Code and sentence of the error event.
std::pair<const char*, const char*> refusalOf(const ChangeOutcome& outcome) {
    switch (outcome.result) {
        case ChangeResult::kNotParticipant:
            return {"not_participant", "User is not a participant of this chat"};
        case ChangeResult::kRecipientUnavailable:
            return {"recipient_unavailable", "This account has been deleted"};
        case ChangeResult::kUnknownMessage:
            return {"unknown_message", "There is no such message in this chat"};
        case ChangeResult::kNotOwn:
            return {"not_sender", "Only its sender can change a message"};
        case ChangeResult::kTooLate:
            return {"too_late", "It is too late to change this message"};
        case ChangeResult::kUnsent:
            return {"message_unsent", "This message was unsent"};
        case ChangeResult::kEmpty:
            return {"message_refused", "A message without a file needs a text"};
        case ChangeResult::kVetoed:
            return {"message_refused", outcome.reason.c_str()};
        case ChangeResult::kChanged:
        case ChangeResult::kUnchanged:
        case ChangeResult::kFailed:
            break;
    }
    return {"internal_error", "The message could not be changed. Please try again."};
}

}  // namespace

ChatSockets::ChatSockets(const Parts& parts, sdk::Metrics& metrics, sdk::Clock& clock)
    : messages_(parts.messages),
      receipts_(parts.receipts),
      changes_(parts.changes),
      rooms_(parts.rooms),
      events_(parts.events),
      feeds_(parts.feeds),
      presence_(parts.presence),
      limits_(parts.limits),
      clock_(clock) {
    for (const char* name : {"message", "typing", "seen", "resume", "change"}) {
        refused_.push_back(
            &metrics.counter("rate_limited_total", "Events beyond what a user may send", {{"event", name}}));
    }
}

void ChatSockets::registerWith(sdk::Registrar& registrar) {
    sdk::SocketSpec spec;
    spec.path = kChatPath;
    spec.greeting = "Connected to chat websocket.";
    spec.summary = "Messages, receipts and typing of all chats of the user";
    spec.events = {messageSpec(), typingSpec(), seenSpec(), resumeSpec(),
                   editSpec(),    unsendSpec(), reactSpec()};
    registrar.socket(std::move(spec), *this);
    registrar.importance(kChatPath, "typing", sdk::Importance::kLive);
    registrar.prompt(kChatPath, "message");
}

void ChatSockets::onOpen(const SessionPtr& session) {
    feeds_.open(session);
    presence_.opened(session->user());
}

void ChatSockets::onClose(const SessionPtr& session, std::uint16_t) {
    feeds_.close(session->id());
    presence_.closed(session->user());
}

void ChatSockets::onEvent(const SessionPtr& session, const std::string& event, const sdk::Json& body) {
    const auto kind = kindOf(event);
    if (!isWithinLimits(session, kind, body)) return;
    if (kind == EventKind::kResume) return onResume(session, body);
    if (kind == EventKind::kChange) return onChange(session, event, body);
    if (!speaksForItself(session, body)) return;
    if (kind == EventKind::kMessage) return onMessage(session, body);
    if (kind == EventKind::kTyping) return onTyping(session, body);
    onSeen(session, body);
}

bool ChatSockets::isWithinLimits(const SessionPtr& session, EventKind kind, const sdk::Json& body) {
    const auto wait = limits_.take(kind, session->user());
    if (wait.count() == 0) return true;
    refused_[static_cast<std::size_t>(kind)]->add();
    auto event = errorEvent("rate_limited", "Too many requests. Please try again later.", body["message_id"],
                            body["chat_room_id"]);
    event.set("retry_after_ms", std::int64_t{wait.count()});
    session->send(event.dump());
    return false;
}

bool ChatSockets::speaksForItself(const SessionPtr& session, const sdk::Json& body) {
    if (body["from_"].asInteger() == session->user()) return true;
    sendError(*session, "sender_mismatch", "from_ is not the user of this connection", body["message_id"],
              body["chat_room_id"]);
    return false;
}

void ChatSockets::onMessage(const SessionPtr& session, const sdk::Json& body) {
    const auto& message_id = body["message_id"];
    const auto& chat = body["chat_room_id"];
    Draft draft;
    draft.chat_id = chat.asInteger();
    draft.message_id = message_id.asString();
    draft.sender = session->user();
    draft.recipient = body["to"].asInteger();
    draft.body = body["message"].asString();
    if (body["reply_id"].isString()) draft.reply_id = body["reply_id"].asString();
    if (body["media"].isObject()) {
        draft.media = storedMedia(body["media"], draft.sender);
        draft.file_key = body["media"]["file_key"].asString();
        if (!draft.media) {
            return sendOutcome(*session, {SendResult::kMediaNotAllowed, {}}, message_id, chat);
        }
    } else if (draft.body.empty()) {
        const sdk::Fault fault{.type = "string_too_short",
                               .loc = {"message"},
                               .msg = "String should have at least 1 character",
                               .input = "",
                               .ctx = {}};
        return session->send(sdk::Json::object({{"type", "error"},
                                                {"code", "invalid_event"},
                                                {"detail", sdk::Json::array({fault.toJson()})},
                                                {"message_id", message_id},
                                                {"chat_room_id", chat}})
                                 .dump());
    }
    draft.session = session->id();
    const auto feed = feeds_.open(session);
    feed->sending(draft.message_id);
    draft.reply = [feed](const Draft& sent, const SendOutcome& outcome) {
        if (outcome.result != SendResult::kStored) feed->settled(sent.message_id);
        sendOutcome(*feed->session(), outcome, sent.message_id, sent.chat_id);
    };
    if (messages_.submit(std::move(draft))) return;
    feed->settled(message_id.asString());
    sendOutcome(*session, {SendResult::kBusy, {}}, message_id, chat);
}

void ChatSockets::onTyping(const SessionPtr& session, const sdk::Json& body) {
    const auto now = sdk::toMicros(clock_.now());
    const auto key = "typing:" + std::to_string(body["chat_room_id"].asInteger());
    if (const auto last = session->attribute(key);
        last.isInteger() && now - last.asInteger() < kTypingIntervalMicros)
        return;
    const auto room = rooms_.roomOf(session->user(), body["chat_room_id"].asInteger());
    if (!room) {
        return sendError(*session, "not_participant", "User is not a participant of this chat", nullptr,
                         body["chat_room_id"]);
    }
    session->update(key, [now](const sdk::Json&) { return sdk::Json(now); });
    events_.typing(*room, session->user());
}

void ChatSockets::onSeen(const SessionPtr& session, const sdk::Json& body) {
    const auto& chat = body["chat_room_id"];
    receipts_.markSeen(session->user(), chat.isInteger() ? std::optional(chat.asInteger()) : std::nullopt,
                       body["message_id"].asString(), session->id());
}

void ChatSockets::onChange(const SessionPtr& session, const std::string& event, const sdk::Json& body) {
    const auto chat = body["chat_room_id"].asInteger();
    const auto& id = body["message_id"].asString();
    const auto& reaction = body["reaction"];
    const auto outcome =
        event == "edit" ? changes_.edit(session->user(), chat, id, body["message"].asString())
        : event == "unsend"
            ? changes_.unsend(session->user(), chat, id)
            : changes_.react(session->user(), chat, id,
                             reaction.isString() ? std::optional(reaction.asString()) : std::nullopt);
    if (outcome.result == ChangeResult::kChanged) return;  // told to all sockets of both
    if (outcome.result == ChangeResult::kUnchanged) return events_.tellUnchanged(*session, outcome);
    const auto [code, detail] = refusalOf(outcome);
    sendError(*session, code, detail, body["message_id"], body["chat_room_id"]);
}

void ChatSockets::onResume(const SessionPtr& session, const sdk::Json& body) {
    std::map<std::int64_t, std::int64_t> chats;  // "1" and "01" are one
    for (const auto& [key, seq] : body["chats"].members()) chats[chatOfKey(key).value()] = seq.asInteger();
    feeds_.resume(session, {chats.begin(), chats.end()});
}

}  // namespace linkup::chat
