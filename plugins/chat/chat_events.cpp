#include "chat_events.h"

#include "message_frame.h"
#include "node_name.h"

namespace linkup::chat {
namespace {

constexpr std::string_view kTopic = "messages";
constexpr std::string_view kPassingTopic = "passing";
constexpr std::size_t kSyncSpreadMs = 10'000;

}  // namespace

ChatEvents::ChatEvents(sdk::SocketHub& hub, sdk::Bus& bus, sdk::Clock& clock)
    : hub_(hub),
      bus_(bus),
      clock_(clock),
      node_(randomNodeName()),
      own_prefix_(R"({"node":)" + sdk::Json(node_).dump() + ",") {}

void ChatEvents::start(ChatFeeds& feeds, sdk::MediaUrls* media_urls) {
    feeds_ = &feeds;
    media_urls_ = media_urls;
    subscription_ = bus_.subscribe(
        kTopic, [this](std::string_view text) { onBusMessage(text); }, [this] { onGap(); });
    // What passes is not made up for after a gap.
    passing_ = bus_.subscribe(
        kPassingTopic, [this](std::string_view text) { onPassing(text); }, [] {});
}

void ChatEvents::stop() noexcept {
    passing_.reset();
    subscription_.reset();
}

void ChatEvents::deliver(std::vector<Item> items) {
    std::vector<sdk::TracedMessage> publications;
    publications.reserve(items.size());
    for (auto& [message, sending_session, trace] : items) {
        const sdk::TraceScope scope(trace);
        auto frame = messageFrame(message, false, media_urls_).dump();
        feeds_->offer(message, frame, sending_session);
        auto text = sdk::Json::object({{"node", node_},
                                       {"chat", message.chat_id},
                                       {"seq", message.seq},
                                       {"id", message.message_id},
                                       {"from", message.sender},
                                       {"to", message.receiver},
                                       {"at", sdk::toMicros(message.created_at)},
                                       {"session", sending_session},
                                       {"frame", std::move(frame)}})
                        .dump();
        publications.push_back({std::move(text), trace});
    }
    bus_.publishTraced(kTopic, std::move(publications));
}

void ChatEvents::onBusMessage(std::string_view text) {
    if (text.starts_with(own_prefix_)) return;  // not read at all: there are as many as we store
    const auto envelope = sdk::parseTrustedJson(text);
    StoredMessage message;
    message.chat_id = envelope["chat"].asInteger();
    message.seq = envelope["seq"].asInteger();
    message.message_id = envelope["id"].asString();
    message.sender = envelope["from"].asInteger();
    message.receiver = envelope["to"].asInteger();
    message.created_at = sdk::fromMicros(envelope["at"].asInteger());
    feeds_->offer(message, envelope["frame"].asString(), envelope["session"].asString());
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

void ChatEvents::delivered(const StoredMessage& message) {
    hub_.sendToUser(kChatPath, message.sender,
                    sdk::Json::object({{"type", "delivered"},
                                       {"chat_room_id", message.chat_id},
                                       {"message_id", message.message_id},
                                       {"seq", message.seq},
                                       {"from_", message.receiver},
                                       {"to", message.sender},
                                       {"timestamp", sdk::formatTime(clock_.now())}})
                        .dump());
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
