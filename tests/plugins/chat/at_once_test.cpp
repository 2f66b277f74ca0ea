// Messages that are stored in one round trip, as the database counts itself; and those for which that does
// not do.

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "account_service.h"
#include "chat_fixture.h"
#include "doubtful_database.h"
#include "message_store.h"

namespace linkup::test {

using namespace std::chrono_literals;
using chat::SendResult;
using Fault = DoubtfulDatabase::Fault;

namespace {

/// Counts in how many ways a database is written to.
class CountedDatabase : public sdk::Database {
public:
    explicit CountedDatabase(sdk::Database& database) : database_(database) {}
    void read(const std::function<void(sdk::Connection&)>& work) override { database_.read(work); }
    void transaction(const std::function<void(sdk::Connection&)>& work) override {
        ++transactions;
        database_.transaction(work);
    }
    sdk::Rows executeTogether(std::span<const sdk::Statement> statements) override {
        ++round_trips;
        return database_.executeTogether(statements);
    }
    sdk::Dialect dialect() const noexcept override { return database_.dialect(); }

    std::atomic<int> transactions = 0;
    std::atomic<int> round_trips = 0;

private:
    sdk::Database& database_;
};

}  // namespace

/// Two nodes on one database; what the first one writes is counted. SQLite, which has no round trips, locks
/// and looks each time, and all but the counts is the same.
template <Backend kBackend>
class AtOnceTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AtOnceTest);
    CPPUNIT_TEST(messagesOfAChatThatIsKnownTakeOneRoundTrip);
    CPPUNIT_TEST(aBatchTakesOneRoundTripAndLeavesOutChatsThatKnowAnId);
    CPPUNIT_TEST(aChatThatIsNotKnownIsLocked);
    CPPUNIT_TEST(aFileOrAReplyIsLookedUp);
    CPPUNIT_TEST(aPluginThatHasASayIsAsked);
    CPPUNIT_TEST(whatAnotherNodeStoredInBetweenLeavesNoGapAndNoDouble);
    CPPUNIT_TEST(twoNodesInOneChatTakeOneRoundTripEach);
    CPPUNIT_TEST(twoNodesWriteIntoManyChatsAtOnce);
    CPPUNIT_TEST(whatStandsBehindAFileIsNotStoredBeforeIt);
    CPPUNIT_TEST(aResendIsRecognisedAndTheOthersAreStored);
    CPPUNIT_TEST(whatAnotherNodeStoredIsRecognised);
    CPPUNIT_TEST(aClosedChatIsRefused);
    CPPUNIT_TEST(aRemovedChatIsRefused);
    CPPUNIT_TEST(strangersAreRefused);
    CPPUNIT_TEST(timesIncreaseWithSeqWhateverTheNodesClocksSay);
    CPPUNIT_TEST(aLostAnswerStoresAndTellsOnce);
    CPPUNIT_TEST(whileTheDatabaseIsAwaySendersAreToldToTryAgain);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(kBackend);
        room_ = chat_->openRoom(1, 2);
        other_room_ = chat_->openRoom(1, 3);
        receiver_ = chat_->hub.open(std::string(chat::kChatPath), 2);
        doubtful_ = std::make_unique<DoubtfulDatabase>(chat_->town.database());
        counted_ = std::make_unique<CountedDatabase>(chat_->town.database());
        useNode(*counted_);
    }
    void tearDown() override {
        node_.reset();
        chat_.reset();
    }

    void messagesOfAChatThatIsKnownTakeOneRoundTrip() {
        for (int i = 1; i <= 10; ++i) CPPUNIT_ASSERT_EQUAL(std::int64_t{i}, sendHere(i).message.seq);
        expectWritten(1, 9);
        expectDelivered(10);
    }

    /// By itself, as the writer would fall back to locking, and only be slower.
    void aBatchTakesOneRoundTripAndLeavesOutChatsThatKnowAnId() {
        if (kBackend == Backend::kSqlite) return;
        const auto now = chat_->town.host().clock().now();
        const auto batch = [&](int first) {
            std::vector<chat::StoredMessage> messages(3);
            for (std::size_t i = 0; i < messages.size(); ++i) {
                messages[i].chat_id = i == 1 ? other_room_ : room_;
                messages[i].message_id = ChatTown::messageId(first + static_cast<int>(i));
                messages[i].sender = 1;
                messages[i].body = R"(a "text" with \ and {,})";
            }
            return messages;
        };
        using Chats = std::set<std::int64_t>;
        auto fresh = batch(1);
        CPPUNIT_ASSERT(chat::message_store::storeAtOnce(*counted_, fresh, now) ==
                       Chats({room_, other_room_}));
        CPPUNIT_ASSERT(fresh[0].seq == 1 && fresh[1].seq == 1 && fresh[2].seq == 2);
        CPPUNIT_ASSERT(fresh[0].created_at >= now && fresh[2].created_at > fresh[0].created_at);
        auto known = batch(3);  // its first one is the last of those before
        CPPUNIT_ASSERT(chat::message_store::storeAtOnce(*counted_, known, now) == Chats({other_room_}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, known[1].seq);
        expectWritten(0, 2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, chat_->town.number("SELECT COUNT(*) FROM chat_messages"));
    }

    void aChatThatIsNotKnownIsLocked() {
        sendHere(1);
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{1},
            ChatTown::submit(*node_, ChatTown::draft(other_room_, 3, 1, 1)).get().message.seq);
        expectWritten(2, 0);
    }

    void aFileOrAReplyIsLookedUp() {
        sendHere(1);
        auto answer = ChatTown::draft(room_, 2, 1, 2);
        answer.reply_id = ChatTown::messageId(1);
        CPPUNIT_ASSERT(ChatTown::submit(*node_, std::move(answer)).get().message.reply_id ==
                       ChatTown::messageId(1));
        auto foreign = ChatTown::draft(room_, 1, 2, 3);
        foreign.media = "{}";
        foreign.file_key = "sw/media/2/a.webp";
        CPPUNIT_ASSERT(ChatTown::submit(*node_, std::move(foreign)).get().result ==
                       SendResult::kMediaNotAllowed);
        expectWritten(3, 0);
    }

    void aPluginThatHasASayIsAsked() {
        sendHere(1);
        chat_->town.host().fake_hooks.on("message.sending", [](sdk::Connection&, sdk::Json&) {
            return sdk::HookVerdict::refuse("Not so.");
        });
        CPPUNIT_ASSERT(sendHere(2).result == SendResult::kVetoed);
        expectWritten(2, 0);
    }

    void whatAnotherNodeStoredInBetweenLeavesNoGapAndNoDouble() {
        for (int i = 1; i <= 30; i += 3) {
            CPPUNIT_ASSERT_EQUAL(std::int64_t{i}, sendHere(i).message.seq);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{i + 1}, sendHere(i + 1).message.seq);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{i + 2}, sendThere(i + 2).message.seq);
        }
        expectDelivered(30);
    }

    void twoNodesInOneChatTakeOneRoundTripEach() {
        for (int i = 1; i <= 20; i += 2) {
            sendHere(i);
            sendThere(i + 1);
        }
        expectWritten(1, 9);
    }

    void twoNodesWriteIntoManyChatsAtOnce() {
        constexpr int kChats = 20;
        constexpr int kEach = 20;
        std::vector<std::int64_t> rooms;
        for (int i = 0; i < kChats; ++i) rooms.push_back(chat_->openRoom(10 + i, 50 + i));
        std::vector<std::future<chat::SendOutcome>> outcomes;
        for (int number = 1; number <= kEach; ++number) {
            for (int i = 0; i < kChats; ++i) {
                // The other node goes through the chats the other way round.
                const int other = kChats - 1 - i;
                outcomes.push_back(ChatTown::submit(
                    *node_, ChatTown::draft(rooms[static_cast<std::size_t>(i)], 10 + i, 50 + i, number)));
                outcomes.push_back(chat_->submit(ChatTown::draft(rooms[static_cast<std::size_t>(other)],
                                                                 50 + other, 10 + other, 1000 + number)));
            }
        }
        for (auto& outcome : outcomes) CPPUNIT_ASSERT(outcome.get().result == SendResult::kStored);
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{kChats},
            chat_->town.number("SELECT COUNT(*) FROM (SELECT chat_id FROM chat_messages GROUP BY "
                               "chat_id HAVING COUNT(*) = 40 AND MIN(seq) = 1 AND MAX(seq) = "
                               "40) complete"));
    }

    void whatStandsBehindAFileIsNotStoredBeforeIt() {
        sendHere(1);
        std::promise<void> entered;
        std::promise<void> left;
        chat_->files.on_asked = [&, once = false]() mutable {
            if (std::exchange(once, true)) return;
            entered.set_value();
            left.get_future().wait();
        };
        auto first = ChatTown::draft(other_room_, 1, 3, 9);
        first.media = "{}";
        first.file_key = "sw/media/1/a.webp";
        auto held = ChatTown::submit(*node_, std::move(first));
        entered.get_future().wait();
        auto file = ChatTown::draft(room_, 1, 2, 2);
        file.media = "{}";
        file.file_key = "sw/media/1/a.webp";
        auto with_file = ChatTown::submit(*node_, std::move(file));
        auto behind = submitHere(3);
        left.set_value();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, with_file.get().message.seq);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, behind.get().message.seq);
    }

    void aResendIsRecognisedAndTheOthersAreStored() {
        const auto first = sendHere(1);
        ChatTown::submit(*node_, ChatTown::draft(other_room_, 1, 3, 7)).get();
        chat_->town.host().fake_clock.advance(1h);
        auto again = submitHere(1);
        auto fresh = submitHere(2);
        auto elsewhere = ChatTown::submit(*node_, ChatTown::draft(other_room_, 1, 3, 8));
        const auto repeated = again.get();
        CPPUNIT_ASSERT(repeated.result == SendResult::kRepeated);
        CPPUNIT_ASSERT_EQUAL(first.message.seq, repeated.message.seq);
        CPPUNIT_ASSERT(first.message.created_at == repeated.message.created_at);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, fresh.get().message.seq);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, elsewhere.get().message.seq);
        CPPUNIT_ASSERT(ChatTown::submit(*node_, ChatTown::draft(room_, 2, 1, 2)).get().result ==
                       SendResult::kIdConflict);
        expectDelivered(2);
    }

    void whatAnotherNodeStoredIsRecognised() {
        sendHere(1);
        const auto theirs = sendThere(2);
        const auto ours = sendHere(2);
        CPPUNIT_ASSERT(ours.result == SendResult::kRepeated);
        CPPUNIT_ASSERT_EQUAL(theirs.message.seq, ours.message.seq);
        expectDelivered(2);
    }

    void aClosedChatIsRefused() {
        sendHere(1);
        chat::AccountService accounts(chat_->town.host().clock());
        chat_->town.database().transaction([&](sdk::Connection& connection) {
            accounts.remove(connection, sdk::Json::object({{"user_id", 2}}));
        });
        CPPUNIT_ASSERT(sendHere(2).result == SendResult::kRecipientUnavailable);
    }

    void aRemovedChatIsRefused() {
        sendHere(1);
        chat_->town.database().transaction(
            [&](sdk::Connection& connection) { chat_->rooms.removeBetween(connection, 1, 2); });
        CPPUNIT_ASSERT(sendHere(2).result == SendResult::kNotParticipant);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, chat_->town.number("SELECT COUNT(*) FROM chat_messages"));
    }

    void strangersAreRefused() {
        sendHere(1);
        auto good = submitHere(2);
        auto stranger = ChatTown::submit(*node_, ChatTown::draft(room_, 3, 1, 3));
        auto wrong = ChatTown::submit(*node_, ChatTown::draft(room_, 1, 3, 4));
        CPPUNIT_ASSERT(good.get().result == SendResult::kStored);
        CPPUNIT_ASSERT(stranger.get().result == SendResult::kNotParticipant);
        CPPUNIT_ASSERT(wrong.get().result == SendResult::kRecipientMismatch);
        expectDelivered(2);
    }

    void timesIncreaseWithSeqWhateverTheNodesClocksSay() {
        sendHere(1);
        chat_->town.host().fake_clock.advance(1h);
        auto last = sendHere(2).message.created_at;
        chat_->town.host().fake_clock.advance(-2h);
        for (int i = 3; i <= 5; ++i) {
            const auto time = sendHere(i).message.created_at;
            CPPUNIT_ASSERT(time > last);
            last = time;
        }
    }

    void aLostAnswerStoresAndTellsOnce() {
        useNode(*doubtful_);
        int number = 0;
        sendHere(++number);
        for (const auto fault : {Fault::kCommittedUnanswered, Fault::kRolledBackUnanswered}) {
            doubtful_->next({fault});
            const auto outcome = sendHere(++number);
            CPPUNIT_ASSERT(outcome.result == SendResult::kStored);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{number}, outcome.message.seq);
            sendHere(++number);
        }
        expectDelivered(number);
    }

    void whileTheDatabaseIsAwaySendersAreToldToTryAgain() {
        useNode(*doubtful_);
        sendHere(1);
        doubtful_->setAway(true);
        CPPUNIT_ASSERT(sendHere(2).result == SendResult::kBusy);
        CPPUNIT_ASSERT_EQUAL(1, doubtful_->refused());
        doubtful_->setAway(false);
        CPPUNIT_ASSERT(sendHere(2).result == SendResult::kStored);
        expectDelivered(2);
    }

private:
    void useNode(sdk::Database& database) {
        auto& host = chat_->town.host();
        node_ = std::make_unique<chat::MessageService>(database, host.clock(), host.log(), host.metrics(),
                                                       host.hooks(), chat_->events,
                                                       chat::WriterSettings{.settle_again = 5ms});
        node_->start(&chat_->files, {&heartbeat_, &heartbeat_});
    }
    std::future<chat::SendOutcome> submitHere(int number) {
        return ChatTown::submit(*node_, ChatTown::draft(room_, 1, 2, number));
    }
    chat::SendOutcome sendHere(int number) { return submitHere(number).get(); }
    chat::SendOutcome sendThere(int number) { return chat_->send(ChatTown::draft(room_, 1, 2, number)); }

    void expectWritten(int transactions, int round_trips) {
        if (kBackend == Backend::kSqlite) return;
        CPPUNIT_ASSERT_EQUAL(transactions, counted_->transactions.load());
        CPPUNIT_ASSERT_EQUAL(round_trips, counted_->round_trips.load());
    }
    /// Of the first room are stored, and handed to the receiver's device, the messages 1 to `count`, in
    /// order.
    void expectDelivered(int count) {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{count},
                             chat_->town.number("SELECT COUNT(*) FROM chat_messages WHERE chat_id = 1"));
        CPPUNIT_ASSERT(waitFor([&] { return receiver_->sent().size() >= static_cast<std::size_t>(count); }));
        const auto events = receiver_->takeEvents();
        CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(count), events.size());
        for (int i = 1; i <= count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i - 1)];
            CPPUNIT_ASSERT_EQUAL(ChatTown::messageId(i), event["message_id"].asString());
            CPPUNIT_ASSERT_EQUAL(std::int64_t{i}, event["seq"].asInteger());
        }
    }

    std::unique_ptr<ChatTown> chat_;
    std::int64_t room_ = 0;
    std::int64_t other_room_ = 0;
    std::shared_ptr<sdk::testing::FakeSocketSession> receiver_;
    std::unique_ptr<DoubtfulDatabase> doubtful_;
    std::unique_ptr<CountedDatabase> counted_;
    std::unique_ptr<chat::MessageService> node_;
    sdk::testing::FakeHeartbeat heartbeat_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AtOnceTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(AtOnceTest<Backend::kPostgresql>);

}  // namespace linkup::test
