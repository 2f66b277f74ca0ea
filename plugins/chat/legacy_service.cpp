#include "legacy_service.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <span>

#include "legacy_store.h"
#include "message_store.h"
#include "room_store.h"

namespace linkup::chat {

namespace {

using sdk::Json;

constexpr std::size_t kBatch = 500;

void note(Json& notes, const Json& id, const char* why) {
    notes.push(Json::object({{"id", id}, {"why", why}}));
}

std::optional<std::string> textOf(const Json& value) {
    return value.isString() ? std::optional(value.asString()) : std::nullopt;
}

/// As a message of today keeps it; nothing if there is no file.
std::optional<std::string> mediaOf(const Json& media) {
    if (!media.isObject() || !media["file_key"].isString() || !media["media_type"].isString())
        return std::nullopt;
    const Json& said = media["metadata"];
    Json kept = Json::object();
    // The app assigns these two to a Dart double: they stay floats for ever.
    for (const char* key : {"width", "height"}) {
        if (said[key].isNumber()) kept.set(key, said[key].asDouble());
    }
    for (const char* key : {"blurhash", "format", "size_bytes"}) {
        if (!said[key].isNull()) kept.set(key, said[key]);
    }
    return Json::object({{"media_type", media["media_type"]},
                         {"file_key", media["file_key"]},
                         {"blurhash", said["blurhash"].isString() ? said["blurhash"] : Json()},
                         {"metadata", std::move(kept)}})
        .dump();
}

}  // namespace

void LegacyService::import(sdk::Connection& connection, Json& payload) {
    if (payload.at("table").asString() != "chats") return;
    Json notes = payload.at("skipped");
    for (const Json& row : payload.at("rows").items()) importRoom(connection, row, notes);
    legacy_store::passIds(connection);
    payload.set("skipped", std::move(notes));
}

void LegacyService::importRoom(sdk::Connection& connection, const Json& row, Json& notes) {
    const Json& id = row.at("id");
    if (row.at("people").asInteger() != 2) return note(notes, id, "skipped: a chat has two people");
    const bool one_live = row.at("one_live").asBool();
    const bool other_live = row.at("other_live").asBool();
    if (!one_live && !other_live) return note(notes, id, "skipped: both people are deleted");

    Room room;
    room.id = id.asInteger();
    room.low = row.at("one").asInteger();
    room.high = row.at("other").asInteger();
    room.last_at = sdk::fromMicros(row.at("created_us").asInteger());
    const sdk::Time created_at = room.last_at;
    const auto messages = legacyMessages(row, room, notes);
    const auto closed_at = one_live && other_live ? std::nullopt : std::optional(clock_.now());
    if (!legacy_store::insertRoom(connection, room, created_at, closed_at)) {
        return note(notes, id, "skipped: the id, or the chat of these two, is taken");
    }
    std::vector<const StoredMessage*> all;
    for (const auto& message : messages) all.push_back(&message);
    for (std::size_t at = 0; at < all.size(); at += kBatch)
        message_store::store(connection, std::span(all).subspan(at, std::min(kBatch, all.size() - at)), {});
    for (const Json& reader : row.at("readers").items()) {
        room_store::advanceSeen(connection, room.id, reader.at("user_id").asInteger(),
                                legacySeen(reader, messages));
    }
}

std::vector<StoredMessage> legacyMessages(const Json& row, Room& room, Json& notes) {
    std::vector<StoredMessage> messages;
    std::set<std::string> known;
    for (const Json& one : row.at("messages").items()) {
        const Json& id = one.at("id");
        const std::int64_t sender = one["sender_id"].isInteger() ? one["sender_id"].asInteger() : 0;
        if (!room.has(sender)) {
            note(notes, id, "message skipped: its sender is not in the chat");
            continue;
        }
        StoredMessage message;
        message.chat_id = room.id;
        message.seq = ++room.last_seq;
        message.message_id = id.asString();
        message.sender = sender;
        message.receiver = room.partnerOf(sender);
        message.body = textOf(one["message"]).value_or("");
        const auto reply = textOf(one["reply_id"]);
        if (reply && known.contains(*reply)) message.reply_id = reply;
        message.media = mediaOf(one["media"]);
        const auto at =
            one["created_us"].isInteger() ? sdk::fromMicros(one["created_us"].asInteger()) : room.last_at;
        message.created_at = std::max(at, room.last_at + std::chrono::microseconds(1));
        room.last_at = message.created_at;
        known.insert(message.message_id);
        messages.push_back(std::move(message));
    }
    return messages;
}

std::int64_t legacySeen(const Json& reader, const std::vector<StoredMessage>& messages) {
    const std::int64_t user = reader.at("user_id").asInteger();
    std::int64_t unseen =
        reader["unseen"].isInteger() ? std::max<std::int64_t>(0, reader["unseen"].asInteger()) : 0;
    std::int64_t by_count = messages.empty() ? 0 : messages.back().seq;
    for (auto message = messages.rbegin(); message != messages.rend() && unseen > 0; ++message) {
        by_count = message->seq - 1;
        if (message->sender != user) --unseen;
    }
    if (unseen > 0) by_count = 0;
    const auto last = textOf(reader["last"]);
    const auto found = std::find_if(messages.begin(), messages.end(), [&](const StoredMessage& one) {
        return last && one.message_id == *last;
    });
    return found == messages.end() ? by_count : std::max(by_count, found->seq);
}

}  // namespace linkup::chat
