#pragma once

#include <linkup/sdk/services/matches.h>
#include <linkup/sdk/services/media_files.h>
#include <linkup/sdk/testing/fake_heartbeat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "change_service.h"
#include "chat_events.h"
#include "chat_feeds.h"
#include "chat_migrations.h"
#include "chat_sockets.h"
#include "limit_service.h"
#include "message_service.h"
#include "presence_service.h"
#include "receipt_service.h"
#include "room_service.h"
#include "sync_service.h"
#include "tests/support/wait.h"
#include "town.h"

namespace linkup::test {

/// Everybody with an id below 90 has matched everybody, once.
class WillingMatches : public sdk::Matches {
public:
    bool exists(sdk::Connection&, sdk::UserId, sdk::UserId) override { return true; }
    bool blocked(sdk::Connection&, sdk::UserId, sdk::UserId) override { return false; }
    bool create(sdk::Connection&, sdk::UserId, sdk::UserId) override { return false; }
    bool consume(sdk::Connection&, sdk::UserId one, sdk::UserId other) override {
        return one < 90 && other < 90 && used_.insert({std::min(one, other), std::max(one, other)}).second;
    }
    int likesPerDay() const noexcept override { return 10; }

private:
    std::set<std::pair<sdk::UserId, sdk::UserId>> used_;
};

/// Whatever lies in the folder of its user was uploaded by that user, but for keys with "never" in them.
class FilesOfFolders : public sdk::MediaFiles {
public:
    std::vector<File> uploaded(sdk::Connection&, const std::vector<File>& files) override {
        ++asked;
        if (on_asked) on_asked();
        std::vector<File> found;
        for (const File& file : files) {
            if (file.file_key.starts_with("sw/media/" + std::to_string(file.user) + "/") &&
                file.file_key.find("never") == std::string::npos) {
                found.push_back(file);
            }
        }
        return found;
    }
    std::atomic<int> asked = 0;
    std::function<void()> on_asked;
};

/// The services of plugin chat, started, on a real database with fake sockets.
struct ChatTown {
    explicit ChatTown(Backend backend, chat::WriterSettings settings = {},
                      const chat::EventLimits& limited = {})
        : town(backend),
          hub(town.host().fake_sockets),
          events(hub, town.host().fake_bus, town.host().fake_clock),
          receipts(town.database(), town.host().log(), events),
          feeds(town.database(), hub, town.host().log(), receipts),
          messages(town.database(), town.host().clock(), town.host().log(), town.host().metrics(),
                   town.host().hooks(), events, settings),
          rooms(town.database(), town.host().clock(), receipts),
          limits(town.host().fake_bus, town.host().fake_clock, limited),
          changes(town.database(), town.host().clock(), town.host().hooks(), town.host().log(), events, {}),
          syncs(town.database(), receipts),
          presence(town.database(), town.host().fake_bus, town.host().clock(), town.host().log(), events, {}),
          sockets({messages, receipts, changes, rooms, events, feeds, presence, limits},
                  town.host().metrics(), town.host().clock()) {
        town.migrate("chat", chat::sql::migrations());
        rooms.setNeighbours(matches, nullptr);
        receipts.start(receipts_heartbeat);
        feeds.start(nullptr, {&feeds_heartbeats[0], &feeds_heartbeats[1]});
        events.start(feeds, nullptr);
        messages.start(&files, {&heartbeats[0], &heartbeats[1]});
        limits.start();
    }
    ~ChatTown() {
        limits.stop();
        messages.stop();
        events.stop();
        feeds.stop();
        receipts.stop();
    }

    std::int64_t openRoom(sdk::UserId one, sdk::UserId other) {
        return rooms.startChat(one, other)["chat_room_id"].asInteger();
    }
    /// As a phone gets it.
    sdk::Json page(sdk::UserId user, std::int64_t room, const chat::RoomService::Before& before = {}) {
        const chat::RoomService::PageWanted wanted{user, room, before};
        const auto answer = std::move(rooms.pages(std::span(&wanted, 1)).front());
        if (answer.error) throw sdk::Error(*answer.error);
        return sdk::parseTrustedJson(answer.body);
    }
    static std::string messageId(int number) {
        char text[48];
        std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", number);
        return text;
    }
    static chat::Draft draft(std::int64_t room, sdk::UserId from, sdk::UserId to, int number,
                             std::string body = "hello") {
        chat::Draft draft;
        draft.chat_id = room;
        draft.message_id = messageId(number);
        draft.sender = from;
        draft.recipient = to;
        draft.body = std::move(body);
        return draft;
    }
    static std::future<chat::SendOutcome> submit(chat::MessageService& writer, chat::Draft draft) {
        auto promise = std::make_shared<std::promise<chat::SendOutcome>>();
        draft.reply = [promise](const chat::Draft&, const chat::SendOutcome& outcome) {
            promise->set_value(outcome);
        };
        auto future = promise->get_future();
        if (!writer.submit(std::move(draft))) promise->set_value({chat::SendResult::kBusy, {}});
        return future;
    }
    std::future<chat::SendOutcome> submit(chat::Draft draft) { return submit(messages, std::move(draft)); }
    chat::SendOutcome send(chat::Draft draft) { return submit(std::move(draft)).get(); }

    Town town;
    sdk::testing::FakeSocketHub& hub;
    WillingMatches matches;
    FilesOfFolders files;
    chat::ChatEvents events;
    chat::ReceiptService receipts;
    chat::ChatFeeds feeds;
    std::array<sdk::testing::FakeHeartbeat, chat::MessageService::kThreads> heartbeats;
    sdk::testing::FakeHeartbeat receipts_heartbeat;
    std::array<sdk::testing::FakeHeartbeat, chat::ChatFeeds::kThreads> feeds_heartbeats;
    chat::MessageService messages;
    chat::RoomService rooms;
    chat::LimitService limits;
    chat::ChangeService changes;
    chat::SyncService syncs;
    chat::PresenceService presence;
    chat::ChatSockets sockets;
};

}  // namespace linkup::test
