#include "chat_events.h"

#include "message_frame.h"
#include "node_lines.h"
#include "node_name.h"

namespace linkup::chat {
namespace {

constexpr std::string_view kTopic = "messages";
constexpr std::string_view kReceiptsTopic = "receipts";
constexpr std::string_view kPassingTopic = "passing";
constexpr std::size_t kSyncSpreadMs = 10'000;

/// Of a message that another node stored, all that its frame does not have in plain sight.
struct Head {
    StoredMessage message;
    std::string sending_session;
    sdk::TraceContext trace;
};

std::string headOf(const StoredMessage& message, const std::string& sending_session,
                   const sdk::TraceContext& trace) {
    std::string words;
    for (const auto number : {message.chat_id, message.seq, message.sender, message.receiver,
                              sdk::toMicros(message.created_at)}) {
        words.append(std::to_string(number)).push_back(' ');
    }
    words.append(sending_session).push_back(' ');
    if (trace.valid()) trace.appendTraceparent(words);
    words.append(" ").append(message.message_id).append(" ").append(trace.state);
    return words;
}

Head readHead(std::string_view line) {
    NodeWords words(line, ' ');
    Head head;
    head.message.chat_id = words.number();
    head.message.seq = words.number();
    head.message.sender = words.number();
    head.message.receiver = words.number();
    head.message.created_at = sdk::fromMicros(words.number());
    head.sending_session = words.next();
    const auto traceparent = words.next();
    head.message.message_id = words.next();
    head.trace = sdk::TraceContext::parse(traceparent, words.rest()).value_or(sdk::TraceContext());
    return head;
}

}  // namespace

ChatEvents::ChatEvents(sdk::SocketHub& hub, sdk::Bus& bus, sdk::Clock& clock)
    : hub_(hub), bus_(bus), clock_(clock), node_(randomNodeName()) {}

void ChatEvents::start(ChatFeeds& feeds, sdk::MediaUrls* media_urls) {
    feeds_ = &feeds;
    media_urls_ = media_urls;
    subscription_ = bus_.subscribe(
        kTopic, [this](std::string_view text) { onBusMessage(text); }, [this] { onGap(); });
    // What passes, and receipts, are not made up for after a gap.
    receipts_ = bus_.subscribe(
        kReceiptsTopic, [this](std::string_view text) { onReceipts(text); }, [] {});
    passing_ = bus_.subscribe(
        kPassingTopic, [this](std::string_view text) { onPassing(text); }, [] {});
}

void ChatEvents::stop() noexcept {
    passing_.reset();
    receipts_.reset();
    subscription_.reset();
}

void ChatEvents::deliver(std::vector<Item> items) {
    if (items.empty()) return;
    NodeLines lines(node_);
    for (const auto& [message, sending_session, trace] : items) {
        const sdk::TraceScope scope(trace);
        const auto frame = messageFrame(message, false, media_urls_).dump();
        feeds_->offer(message, frame, sending_session);
        lines.line(headOf(message, sending_session, trace)).line(frame);
    }
    const sdk::TraceScope scope(items.front().trace);  // each has its own in its head
    bus_.publish(kTopic, std::move(lines).text());
}

void ChatEvents::onBusMessage(std::string_view text) {
    NodeWords lines(text, '\n');
    if (lines.next() == node_) return;  // not read at all: there are as many as we store
    while (!lines.atEnd()) {
        const auto head = readHead(lines.next());
        const sdk::TraceScope scope(head.trace);
        feeds_->offer(head.message, std::string(lines.next()), head.sending_session);
    }
}

void ChatEvents::onGap() {
    feeds_->gap();
    const auto devices = hub_.local(kChatPath);
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const auto after_ms = static_cast<std::int64_t>(i * kSyncSpreadMs / devices.size());
        sdk::SendOptions options;
        options.coalesce_key = "sync";
        devices[i]->send(sdk::Json::object({{"type", "sync"}, {"after_ms", after_ms}}).dump(),
                         std::move(options));
    }
}

void ChatEvents::changed(const StoredMessage& message, bool is_seen) {
    const auto frame = changedFrame(message, is_seen, media_urls_).dump();
    hub_.sendToUser(kChatPath, message.sender, frame);
    hub_.sendToUser(kChatPath, message.receiver, frame);
}

void ChatEvents::tellUnchanged(sdk::SocketSession& session, const ChangeOutcome& outcome) {
    session.send(changedFrame(outcome.message, outcome.is_seen, media_urls_).dump());
}

void ChatEvents::muted(sdk::UserId user, std::int64_t chat_id, std::int64_t muted_until) {
    hub_.sendToUser(
        kChatPath, user,
        sdk::Json::object(
            {{"type", "muted"}, {"chat_room_id", chat_id}, {"muted_until", mutedUntil(muted_until)}})
            .dump());
}

void ChatEvents::delivered(const std::vector<Receipt>& receipts) {
    const auto timestamp = sdk::formatTime(clock_.now());
    NodeLines lines(node_);
    for (const auto& receipt : receipts) {
        const auto frame = sdk::Json::object({{"type", "delivered"},
                                              {"chat_room_id", receipt.chat_id},
                                              {"message_id", receipt.message_id},
                                              {"seq", receipt.seq},
                                              {"from_", receipt.receiver},
                                              {"to", receipt.sender},
                                              {"timestamp", timestamp}})
                               .dump();
        tellHere(receipt.sender, frame);
        lines.line(std::to_string(receipt.sender)).line(frame);
    }
    bus_.publish(kReceiptsTopic, std::move(lines).text());
}

void ChatEvents::onReceipts(std::string_view text) {
    NodeWords lines(text, '\n');
    if (lines.next() == node_) return;
    while (!lines.atEnd()) {
        const auto user = NodeWords(lines.next(), ' ').number();
        tellHere(user, std::string(lines.next()));
    }
}

void ChatEvents::tellHere(sdk::UserId user, const std::string& frame) {
    for (const auto& device : hub_.local(kChatPath, user)) device->send(frame);
}

void ChatEvents::seen(const StoredMessage& message, const std::string& reading_session) {
    // The empty text and the room are there because the app reads every `chats` event as a message.
    const auto frame = sdk::Json::object({{"type", "chats"},
                                          {"chats_type", "seen"},
                                          {"to", message.sender},
                                          {"from_", message.receiver},
                                          {"chat_room_id", message.chat_id},
                                          {"message_id", message.message_id},
                                          {"seq", message.seq},
                                          {"message", ""},
                                          {"timestamp", sdk::formatTime(clock_.now())}})
                           .dump();
    hub_.sendToUser(kChatPath, message.sender, frame);
    hub_.sendToUser(kChatPath, message.receiver, frame, false, reading_session);
}

void ChatEvents::typing(const Room& room, sdk::UserId typist) {
    const auto partner = room.partnerOf(typist);
    passOn(partner, "typing:" + std::to_string(room.id),
           sdk::Json::object({{"type", "chats"},
                              {"chats_type", "typing"},
                              {"to", partner},
                              {"from_", typist},
                              {"chat_room_id", room.id},
                              {"message", "Typing..."},
                              {"timestamp", sdk::formatTime(clock_.now())}})
               .dump());
}

bool ChatEvents::isHere(sdk::UserId user) const {
    return !hub_.local(kChatPath, user).empty();
}

std::vector<sdk::UserId> ChatEvents::allHere() const {
    std::vector<sdk::UserId> users;
    for (const auto& device : hub_.local(kChatPath)) users.push_back(device->user());
    return users;
}

void ChatEvents::presence(sdk::UserId to, sdk::UserId user, bool online, std::optional<sdk::Time> last_seen) {
    passOn(
        to, "presence:" + std::to_string(user),
        sdk::Json::object({{"type", "presence"},
                           {"user_id", user},
                           {"online", online},
                           {"last_seen", last_seen ? sdk::Json(sdk::formatTime(*last_seen)) : sdk::Json()}})
            .dump());
}

void ChatEvents::passOn(sdk::UserId user, std::string key, std::string frame) {
    passHere(user, key, frame);
    bus_.publish(kPassingTopic,
                 sdk::Json::object(
                     {{"node", node_}, {"user", user}, {"key", std::move(key)}, {"frame", std::move(frame)}})
                     .dump());
}

void ChatEvents::passHere(sdk::UserId user, const std::string& key, const std::string& frame) {
    for (const auto& device : hub_.local(kChatPath, user)) {
        sdk::SendOptions options;
        options.droppable = true;
        options.coalesce_key = key;
        device->send(frame, std::move(options));
    }
}

void ChatEvents::onPassing(std::string_view text) {
    const auto envelope = sdk::parseTrustedJson(text);
    if (envelope["node"].asString() == node_) return;
    passHere(envelope["user"].asInteger(), envelope["key"].asString(), envelope["frame"].asString());
}

}  // namespace linkup::chat
