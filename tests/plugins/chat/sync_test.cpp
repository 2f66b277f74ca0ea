#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <random>
#include <thread>

#include "chat_fixture.h"
#include "sync_service.h"

namespace linkup::test {

using chat::SyncPosition;
using chat::SyncPositions;
using sdk::Json;

/// The text that says where a client is.
class SyncCursorTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SyncCursorTest);
    CPPUNIT_TEST(positionsComeBackAsTheyWere);
    CPPUNIT_TEST(whatIsNoCursorIsNone);
    CPPUNIT_TEST_SUITE_END();

public:
    void positionsComeBackAsTheyWere() {
        const std::int64_t most = std::numeric_limits<std::int64_t>::max();
        for (const SyncPositions& positions :
             {SyncPositions(), SyncPositions{{1, {}}},
              SyncPositions{{1, {1, 2, 3, 4, 5, 6}}, {2, {}}, {300, {127, 128, 16383, 16384, most, most}}},
              SyncPositions{{most, {most, most, most, most, most, most}}}}) {
            const auto cursor = chat::cursorOf(positions);
            CPPUNIT_ASSERT(cursor.find_first_not_of(
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
                           std::string::npos);
            CPPUNIT_ASSERT(chat::positionsOf(cursor) == positions);
        }
    }

    void whatIsNoCursorIsNone() {
        for (const char* text : {"", "A", "AA", "!!!!", "AQE", "AQEA", "AgEAAAAAAAA", "now ", "{}"})
            CPPUNIT_ASSERT_MESSAGE(text, !chat::positionsOf(text));
        // Whatever the bytes are, reading them ends.
        std::mt19937 random(7);
        for (int i = 0; i < 20'000; ++i) {
            std::string text = "AQ";
            for (auto size = random() % 40; size > 0; --size) text += "ABCDwxyz0189-_"[random() % 14];
            const auto positions = chat::positionsOf(text);
            if (positions) CPPUNIT_ASSERT(chat::positionsOf(chat::cursorOf(*positions)) == positions);
        }
    }
};

/// Everything missed over all chats, on both databases.
template <Backend kBackend>
class SyncTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SyncTest);
    CPPUNIT_TEST(everythingMissedComesOnce);
    CPPUNIT_TEST(pagesAreBoundedAndLeaveNothingOut);
    CPPUNIT_TEST(nowGivesNoMessages);
    CPPUNIT_TEST(lostReplyIsGivenAgain);
    CPPUNIT_TEST(changesOfKnownMessagesCome);
    CPPUNIT_TEST(receiptsAndMutingCome);
    CPPUNIT_TEST(chatThatIsGoneIsTold);
    CPPUNIT_TEST(whatIsHandedOutIsDelivered);
    CPPUNIT_TEST(otherPeoplesChatsStayTheirs);
    CPPUNIT_TEST(cursorFromElsewhereComesToItsEnd);
    CPPUNIT_TEST(noCursorIsRefused);
    CPPUNIT_TEST(nothingIsLostWhileOthersWrite);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(kBackend);
        number_ = 0;
        for (sdk::UserId other : {2, 3, 4}) rooms_[other] = chat_->openRoom(1, other);
    }
    void tearDown() override { chat_.reset(); }

    void everythingMissedComesOnce() {
        send(2, 1, 3);
        send(1, 3, 2);
        auto reply = sync(1, {});
        CPPUNIT_ASSERT_EQUAL(std::size_t{5}, reply["messages"].size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, reply["chats"].size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, reply["chats"].items()[2]["partner_id"].asInteger());
        CPPUNIT_ASSERT(!reply["has_more"].asBool());
        reply = sync(1, reply);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, reply["messages"].size() + reply["changed"].size() +
                                                 reply["chats"].size() + reply["removed"].size());
        send(4, 1, 1);
        reply = sync(1, reply);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reply["messages"].size());
        CPPUNIT_ASSERT_EQUAL(rooms_[4], reply["messages"].items()[0]["chat_room_id"].asInteger());
        const auto history = chat_->page(1, rooms_[4], {});
        CPPUNIT_ASSERT_EQUAL(history["messages"].items()[0].dump(), reply["messages"].items()[0].dump());
    }

    void pagesAreBoundedAndLeaveNothingOut() {
        send(2, 1, 7);
        send(3, 1, 1);
        send(1, 4, 5);
        for (const int limit : {1, 2, 3, 5, 100}) {
            Json reply;
            std::vector<std::string> had;
            std::size_t chats = 0;
            do {
                reply = sync(1, reply, limit);
                const auto count = reply["messages"].size() + reply["changed"].size() + reply["chats"].size();
                CPPUNIT_ASSERT(count > 0 && count <= static_cast<std::size_t>(limit));
                chats += reply["chats"].size();
                for (const auto& message : reply["messages"].items()) had.push_back(placeOf(message));
            } while (reply["has_more"].asBool());
            CPPUNIT_ASSERT_EQUAL(std::size_t{13}, had.size());
            CPPUNIT_ASSERT(std::is_sorted(had.begin(), had.end()));
            CPPUNIT_ASSERT_EQUAL(std::size_t{13}, std::set<std::string>(had.begin(), had.end()).size());
            CPPUNIT_ASSERT(chats >= 3);
        }
    }

    void nowGivesNoMessages() {
        send(2, 1, 3);
        const auto now = chat_->syncs.sync(1, "now", 1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, now["messages"].size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, now["chats"].size());
        send(2, 1, 1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, sync(1, now)["messages"].size());
    }

    void lostReplyIsGivenAgain() {
        const auto first = sync(1, {});
        send(2, 1, 2);
        const auto lost = sync(1, first);
        send(2, 1, 1);
        const auto again = sync(1, first);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lost["messages"].size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, again["messages"].size());
    }

    void changesOfKnownMessagesCome() {
        send(2, 1, 2);  // 1, 2
        auto reply = sync(1, {});
        send(2, 1, 1);  // 3
        change(2, 1, "one");
        change(2, 3, "three");
        change(2, 2, "two");
        change(2, 1, "one again");
        const auto before = reply;
        reply = sync(1, before);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reply["messages"].size());
        CPPUNIT_ASSERT_EQUAL(std::string("three"), reply["messages"].items()[0]["message"].asString());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, reply["changed"].size());
        CPPUNIT_ASSERT_EQUAL(std::string("two"), reply["changed"].items()[0]["message"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("one again"), reply["changed"].items()[1]["message"].asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, reply["changed"].items()[1]["revision"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, sync(1, reply)["changed"].size());
        // One by one, too, each has its last state in the end.
        std::map<std::string, std::string> texts;
        reply = before;
        do {
            reply = sync(1, reply, 1);
            for (const char* list : {"messages", "changed"}) {
                for (const auto& message : reply[list].items())
                    texts[placeOf(message)] = message["message"].asString();
            }
        } while (reply["has_more"].asBool());
        CPPUNIT_ASSERT((texts == std::map<std::string, std::string>{
                                     {"1/1", "one again"}, {"1/2", "two"}, {"1/3", "three"}}));
    }

    void receiptsAndMutingCome() {
        send(1, 2, 2);
        auto reply = sync(1, {});
        chat_->rooms.history(2, rooms_[2]);
        reply = sync(1, reply);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reply["chats"].size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, reply["chats"].items()[0]["other_seen_seq"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, reply["chats"].items()[0]["other_delivered_seq"].asInteger());
        chat_->rooms.mute(1, rooms_[2], 1'900'000'000'000'000);
        reply = sync(1, reply);
        CPPUNIT_ASSERT_EQUAL(std::string("2030-03-17T17:46:40.000000Z"),
                             reply["chats"].items().at(0)["muted_until"].asString());
        CPPUNIT_ASSERT(sync(2, {})["chats"].items().at(0)["muted_until"].isNull());
        chat_->rooms.mute(1, rooms_[2], 0);
        CPPUNIT_ASSERT(sync(1, reply)["chats"].items().at(0)["muted_until"].isNull());
        CPPUNIT_ASSERT_THROW(chat_->rooms.mute(3, rooms_[2], 1), sdk::Error);
    }

    void chatThatIsGoneIsTold() {
        send(2, 1, 2);
        auto reply = sync(1, {});
        chat_->town.database().transaction(
            [&](sdk::Connection& connection) { chat_->rooms.removeBetween(connection, 1, 2); });
        reply = sync(1, reply);
        CPPUNIT_ASSERT_EQUAL("[" + std::to_string(rooms_[2]) + "]", reply["removed"].dump());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, sync(1, reply)["removed"].size());
    }

    void whatIsHandedOutIsDelivered() {
        send(2, 1, 3);
        const auto phone = chat_->hub.open(std::string(chat::kChatPath), 2);
        sync(1, {}, 3);
        CPPUNIT_ASSERT(waitFor([&] {
            return chat_->town.number(
                       "SELECT delivered_seq FROM chat_participants WHERE user_id = 1 AND "
                       "chat_id = 1") == 2;
        }));
        CPPUNIT_ASSERT(waitFor([&] {
            const auto sent = phone->sent();
            return std::any_of(sent.begin(), sent.end(), [](const std::string& frame) {
                return frame.find(R"("type":"delivered")") != std::string::npos;
            });
        }));
    }

    void otherPeoplesChatsStayTheirs() {
        send(2, 1, 3);
        const auto own = sync(1, {});
        const auto forged = sync(3, own);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, forged["messages"].size());
        const auto empty = sync(9, {});
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, empty["chats"].size());
        CPPUNIT_ASSERT(!empty["has_more"].asBool());
    }

    void cursorFromElsewhereComesToItsEnd() {
        send(2, 1, 3);
        SyncPositions far;
        for (const auto& [other, room] : rooms_) far[room] = {1000, 1000, 1, 1, 1, 1};
        auto reply = chat_->syncs.sync(1, chat::cursorOf(far), 100);
        CPPUNIT_ASSERT(!reply["has_more"].asBool());
        send(2, 1, 1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, sync(1, reply)["messages"].size());
    }

    void noCursorIsRefused() {
        try {
            chat_->syncs.sync(1, "nonsense!", 10);
            CPPUNIT_FAIL("it was taken for a cursor");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT_EQUAL(422, sdk::httpStatus(error.code()));
        }
    }

    void nothingIsLostWhileOthersWrite() {
        constexpr int kEach = 60;
        std::atomic<int> writing = 3;
        std::vector<std::thread> writers;
        for (const auto& [other, room] : rooms_) {
            writers.emplace_back([this, &writing, from = other, chat = room] {
                for (int i = 1; i <= kEach; ++i) {
                    chat_->send(ChatTown::draft(chat, from, 1, i));
                    if (i % 10 == 0) chat_->changes.edit(from, chat, ChatTown::messageId(i / 2), "edited");
                }
                --writing;
            });
        }
        std::map<std::string, std::string> texts;
        std::set<std::string> had;
        Json reply;
        bool last_round = false;
        while (!last_round || reply["has_more"].asBool()) {
            last_round = writing == 0;
            reply = sync(1, reply, 7);
            for (const auto& message : reply["messages"].items()) {
                CPPUNIT_ASSERT_MESSAGE("twice", had.insert(placeOf(message)).second);
                texts[placeOf(message)] = message["message"].asString();
            }
            for (const auto& message : reply["changed"].items()) {
                CPPUNIT_ASSERT_MESSAGE("a change of what is not known", had.contains(placeOf(message)));
                texts[placeOf(message)] = message["message"].asString();
            }
        }
        for (auto& writer : writers) writer.join();
        CPPUNIT_ASSERT_EQUAL(std::size_t{3 * kEach}, texts.size());
        for (const auto& [other, room] : rooms_) {
            for (int i = 1; i <= kEach; ++i) {
                const bool edited = i % 5 == 0 && i <= kEach / 2;
                CPPUNIT_ASSERT_EQUAL(std::string(edited ? "edited" : "hello"),
                                     texts[std::to_string(room) + "/" + std::to_string(i)]);
            }
        }
    }

private:
    void send(sdk::UserId from, sdk::UserId to, int count) {
        const auto room = rooms_[std::max(from, to)];
        for (int i = 0; i < count; ++i) chat_->send(ChatTown::draft(room, from, to, ++number_));
    }
    void change(sdk::UserId user, int number, const std::string& text) {
        CPPUNIT_ASSERT(chat_->changes.edit(user, rooms_[user], ChatTown::messageId(number), text).result ==
                       chat::ChangeResult::kChanged);
    }
    Json sync(sdk::UserId user, const Json& last, int limit = 100) {
        return chat_->syncs.sync(
            user, last["cursor"].isString() ? std::optional(last["cursor"].asString()) : std::nullopt, limit);
    }
    static std::string placeOf(const Json& message) {
        return std::to_string(message["chat_room_id"].asInteger()) + "/" +
               std::to_string(message["seq"].asInteger());
    }

    std::unique_ptr<ChatTown> chat_;
    std::map<sdk::UserId, std::int64_t> rooms_;
    int number_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SyncCursorTest);
CPPUNIT_TEST_SUITE_REGISTRATION(SyncTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(SyncTest<Backend::kPostgresql>);

}  // namespace linkup::test
