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
    CPPUNIT_TEST(aPageThatIsTheSameIsNotReadAgain);
    CPPUNIT_TEST(aPageShowsWhatWasEditedSinceItWasSent);
    CPPUNIT_TEST(aPageShowsWhatWasSeenSinceItWasSent);
    CPPUNIT_TEST(aPageThatReachesTheEndTakesInWhatCame);
    CPPUNIT_TEST(aPageBeforeAnIdThatWasUnknownEndsThereOnceItIsKnown);
    CPPUNIT_TEST(aPageThatWasSentIsNotForWhoHasLeft);
    CPPUNIT_TEST(ofPagesAskedForTogetherEachIsItsOwn);
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
            const auto reply = chat_->page(2, room_, before);
            sizes.push_back(static_cast<std::int64_t>(reply["messages"].size()));
            has_more = reply["has_more"].asBool();
            const auto& oldest = reply["messages"].items().front();
            CPPUNIT_ASSERT(reply["next_page_cursor"] == oldest["message_id"]);
            CPPUNIT_ASSERT(reply["next_before_seq"] == oldest["seq"]);
            before.message_id = oldest["message_id"].asString();
        }
        CPPUNIT_ASSERT(sizes == (std::vector<std::int64_t>{20, 20, 5}));
        const auto beyond = chat_->page(2, room_, before);
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
            const auto reply = chat_->page(2, room_, before);
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
        CPPUNIT_ASSERT_THROW(chat_->page(3, room_, {}), sdk::Error);
    }

    void aPageThatIsTheSameIsNotReadAgain() {
        fill(30);
        for (const auto& before : {beforeSeq(21), beforeId(21)}) {
            const auto page = chat_->page(2, room_, before);
            execute("UPDATE chat_messages SET body = 'behind the back'");
            CPPUNIT_ASSERT(chat_->page(2, room_, before) == page);
            CPPUNIT_ASSERT_EQUAL(std::string("behind the back"), textOf(chat_->page(1, room_, before), 0));
            execute("UPDATE chat_messages SET body = 'hello'");
        }
    }

    void aPageShowsWhatWasEditedSinceItWasSent() {
        fill(25);
        CPPUNIT_ASSERT_EQUAL(std::string("hello"), textOf(chat_->page(2, room_, beforeSeq(21)), 19));
        chat_->changes.edit(1, room_, ChatTown::messageId(20), "better");
        CPPUNIT_ASSERT_EQUAL(std::string("better"), textOf(chat_->page(2, room_, beforeSeq(21)), 19));
    }

    void aPageShowsWhatWasSeenSinceItWasSent() {
        fill(25);
        const auto seen = [&](sdk::UserId user) {
            const auto page = chat_->page(user, room_, beforeSeq(21));
            std::int64_t count = 0;
            for (const auto& message : page["messages"].items()) count += message["is_seen"].asBool() ? 1 : 0;
            return count;
        };
        CPPUNIT_ASSERT(seen(1) == 0 && seen(2) == 0);
        chat_->receipts.markSeen(2, room_, ChatTown::messageId(5), {});
        CPPUNIT_ASSERT(seen(1) == 5 && seen(2) == 5);
        chat_->receipts.markSeen(2, room_, ChatTown::messageId(22), {});
        CPPUNIT_ASSERT(seen(1) == 20 && seen(2) == 20);
        chat_->receipts.markSeen(2, room_, ChatTown::messageId(25), {});
        CPPUNIT_ASSERT(seen(1) == 20 && seen(2) == 20);
    }

    void aPageThatReachesTheEndTakesInWhatCame() {
        fill(3);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, chat_->page(2, room_, beforeSeq(100))["messages"].size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, chat_->page(2, room_, beforeSeq(4))["messages"].size());
        chat_->send(ChatTown::draft(room_, 1, 2, 4));
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, chat_->page(2, room_, beforeSeq(100))["messages"].size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, chat_->page(2, room_, beforeSeq(4))["messages"].size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, chat_->page(2, room_)["messages"].size());
    }

    void aPageBeforeAnIdThatWasUnknownEndsThereOnceItIsKnown() {
        fill(3);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, chat_->page(2, room_, beforeId(4))["messages"].size());
        chat_->send(ChatTown::draft(room_, 1, 2, 5));
        chat_->send(ChatTown::draft(room_, 1, 2, 4));
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, chat_->page(2, room_, beforeId(4))["messages"].size());
    }

    void aPageThatWasSentIsNotForWhoHasLeft() {
        fill(25);
        chat_->page(2, room_, beforeSeq(21));
        chat_->town.database().transaction([&](sdk::Connection& c) { chat_->rooms.removeBetween(c, 1, 2); });
        CPPUNIT_ASSERT_THROW(chat_->page(2, room_, beforeSeq(21)), sdk::Error);
    }

    void ofPagesAskedForTogetherEachIsItsOwn() {
        fill(25);
        const auto other_room = chat_->openRoom(1, 3);
        chat_->send(ChatTown::draft(other_room, 3, 1, 1, "from three"));
        chat_->page(1, room_, beforeSeq(3));  // of one page it is known
        const std::vector<chat::RoomService::PageWanted> wanted = {
            {2, room_, beforeSeq(21)}, {1, other_room, {}},     {3, room_, beforeSeq(21)},
            {1, room_, beforeSeq(3)},  {1, room_, beforeId(2)}, {2, room_ + 7, {}},
            {2, room_, beforeSeq(21)}, {2, room_, beforeSeq(1)}};
        const auto answers = chat_->rooms.pages(wanted);
        const std::vector<int> sizes = {20, 1, -1, 2, 1, -1, 20, 0};
        CPPUNIT_ASSERT_EQUAL(sizes.size(), answers.size());
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            CPPUNIT_ASSERT_EQUAL(sizes[i] < 0, answers[i].error.has_value());
            if (sizes[i] < 0) continue;
            const auto page = sdk::parseTrustedJson(answers[i].body);
            CPPUNIT_ASSERT_EQUAL(wanted[i].user, page["user_id"].asInteger());
            CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(sizes[i]), page["messages"].size());
        }
        CPPUNIT_ASSERT_EQUAL(std::string("from three"), textOf(sdk::parseTrustedJson(answers[1].body), 0));
        CPPUNIT_ASSERT_EQUAL(answers[0].body, answers[6].body);
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
    /// So many messages of 1, with the numbers from 1 on as ids.
    void fill(int count) {
        for (int i = 1; i <= count; ++i) chat_->send(ChatTown::draft(room_, 1, 2, i));
    }
    static chat::RoomService::Before beforeSeq(std::int64_t seq) {
        return {.seq = seq, .message_id = {}, .time = {}};
    }
    static chat::RoomService::Before beforeId(int number) {
        return {.seq = {}, .message_id = ChatTown::messageId(number), .time = {}};
    }
    static std::string textOf(const sdk::Json& page, std::size_t place) {
        return page["messages"].items().at(place)["message"].asString();
    }
    void execute(std::string_view sql) {
        chat_->town.database().transaction([&](sdk::Connection& c) { c.execute(sql); });
    }
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
