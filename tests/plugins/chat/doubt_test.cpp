// A commit whose answer is lost: each message is stored once, acknowledged once and delivered once.

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

#include "chat_fixture.h"
#include "doubtful_database.h"
#include "tests/support/private_postgres.h"
#include "tests/support/tcp_proxy.h"

namespace linkup::test {

using namespace std::chrono_literals;
using chat::SendResult;

namespace {

constexpr const char* kPath = "/api/v1/ws/chat";

using Fault = DoubtfulDatabase::Fault;

}  // namespace

/// Against a database that loses answers, on both databases.
template <Backend kBackend>
class DoubtTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DoubtTest);
    CPPUNIT_TEST(messageThatWasStoredIsAcknowledgedAndDeliveredOnce);
    CPPUNIT_TEST(messageThatWasNotStoredIsStoredOnce);
    CPPUNIT_TEST(manyLostAnswersInARowStillStoreOnce);
    CPPUNIT_TEST(nothingIsSaidWhileTheDatabaseIsAway);
    CPPUNIT_TEST(resendWhileInDoubtIsAcknowledgedToo);
    CPPUNIT_TEST(othersAreToldToTryAgainAndOvertakeNobody);
    CPPUNIT_TEST(messageThatAnotherNodeStoredMeanwhileIsDeliveredByThatNodeOnly);
    CPPUNIT_TEST(wholeBatchInDoubtKeepsItsOrder);
    CPPUNIT_TEST(draftInDoubtThatIsRefusedNowFailsAlone);
    CPPUNIT_TEST(stopWhileInDoubtEndsSoon);
    CPPUNIT_TEST(startChatAgainAfterADoubtGivesTheSameChat);
    CPPUNIT_TEST(receiptIsTriedAgainWhileTheDatabaseIsAway);
    CPPUNIT_TEST(receiptWhoseCommitWasNotAnsweredIsTold);
    CPPUNIT_TEST(receiptsOfManyChatsAreWrittenTogetherAndToldOnceEach);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(kBackend);
        room_ = chat_->openRoom(1, 2);
        receiver_ = chat_->hub.open(kPath, 2);
        database_ = std::make_unique<DoubtfulDatabase>(chat_->town.database());
        writer_ = makeWriter(*database_);
    }
    void tearDown() override {
        writer_.reset();
        chat_.reset();
    }

    void messageThatWasStoredIsAcknowledgedAndDeliveredOnce() {
        database_->next({Fault::kCommittedUnanswered});
        const auto outcome = submit(1).get();
        CPPUNIT_ASSERT(outcome.result == SendResult::kStored);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, outcome.message.seq);
        CPPUNIT_ASSERT_EQUAL(storedTime(1), sdk::toMicros(outcome.message.created_at));
        expectDelivered({1});
    }

    void messageThatWasNotStoredIsStoredOnce() {
        database_->next({Fault::kRolledBackUnanswered});
        const auto outcome = submit(1).get();
        CPPUNIT_ASSERT(outcome.result == SendResult::kStored);
        CPPUNIT_ASSERT_EQUAL(storedTime(1), sdk::toMicros(outcome.message.created_at));
        expectDelivered({1});
    }

    void manyLostAnswersInARowStillStoreOnce() {
        database_->next({Fault::kRolledBackUnanswered, Fault::kAway, Fault::kRolledBackUnanswered,
                         Fault::kCommittedUnanswered, Fault::kAway, Fault::kCommittedUnanswered});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, submit(1).get().message.seq);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, submit(2).get().message.seq);
        expectDelivered({1, 2});
    }

    void nothingIsSaidWhileTheDatabaseIsAway() {
        database_->next({Fault::kCommittedUnanswered});
        database_->setAway(true);
        auto outcome = submit(1);
        CPPUNIT_ASSERT(waitFor([&] { return database_->refused() > 3; }));
        CPPUNIT_ASSERT(outcome.wait_for(0s) == std::future_status::timeout);
        CPPUNIT_ASSERT(receiver_->sent().empty());
        database_->setAway(false);
        CPPUNIT_ASSERT(outcome.get().result == SendResult::kStored);
        expectDelivered({1});
    }

    void resendWhileInDoubtIsAcknowledgedToo() {
        database_->next({Fault::kCommittedUnanswered});
        database_->setAway(true);
        auto first = submit(1);
        CPPUNIT_ASSERT(waitFor([&] { return database_->refused() > 0; }));
        auto again = submit(1);
        const auto before = database_->refused();
        CPPUNIT_ASSERT(waitFor([&] { return database_->refused() > before + 2; }));
        CPPUNIT_ASSERT(again.wait_for(0s) == std::future_status::timeout);
        database_->setAway(false);
        const auto stored = first.get();
        const auto repeated = again.get();
        CPPUNIT_ASSERT(stored.result == SendResult::kStored && repeated.result == SendResult::kRepeated);
        CPPUNIT_ASSERT_EQUAL(stored.message.seq, repeated.message.seq);
        expectDelivered({1});
    }

    void othersAreToldToTryAgainAndOvertakeNobody() {
        database_->next({Fault::kRolledBackUnanswered});
        database_->setAway(true);
        auto first = submit(1);
        CPPUNIT_ASSERT(waitFor([&] { return database_->refused() > 0; }));
        CPPUNIT_ASSERT(submit(2).get().result == SendResult::kBusy);
        database_->setAway(false);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, first.get().message.seq);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, submit(2).get().message.seq);
        expectDelivered({1, 2});
    }

    void messageThatAnotherNodeStoredMeanwhileIsDeliveredByThatNodeOnly() {
        database_->next({Fault::kRolledBackUnanswered});
        database_->setAway(true);
        auto ours = submit(1);
        CPPUNIT_ASSERT(waitFor([&] { return database_->refused() > 0; }));
        chat_->town.host().fake_clock.advance(1s);
        const auto theirs = chat_->send(ChatTown::draft(room_, 1, 2, 1));
        database_->setAway(false);
        const auto outcome = ours.get();
        CPPUNIT_ASSERT(outcome.result == SendResult::kRepeated);
        CPPUNIT_ASSERT(outcome.message.created_at == theirs.message.created_at);
        expectDelivered({1});
    }

    void wholeBatchInDoubtKeepsItsOrder() {
        database_->next({Fault::kAway, Fault::kCommittedUnanswered});
        CPPUNIT_ASSERT(submit(99).get().result == SendResult::kBusy);
        std::vector<std::future<chat::SendOutcome>> outcomes;
        std::vector<int> numbers;
        for (int i = 1; i <= 40; ++i) {
            outcomes.push_back(submit(i));
            numbers.push_back(i);
        }
        for (int i = 1; i <= 40; ++i) {
            const auto outcome = outcomes[static_cast<std::size_t>(i) - 1].get();
            CPPUNIT_ASSERT(outcome.result == SendResult::kStored);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{i}, outcome.message.seq);
        }
        expectDelivered(numbers);
    }

    void draftInDoubtThatIsRefusedNowFailsAlone() {
        std::promise<void> begun;
        std::promise<void> gathered;
        std::atomic<bool> broken = false;
        chat_->town.host().fake_hooks.on("message.sending", [&](sdk::Connection&, sdk::Json& payload) {
            const auto& id = payload["message_id"].asString();
            if (id == ChatTown::messageId(99)) {
                begun.set_value();
                gathered.get_future().wait();
            }
            if (id == ChatTown::messageId(2) && broken) throw std::runtime_error("broken");
            return sdk::HookVerdict::pass();
        });
        auto before = submit(99);
        begun.get_future().wait();
        database_->next({Fault::kRolledBackUnanswered});
        database_->setAway(true);
        std::vector<std::future<chat::SendOutcome>> outcomes;
        for (int i = 1; i <= 3; ++i) outcomes.push_back(submit(i));
        gathered.set_value();
        CPPUNIT_ASSERT(before.get().result == SendResult::kStored);
        CPPUNIT_ASSERT(waitFor([&] { return database_->refused() > 0; }));
        broken = true;
        database_->setAway(false);
        for (int i = 1; i <= 3; ++i) {
            CPPUNIT_ASSERT(outcomes[static_cast<std::size_t>(i) - 1].get().result ==
                           (i == 2 ? SendResult::kFailed : SendResult::kStored));
        }
        expectDelivered({99, 1, 3});
    }

    void stopWhileInDoubtEndsSoon() {
        database_->next({Fault::kCommittedUnanswered});
        database_->setAway(true);
        auto outcome = submit(1);
        CPPUNIT_ASSERT(waitFor([&] { return database_->refused() > 0; }));
        writer_.reset();
        CPPUNIT_ASSERT_THROW(outcome.get(), std::future_error);  // never answered
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(room_, 1, 2, 1)).result == SendResult::kRepeated);
    }

    void startChatAgainAfterADoubtGivesTheSameChat() {
        chat::RoomService rooms(*database_, chat_->town.host().clock(), chat_->receipts);
        rooms.setNeighbours(chat_->matches, nullptr);
        database_->next({Fault::kCommittedUnanswered});
        CPPUNIT_ASSERT_THROW(rooms.startChat(1, 3), sdk::Error);
        const auto reply = rooms.startChat(1, 3);
        CPPUNIT_ASSERT_EQUAL(std::string("Chat already started"), reply["message"].asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, chat_->town.number("SELECT COUNT(*) FROM chat_rooms"));
    }

    void receiptIsTriedAgainWhileTheDatabaseIsAway() {
        const auto message = submit(1).get().message;
        chat::ReceiptService receipts(*database_, chat_->town.host().log(), chat_->events, 5ms);
        receipts.start(heartbeat_);
        database_->setAway(true);
        receipts.noteDelivered(message);
        CPPUNIT_ASSERT(waitFor([&] { return database_->refused() > 2; }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, deliveredUpTo());
        database_->setAway(false);
        CPPUNIT_ASSERT(waitFor([&] { return deliveredUpTo() == 1; }));
        receipts.stop();
    }

    void receiptWhoseCommitWasNotAnsweredIsTold() {
        const auto sender = chat_->hub.open(kPath, 1);
        const auto message = submit(1).get().message;
        CPPUNIT_ASSERT(waitFor([&] { return !sender->takeEvents().empty(); }));  // the echo
        chat::ReceiptService receipts(*database_, chat_->town.host().log(), chat_->events, 5ms);
        receipts.start(heartbeat_);
        database_->next({Fault::kCommittedUnanswered});
        receipts.noteDelivered(message);
        std::vector<sdk::Json> told;
        CPPUNIT_ASSERT(waitFor([&] {
            for (auto& event : sender->takeEvents()) told.push_back(std::move(event));
            return !told.empty();
        }));
        CPPUNIT_ASSERT_EQUAL(std::string("delivered"), told[0]["type"].asString());
        receipts.stop();
    }

    void receiptsOfManyChatsAreWrittenTogetherAndToldOnceEach() {
        constexpr int kChats = 5;
        chat::ReceiptService receipts(*database_, chat_->town.host().log(), chat_->events, 5ms);
        std::vector<std::shared_ptr<sdk::testing::FakeSocketSession>> senders;
        for (int i = 0; i < kChats; ++i) {
            const sdk::UserId sender = 10 + i;
            const auto room = chat_->openRoom(sender, 30);
            chat::StoredMessage message;
            message.chat_id = room;
            message.sender = sender;
            message.receiver = 30;
            // Three of each chat, of which the newest stands for all.
            for (message.seq = 1; message.seq <= 3; ++message.seq) receipts.noteDelivered(message);
            senders.push_back(chat_->hub.open(kPath, sender));
        }
        database_->next({Fault::kAway});  // one refusal is for all of them
        receipts.start(heartbeat_);
        for (const auto& sender : senders) {
            std::vector<sdk::Json> told;
            CPPUNIT_ASSERT(waitFor([&] {
                for (auto& event : sender->takeEvents()) told.push_back(std::move(event));
                return !told.empty();
            }));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, told.size());
            CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, told[0]["seq"].asInteger());
        }
        CPPUNIT_ASSERT_EQUAL(1, database_->refused());
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{kChats},
            chat_->town.number(
                "SELECT COUNT(*) FROM chat_participants WHERE user_id = 30 AND delivered_seq = 3"));
        receipts.stop();
    }

private:
    std::int64_t deliveredUpTo() {
        return chat_->town.number("SELECT delivered_seq FROM chat_participants WHERE user_id = 2");
    }
    std::unique_ptr<chat::MessageService> makeWriter(sdk::Database& database) {
        auto& host = chat_->town.host();
        auto writer = std::make_unique<chat::MessageService>(database, host.clock(), host.log(),
                                                             host.metrics(), host.hooks(), chat_->events,
                                                             chat::WriterSettings{.settle_again = 5ms});
        writer->start(nullptr, {&chat_->heartbeats[0], &chat_->heartbeats[1]});
        return writer;
    }
    std::future<chat::SendOutcome> submit(int number) {
        auto draft = ChatTown::draft(room_, 1, 2, number);
        auto promise = std::make_shared<std::promise<chat::SendOutcome>>();
        draft.reply = [promise](const chat::Draft&, const chat::SendOutcome& outcome) {
            promise->set_value(outcome);
        };
        auto future = promise->get_future();
        CPPUNIT_ASSERT(writer_->submit(std::move(draft)));
        return future;
    }
    std::int64_t storedTime(int seq) {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{seq}, chat_->town.number("SELECT MAX(seq) FROM chat_messages"));
        return chat_->town.number("SELECT created_at FROM chat_messages ORDER BY seq DESC LIMIT 1");
    }
    /// Stored, and handed to the receiver's device, are just these messages, in this order.
    void expectDelivered(const std::vector<int>& numbers) {
        CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(numbers.size()),
                             chat_->town.number("SELECT COUNT(*) FROM chat_messages"));
        CPPUNIT_ASSERT(waitFor([&] { return receiver_->sent().size() >= numbers.size(); }));
        const auto events = receiver_->takeEvents();
        CPPUNIT_ASSERT_EQUAL(numbers.size(), events.size());
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            CPPUNIT_ASSERT_EQUAL(ChatTown::messageId(numbers[i]), events[i]["message_id"].asString());
            CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(i + 1), events[i]["seq"].asInteger());
            CPPUNIT_ASSERT_EQUAL(std::string("hello"), events[i]["message"].asString());
        }
    }

    std::unique_ptr<ChatTown> chat_;
    std::int64_t room_ = 0;
    std::shared_ptr<sdk::testing::FakeSocketSession> receiver_;
    std::unique_ptr<DoubtfulDatabase> database_;
    std::unique_ptr<chat::MessageService> writer_;
    sdk::testing::FakeHeartbeat heartbeat_;
};

/// The real thing: the connection to PostgreSQL is cut between a commit and its answer.
class CutConnectionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CutConnectionTest);
    CPPUNIT_TEST(commitWhoseAnswerWasCutOffIsAcknowledgedOnce);
    CPPUNIT_TEST(commitThatWasCutOffIsATryAgain);
    CPPUNIT_TEST(serverThatCannotBeAskedForAWhileIsWaitedFor);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        proxy_ = std::make_unique<TcpProxy>(PrivatePostgres::shared().port());
        chat_ = std::make_unique<ChatTown>(Backend::kPostgresql);
        room_ = chat_->openRoom(1, 2);
        receiver_ = chat_->hub.open(kPath, 2);
        daemon::DatabaseSettings settings;
        settings.url = chat_->town.url();
        const auto port = std::to_string(PrivatePostgres::shared().port());
        settings.url.replace(settings.url.find(port), port.size(), std::to_string(proxy_->port()));
        settings.sessions = 1;
        settings.wait_ms = 300;
        auto& host = chat_->town.host();
        database_ = daemon::openDatabase(settings, host.log());
        writer_ = std::make_unique<chat::MessageService>(*database_, host.clock(), host.log(), host.metrics(),
                                                         host.hooks(), chat_->events,
                                                         chat::WriterSettings{.settle_again = 20ms});
        writer_->start(nullptr, {&chat_->heartbeats[0], &chat_->heartbeats[1]});
    }
    void tearDown() override {
        writer_.reset();
        database_.reset();
        chat_.reset();
        proxy_.reset();
    }

    void commitWhoseAnswerWasCutOffIsAcknowledgedOnce() {
        proxy_->cutAt("COMMIT", TcpProxy::Cut::kAfterAnswer);
        CPPUNIT_ASSERT(submit(1).get().result == SendResult::kStored);
        CPPUNIT_ASSERT(proxy_->hasCut());
        expectOneDelivered();
    }

    void commitThatWasCutOffIsATryAgain() {
        proxy_->cutAt("COMMIT", TcpProxy::Cut::kBeforeRequest);
        CPPUNIT_ASSERT(submit(1).get().result == SendResult::kBusy);
        CPPUNIT_ASSERT(proxy_->hasCut());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, stored());
        CPPUNIT_ASSERT(submit(1).get().result == SendResult::kStored);
        expectOneDelivered();
    }

    void serverThatCannotBeAskedForAWhileIsWaitedFor() {
        proxy_->shutAfterCut();
        proxy_->cutAt("COMMIT", TcpProxy::Cut::kAfterAnswer);
        auto outcome = submit(1);
        CPPUNIT_ASSERT(outcome.wait_for(1s) == std::future_status::timeout);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
        proxy_->shut(false);
        CPPUNIT_ASSERT(outcome.get().result == SendResult::kStored);
        expectOneDelivered();
    }

private:
    std::future<chat::SendOutcome> submit(int number) {
        auto draft = ChatTown::draft(room_, 1, 2, number);
        auto promise = std::make_shared<std::promise<chat::SendOutcome>>();
        draft.reply = [promise](const chat::Draft&, const chat::SendOutcome& outcome) {
            promise->set_value(outcome);
        };
        auto future = promise->get_future();
        CPPUNIT_ASSERT(writer_->submit(std::move(draft)));
        return future;
    }
    std::int64_t stored() { return chat_->town.number("SELECT COUNT(*) FROM chat_messages"); }
    void expectOneDelivered() {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
        CPPUNIT_ASSERT(waitFor([&] { return !receiver_->sent().empty(); }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, receiver_->sent().size());
    }

    std::unique_ptr<TcpProxy> proxy_;
    std::unique_ptr<ChatTown> chat_;
    std::int64_t room_ = 0;
    std::shared_ptr<sdk::testing::FakeSocketSession> receiver_;
    std::unique_ptr<daemon::PooledDatabase> database_;
    std::unique_ptr<chat::MessageService> writer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(DoubtTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(DoubtTest<Backend::kPostgresql>);
CPPUNIT_TEST_SUITE_REGISTRATION(CutConnectionTest);

}  // namespace linkup::test
