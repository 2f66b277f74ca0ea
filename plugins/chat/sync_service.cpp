#include "sync_service.h"

#include <linkup/sdk/schema.h>

#include <algorithm>
#include <map>

#include "message_frame.h"

namespace linkup::chat {
namespace {

SyncPositions positionsFrom(const std::string& since) {
    auto positions = positionsOf(since);
    if (!positions) {
        throw sdk::unprocessable({sdk::Fault::rule(
            {"query", "since"}, "this is not a cursor that a sync gave", since.substr(0, 200))});
    }
    return std::move(*positions);
}

sdk::Json stateOf(const sync_store::Place& place, sdk::UserId user) {
    const auto& position = place.position;
    return sdk::Json::object({{"chat_room_id", place.room.id},
                              {"partner_id", place.room.partnerOf(user)},
                              {"last_seq", position.seq},
                              {"seen_seq", position.seen_seq},
                              {"other_seen_seq", position.other_seen_seq},
                              {"other_delivered_seq", position.other_delivered_seq},
                              {"muted_until", mutedUntil(position.muted_until)}});
}

}  // namespace

SyncService::Page SyncService::plan(const std::vector<sync_store::Place>& places, SyncPositions known,
                                    std::int64_t limit) {
    Page page;
    for (const auto& place : places) {
        const auto& there = place.position;
        const auto before = known.extract(place.room.id);
        const bool is_new = before.empty();
        if (limit == 0) {
            page.has_more = page.has_more || is_new || !(before.mapped() == there);
            if (!is_new) page.reached.emplace_hint(page.reached.end(), place.room.id, before.mapped());
            continue;
        }
        // Of a chat that is new to the client, all messages come as they are now.
        SyncPosition at = is_new ? SyncPosition{.revision = there.revision} : before.mapped();
        at.seq = std::min(at.seq, there.seq);  // or a cursor from elsewhere would never come to its end
        at.revision = std::min(at.revision, there.revision);
        const SyncPosition told{
            at.seq,           at.revision, there.seen_seq, there.other_seen_seq, there.other_delivered_seq,
            there.muted_until};
        if (is_new || !(at == told)) {
            page.chats.push_back(place);
            at = told;
            --limit;
        }
        const auto had = at.seq;
        if (const auto count = std::min(there.seq - at.seq, limit); count > 0) {
            page.messages.push_back({place.room.id, at.seq, at.seq + count});
            at.seq += count;
            limit -= count;
        }
        if (const auto count = std::min(there.revision - at.revision, limit); count > 0) {
            page.changes.push_back({place.room.id, at.revision, at.revision + count, had});
            at.revision += count;
            limit -= count;
        }
        page.has_more = page.has_more || !(at == there);
        page.reached.emplace_hint(page.reached.end(), place.room.id, at);
    }
    for (const auto& [chat, position] : known) page.removed.push(chat);
    return page;
}

sdk::Json SyncService::sync(sdk::UserId user, const std::optional<std::string>& since, std::int64_t limit) {
    std::vector<StoredMessage> messages;
    auto reply = sdk::read(database_, [&](sdk::Connection& connection) {
        const auto places = sync_store::places(connection, user);
        Page page;
        if (since == "now") {
            page.chats = places;
            for (const auto& place : places) page.reached.emplace(place.room.id, place.position);
        } else {
            page = plan(places, since ? positionsFrom(*since) : SyncPositions(), limit);
        }
        sync_store::Rooms rooms;
        for (const auto& place : places) rooms.emplace(place.room.id, place.room);
        if (!page.messages.empty()) messages = sync_store::messages(connection, rooms, page.messages);
        const auto changes = page.changes.empty() ? std::vector<StoredMessage>()
                                                  : sync_store::changes(connection, rooms, page.changes);
        sdk::Json chats = sdk::Json::array();
        for (const auto& place : page.chats) chats.push(stateOf(place, user));
        return sdk::Json::object({{"user_id", user},
                                  {"messages", frames(messages, user, places)},
                                  {"changed", frames(changes, user, places)},
                                  {"chats", std::move(chats)},
                                  {"removed", std::move(page.removed)},
                                  {"cursor", cursorOf(page.reached)},
                                  {"has_more", page.has_more}});
    });
    noteDelivered(messages, user);
    return reply;
}

sdk::Json SyncService::frames(const std::vector<StoredMessage>& messages, sdk::UserId user,
                              const std::vector<sync_store::Place>& places) const {
    sdk::Json list = sdk::Json::array();
    for (const auto& message : messages) {
        const auto place = std::lower_bound(
            places.begin(), places.end(), message.chat_id,
            [](const sync_store::Place& one, std::int64_t chat) { return one.room.id < chat; });
        const auto& position = place->position;
        const auto seen = message.receiver == user ? position.seen_seq : position.other_seen_seq;
        list.push(messageFrame(message, message.seq <= seen, media_urls_));
    }
    return list;
}

void SyncService::noteDelivered(const std::vector<StoredMessage>& messages, sdk::UserId user) {
    std::map<std::int64_t, const StoredMessage*> newest;  // they come by seq
    for (const auto& message : messages) {
        if (message.receiver == user) newest[message.chat_id] = &message;
    }
    for (const auto& [chat, message] : newest) receipts_.noteDelivered(*message);
}

}  // namespace linkup::chat
