#include <cppunit/extensions/HelperMacros.h>

#include <future>
#include <thread>

#include "chat_fixture.h"

namespace linkup::test {

/// Opening and reading chats, and how far each has come, on both databases.
template <Backend kBackend>
class RoomTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RoomTest);
    CPPUNIT_TEST(bothCanStartTheSameChat);
    CPPUNIT_TEST(withoutAMatchThereIsNoChat);
    CPPUNIT_TEST(historyIsForParticipantsOnly);
    CPPUNIT_TEST(historyGivesTheNewestTwentyOldestFirst);
    CPPUNIT_TEST(pagesGoBackToTheFirstMessage);
    CPPUNIT_TEST(aPageEndsBeforeItsCursor);
    CPPUNIT_TEST(readingMarksAsSeenAndTellsThePartnerOnce);
    CPPUNIT_TEST(ownMessagesAreNotSeenByReadingThem);
    CPPUNIT_TEST(seenMovesForwardOnly);
    CPPUNIT_TEST(unseenCountsThePartnersMessagesOnly);
    CPPUNIT_TEST(summariesComeLatestFirst);
    CPPUNIT_TEST(removedRoomIsGoneForBoth);
    CPPUNIT_TEST(messageThatIsBeingStoredGoesWithItsRoom);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(kBackend);
        room_ = chat_->openRoom(1, 2);
    }
    void tearDown() override { chat_.reset(); }

    void bothCanStartTheSameChat() {
        const auto mine = chat_->rooms.startChat(1, 3);
        const auto same = chat_->rooms.startChat(3, 1);
        CPPUNIT_ASSERT_EQUAL(std::string("Chat started successfully"), mine["message"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("Chat already started"), same["message"].asString());
        CPPUNIT_ASSERT(mine["chat_room_id"] == same["chat_room_id"]);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, same["user1_id"].asInteger());
    }

    void withoutAMatchThereIsNoChat() {
        CPPUNIT_ASSERT_THROW_MESSAGE("a chat without a match", chat_->rooms.startChat(1, 95), sdk::Error);
        CPPUNIT_ASSERT_THROW_MESSAGE("a chat with oneself", chat_->rooms.startChat(1, 1), sdk::Error);
    }

    void historyIsForParticipantsOnly() {
        CPPUNIT_ASSERT(mayNotRead(3, room_));
        CPPUNIT_ASSERT(mayNotRead(1, room_ + 1));
        CPPUNIT_ASSERT(!mayNotRead(1, room_));
    }

    void historyGivesTheNewestTwentyOldestFirst() {
        for (int i = 1; i <= 25; ++i) chat_->send(ChatTown::draft(room_, 1, 2, i));
        const auto reply = chat_->rooms.history(2, room_);
        CPPUNIT_ASSERT_EQUAL(std::size_t{20}, reply["messages"].size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, reply["messages"].items().front()["seq"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{25}, reply["last_seq"].asInteger());
    }

    void pagesGoBackToTheFirstMessage() {
        for (int i = 1; i <= 45; ++i) chat_->send(ChatTown::draft(room_, 1, 2, i));
        chat::RoomService::Before before;
        std::vector<std::int64_t> sizes;
        for (bool has_more = true; has_more;) {
            const auto reply = chat_->rooms.page(2, room_, before);
            sizes.push_back(static_cast<std::int64_t>(reply["messages"].size()));
            has_more = reply["has_more"].asBool();
            const auto& oldest = reply["messages"].items().front();
            CPPUNIT_ASSERT(reply["next_page_cursor"] == oldest["message_id"]);
            CPPUNIT_ASSERT(reply["next_before_seq"] == oldest["seq"]);
            before.message_id = oldest["message_id"].asString();
        }
        CPPUNIT_ASSERT(sizes == (std::vector<std::int64_t>{20, 20, 5}));
        const auto beyond = chat_->rooms.page(2, room_, before);
        CPPUNIT_ASSERT(!beyond["has_more"].asBool() && beyond["next_page_cursor"].isNull() &&
                       beyond["next_before_seq"].isNull() && beyond["messages"].size() == 0);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{45}, chat_->rooms.history(2, room_)["last_seq"].asInteger());
    }

    void aPageEndsBeforeItsCursor() {
        std::vector<sdk::Time> times;
        for (int i = 1; i <= 5; ++i) {
            times.push_back(chat_->send(ChatTown::draft(room_, 1, 2, i)).message.created_at);
        }
        const auto last = [&](chat::RoomService::Before before) {
            const auto reply = chat_->rooms.page(2, room_, before);
            return reply["messages"].size() == 0 ? 0 : reply["messages"].items().back()["seq"].asInteger();
        };
        const auto unknown = ChatTown::messageId(77);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2},
                             last({.seq = 3, .message_id = ChatTown::messageId(5), .time = {}}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3},
                             last({.seq = {}, .message_id = ChatTown::messageId(4), .time = times[0]}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, last({.seq = {}, .message_id = unknown, .time = times[2]}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, last({.seq = {}, .message_id = {}, .time = times[0]}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, last({.seq = {}, .message_id = unknown, .time = {}}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5},
                             last({.seq = {}, .message_id = {}, .time = times[4] + std::chrono::hours(1)}));
        CPPUNIT_ASSERT_THROW(chat_->rooms.page(3, room_, {}), sdk::Error);
    }

    void readingMarksAsSeenAndTellsThePartnerOnce() {
        chat_->send(ChatTown::draft(room_, 1, 2, 1));
        const auto phone = chat_->hub.open(std::string(chat::kChatPath), 1);
        CPPUNIT_ASSERT(chat_->rooms.history(2, room_)["messages"].items()[0]["is_seen"].asBool());
        chat_->rooms.history(2, room_);
        auto events = phone->takeEvents();
        // The echo of the message may still reach a device of the sender that has just come.
        std::erase_if(events,
                      [](const sdk::Json& event) { return event["chats_type"] == sdk::Json("message"); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, events.size());
        CPPUNIT_ASSERT_EQUAL(std::string("delivered"), events[0]["type"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("seen"), events[1]["chats_type"].asString());
    }

    void ownMessagesAreNotSeenByReadingThem() {
        chat_->send(ChatTown::draft(room_, 1, 2, 1));
        const auto reply = chat_->rooms.history(1, room_);
        CPPUNIT_ASSERT(!reply["messages"].items()[0]["is_seen"].asBool());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, reply["other_seen_seq"].asInteger());
    }

    void seenMovesForwardOnly() {
        for (int i = 1; i <= 3; ++i) chat_->send(ChatTown::draft(room_, 1, 2, i));
        chat_->receipts.markSeen(2, room_, ChatTown::messageId(2), {});
        chat_->receipts.markSeen(2, room_, ChatTown::messageId(1), {});
        chat_->receipts.markSeen(2, std::nullopt, ChatTown::messageId(99), {});
        chat_->receipts.markSeen(3, room_, ChatTown::messageId(3), {});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, unseen(2));
        chat_->receipts.markSeen(2, std::nullopt, ChatTown::messageId(3), {});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, unseen(2));
    }

    void unseenCountsThePartnersMessagesOnly() {
        chat_->send(ChatTown::draft(room_, 1, 2, 1));
        chat_->send(ChatTown::draft(room_, 2, 1, 2));
        chat_->send(ChatTown::draft(room_, 1, 2, 3));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, unseen(2));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, unseen(1));
    }

    void summariesComeLatestFirst() {
        const auto newer = chat_->openRoom(1, 3);
        chat_->town.host().fake_clock.advance(std::chrono::seconds(1));
        chat_->send(ChatTown::draft(room_, 2, 1, 1, "back again"));
        const auto chats = summaries(1);
        CPPUNIT_ASSERT_EQUAL(room_, chats[0].chat_room_id);
        CPPUNIT_ASSERT_EQUAL(std::string("back again"), chats[0].last_message.value());
        CPPUNIT_ASSERT_EQUAL(newer, chats[1].chat_room_id);
        CPPUNIT_ASSERT(!chats[1].last_message);
    }

    void messageThatIsBeingStoredGoesWithItsRoom() {
        std::promise<void> locked;
        std::promise<void> stored;
        chat_->town.host().fake_hooks.on("message.sending", [&](sdk::Connection&, sdk::Json&) {
            locked.set_value();
            stored.get_future().wait();
            return sdk::HookVerdict::pass();
        });
        auto sent = chat_->submit(ChatTown::draft(room_, 1, 2, 1));
        locked.get_future().wait();
        std::thread remover([&] {
            chat_->town.database().transaction(
                [&](sdk::Connection& connection) { chat_->rooms.removeBetween(connection, 1, 2); });
        });
        if (kBackend == Backend::kPostgresql) {
            CPPUNIT_ASSERT(waitFor([&] {
                return chat_->town.number(
                           "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                           "AND datname = current_database()") > 0;
            }));
        }
        stored.set_value();
        remover.join();
        CPPUNIT_ASSERT(sent.get().result == chat::SendResult::kStored);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, chat_->town.number("SELECT COUNT(*) FROM chat_messages"));
    }

    void removedRoomIsGoneForBoth() {
        chat_->send(ChatTown::draft(room_, 1, 2, 1));
        chat_->town.database().transaction(
            [&](sdk::Connection& connection) { chat_->rooms.removeBetween(connection, 2, 1); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, chat_->town.number("SELECT COUNT(*) FROM chat_messages"));
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(room_, 1, 2, 2)).result ==
                       chat::SendResult::kNotParticipant);
        CPPUNIT_ASSERT(summaries(2).empty());
    }

private:
    bool mayNotRead(sdk::UserId user, std::int64_t room) {
        try {
            chat_->rooms.history(user, room);
            return false;
        } catch (const sdk::Error& error) {
            return error.code() == sdk::ErrorCode::kForbidden;
        }
    }
    std::vector<sdk::ChatSummary> summaries(sdk::UserId user) {
        return sdk::read(chat_->town.database(), [&](sdk::Connection& connection) {
            return chat_->rooms.summaries(connection, user);
        });
    }
    std::int64_t unseen(sdk::UserId user) { return summaries(user).front().unseen; }

    std::unique_ptr<ChatTown> chat_;
    std::int64_t room_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RoomTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(RoomTest<Backend::kPostgresql>);

}  // namespace linkup::test
