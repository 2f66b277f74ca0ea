#include "message_frame.h"

#include <utility>

namespace linkup::chat {
namespace {

sdk::Json mediaFrame(const sdk::Json& stored, sdk::MediaUrls* media_urls) {
    const auto& file_key = stored["file_key"].asString();
    const auto& blurhash_text = stored["blurhash"];
    sdk::Json url;
    sdk::Json blurhash = blurhash_text;
    if (media_urls != nullptr) {
        const auto picture =
            media_urls->picture(file_key, blurhash_text.isString() ? blurhash_text.asString() : "");
        url = picture["url"];
        blurhash = picture["blurhash"];
    } else {
        url = "";
        if (!blurhash.isString()) blurhash = "";
    }
    sdk::Json metadata = stored["metadata"].isObject() ? stored["metadata"] : sdk::Json::object();
    metadata.set("file_url", std::move(url));
    metadata.set("blurhash", blurhash);
    return sdk::Json::object({{"file_key", file_key},
                              {"mediaType", stored["media_type"]},
                              {"media_type", stored["media_type"]},
                              {"blurhashText", blurhash},
                              {"blurhash_text", blurhash},
                              {"metadata", std::move(metadata)}});
}

}  // namespace

sdk::Json messageFrame(const StoredMessage& message, bool is_seen, sdk::MediaUrls* media_urls) {
    // One by one: a list in braces would be copied, with all that is in it.
    sdk::Json::Object frame;
    frame.reserve(16);
    frame.emplace_back("type", "chats");
    frame.emplace_back("chats_type", "message");
    frame.emplace_back("message_id", message.message_id);
    frame.emplace_back("chat_room_id", message.chat_id);
    frame.emplace_back("seq", message.seq);
    frame.emplace_back("from_", message.sender);
    frame.emplace_back("to", message.receiver);
    frame.emplace_back("message", message.body);
    frame.emplace_back("reply_id", message.reply_id ? sdk::Json(*message.reply_id) : sdk::Json());
    frame.emplace_back("timestamp", sdk::formatTime(message.created_at));
    frame.emplace_back("is_seen", is_seen);
    frame.emplace_back(
        "media", message.media ? mediaFrame(sdk::parseTrustedJson(*message.media), media_urls) : sdk::Json());
    if (message.revision > 0) frame.emplace_back("revision", message.revision);
    if (message.edited_at) frame.emplace_back("edited_at", sdk::formatTime(*message.edited_at));
    if (message.unsent_at) frame.emplace_back("unsent_at", sdk::formatTime(*message.unsent_at));
    if (message.reactions) frame.emplace_back("reactions", sdk::parseTrustedJson(*message.reactions));
    return sdk::Json::object(std::move(frame));
}

std::string ackFrame(const StoredMessage& message) {
    // An id is a UUID, in which nothing has to be escaped.
    return R"({"type":"ack","message_id":")" + message.message_id + R"(","chat_room_id":)" +
           std::to_string(message.chat_id) + R"(,"seq":)" + std::to_string(message.seq) +
           R"(,"timestamp":")" + sdk::formatTime(message.created_at) + "\"}";
}

sdk::Json changedFrame(const StoredMessage& message, bool is_seen, sdk::MediaUrls* media_urls) {
    return sdk::Json::object({{"type", "changed"},
                              {"chat_room_id", message.chat_id},
                              {"revision", message.revision},
                              {"message", messageFrame(message, is_seen, media_urls)}});
}

sdk::Json mutedUntil(std::int64_t micros) {
    return micros == 0 ? sdk::Json() : sdk::Json(sdk::formatTime(sdk::fromMicros(micros)));
}

std::optional<std::string> storedMedia(const sdk::Json& media, sdk::UserId sender) {
    const auto& file_key = media["file_key"].asString();
    if (!file_key.starts_with("sw/media/" + std::to_string(sender) + "/") ||
        file_key.find("..") != std::string::npos) {
        return std::nullopt;
    }
    sdk::Json kept = sdk::Json::object();
    const auto& metadata = media["metadata"];
    // The app assigns these two to a Dart double: they stay floats for ever.
    for (const char* key : {"width", "height"}) {
        if (metadata[key].isNumber()) kept.set(key, metadata[key].asDouble());
    }
    for (const char* key : {"blurhash", "format"}) {
        if (metadata[key].isString()) kept.set(key, metadata[key]);
    }
    for (const char* key : {"size_bytes", "duration_ms"}) {
        if (metadata[key].isInteger()) kept.set(key, metadata[key]);
    }
    const auto& blurhash = media["blurhash_text"].isString() ? media["blurhash_text"] : metadata["blurhash"];
    return sdk::Json::object({{"media_type", media["media_type"]},
                              {"file_key", file_key},
                              {"blurhash", blurhash.isString() ? blurhash : sdk::Json()},
                              {"metadata", std::move(kept)}})
        .dump();
}

}  // namespace linkup::chat
