#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "chat_fixture.h"
#include "message_store.h"

namespace linkup::test {

using chat::SendResult;

/// Storing messages, on both databases.
template <Backend kBackend>
class MessageTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MessageTest);
    CPPUNIT_TEST(seqIsGaplessFromOneInEachChat);
    CPPUNIT_TEST(resendGetsTheSameSeqAndTimeAndStoresNothing);
    CPPUNIT_TEST(resendInTheSameBatchIsStoredOnce);
    CPPUNIT_TEST(partnersUseOfAnIdIsAConflict);
    CPPUNIT_TEST(strangersAndWrongRecipientsAreRefused);
    CPPUNIT_TEST(refusedDraftDoesNotHurtItsBatch);
    CPPUNIT_TEST(draftThatTheDatabaseRefusesFailsAlone);
    CPPUNIT_TEST(timesIncreaseWithSeqEvenIfTheClockStandsStill);
    CPPUNIT_TEST(unknownReplyIsStoredAsNone);
    CPPUNIT_TEST(foreignFileFailsAlone);
    CPPUNIT_TEST(filesOfABatchAreAskedAboutAtOnce);
    CPPUNIT_TEST(otherPluginsMayChangeAMessage);
    CPPUNIT_TEST(vetoReachesTheSenderAndFailsAlone);
    CPPUNIT_TEST(failingHandlerFailsAlone);
    CPPUNIT_TEST(handlerThatLeavesNoMessageFailsIt);
    CPPUNIT_TEST(textsComeBackAsTheyWereSent);
    CPPUNIT_TEST(manySendersAtOnceLeaveNoGapAndNoDuplicate);
    CPPUNIT_TEST(resendThatWaitedForAnotherNodeIsRecognised);
    CPPUNIT_TEST(sentToTwoNodesAtOnceIsStoredOnce);
    CPPUNIT_TEST(fullQueueIsBusy);
    CPPUNIT_TEST(framesTraceIsWithItsMessageAllTheWay);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { open({}); }
    void tearDown() override { chat_.reset(); }

    void framesTraceIsWithItsMessageAllTheWay() {
        std::vector<std::uint64_t> asked;
        onSending([&](sdk::Json&) {
            asked.push_back(sdk::TraceScope::current().span);
            return sdk::HookVerdict::pass();
        });
        std::vector<std::future<std::uint64_t>> replied;
        for (int i = 1; i <= 3; ++i) {
            const sdk::TraceContext trace{
                .trace_high = 1, .trace_low = 2, .span = static_cast<std::uint64_t>(i), .flags = 0};
            const sdk::TraceScope scope(trace);
            auto draft = ChatTown::draft(room_, 1, 2, i);
            auto promise = std::make_shared<std::promise<std::uint64_t>>();
            replied.push_back(promise->get_future());
            draft.reply = [promise](const chat::Draft&, const chat::SendOutcome&) {
                promise->set_value(sdk::TraceScope::current().span);
            };
            CPPUNIT_ASSERT(chat_->messages.submit(std::move(draft)));
        }
        for (std::size_t i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(i + 1, replied[i].get());
        const auto published = [&] {
            std::string text;
            for (const auto& batch : chat_->town.host().fake_bus.published()) {
                if (batch.topic == "messages") text += batch.text;
            }
            return text;
        };
        CPPUNIT_ASSERT(
            waitFor([&] { return published().find(ChatTown::messageId(3)) != std::string::npos; }));
        for (int i = 1; i <= 3; ++i) {
            CPPUNIT_ASSERT(published().find(" 00-00000000000000010000000000000002-000000000000000" +
                                            std::to_string(i) + "-00 " + ChatTown::messageId(i)) !=
                           std::string::npos);
        }
        CPPUNIT_ASSERT(asked == std::vector<std::uint64_t>({1, 2, 3}));
    }

    void seqIsGaplessFromOneInEachChat() {
        const auto other_room = chat_->openRoom(1, 3);
        for (int i = 1; i <= 3; ++i) {
            CPPUNIT_ASSERT_EQUAL(std::int64_t{i}, chat_->send(ChatTown::draft(room_, 1, 2, i)).message.seq);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{i},
                                 chat_->send(ChatTown::draft(other_room, 3, 1, i)).message.seq);
        }
    }

    void resendGetsTheSameSeqAndTimeAndStoresNothing() {
        const auto first = chat_->send(ChatTown::draft(room_, 1, 2, 1));
        chat_->town.host().fake_clock.advance(std::chrono::hours(1));
        const auto again = chat_->send(ChatTown::draft(room_, 1, 2, 1, "other text"));
        CPPUNIT_ASSERT(again.result == SendResult::kRepeated);
        CPPUNIT_ASSERT_EQUAL(first.message.seq, again.message.seq);
        CPPUNIT_ASSERT(first.message.created_at == again.message.created_at);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
    }

    void resendInTheSameBatchIsStoredOnce() {
        std::vector<std::future<chat::SendOutcome>> outcomes;
        for (int i = 0; i < 50; ++i) outcomes.push_back(chat_->submit(ChatTown::draft(room_, 1, 2, 1)));
        for (auto& outcome : outcomes) CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, outcome.get().message.seq);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
    }

    void partnersUseOfAnIdIsAConflict() {
        chat_->send(ChatTown::draft(room_, 1, 2, 1));
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(room_, 2, 1, 1)).result == SendResult::kIdConflict);
    }

    void strangersAndWrongRecipientsAreRefused() {
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(room_, 3, 1, 1)).result == SendResult::kNotParticipant);
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(9999, 1, 2, 1)).result == SendResult::kNotParticipant);
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(room_, 1, 3, 1)).result == SendResult::kRecipientMismatch);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, stored());
    }

    void refusedDraftDoesNotHurtItsBatch() {
        auto good = chat_->submit(ChatTown::draft(room_, 1, 2, 1));
        auto bad = chat_->submit(ChatTown::draft(9999, 1, 2, 2));
        auto also_good = chat_->submit(ChatTown::draft(room_, 2, 1, 3));
        CPPUNIT_ASSERT(good.get().result == SendResult::kStored);
        CPPUNIT_ASSERT(bad.get().result == SendResult::kNotParticipant);
        CPPUNIT_ASSERT(also_good.get().result == SendResult::kStored);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, stored());
    }

    void draftThatTheDatabaseRefusesFailsAlone() {
        refuseText("poison");
        std::vector<std::future<chat::SendOutcome>> outcomes;
        for (int i = 1; i <= 20; ++i) {
            outcomes.push_back(
                chat_->submit(ChatTown::draft(room_, 1, 2, i, i % 5 == 0 ? "poison" : "hello")));
        }
        std::int64_t last = 0;
        for (int i = 1; i <= 20; ++i) {
            const auto outcome = outcomes[static_cast<std::size_t>(i) - 1].get();
            CPPUNIT_ASSERT(outcome.result == (i % 5 == 0 ? SendResult::kFailed : SendResult::kStored));
            if (i % 5 != 0) CPPUNIT_ASSERT_EQUAL(++last, outcome.message.seq);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{16}, stored());
    }

    void timesIncreaseWithSeqEvenIfTheClockStandsStill() {
        sdk::Time last{};
        for (int i = 1; i <= 5; ++i) {
            const auto time = chat_->send(ChatTown::draft(room_, 1, 2, i)).message.created_at;
            CPPUNIT_ASSERT(time > last);
            last = time;
        }
    }

    void unknownReplyIsStoredAsNone() {
        auto stray = ChatTown::draft(room_, 1, 2, 1);
        stray.reply_id = ChatTown::messageId(77);
        CPPUNIT_ASSERT(!chat_->send(std::move(stray)).message.reply_id);
        auto answer = ChatTown::draft(room_, 2, 1, 2);
        answer.reply_id = ChatTown::messageId(1);
        chat_->send(std::move(answer));
        CPPUNIT_ASSERT_EQUAL(ChatTown::messageId(1), history()[1]["reply_id"].asString());
    }

    void foreignFileFailsAlone() {
        auto good = chat_->submit(withFile(1, "sw/media/1/a.webp"));
        auto foreign = chat_->submit(withFile(2, "sw/media/2/a.webp"));
        auto unknown = chat_->submit(withFile(3, "sw/media/1/never.webp"));
        CPPUNIT_ASSERT(good.get().result == SendResult::kStored);
        CPPUNIT_ASSERT(foreign.get().result == SendResult::kMediaNotAllowed);
        CPPUNIT_ASSERT(unknown.get().result == SendResult::kMediaNotAllowed);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
    }

    void filesOfABatchAreAskedAboutAtOnce() {
        std::vector<std::future<chat::SendOutcome>> outcomes;
        for (int i = 1; i <= 200; ++i) outcomes.push_back(chat_->submit(withFile(i, "sw/media/1/a.webp")));
        for (auto& outcome : outcomes) CPPUNIT_ASSERT(outcome.get().result == SendResult::kStored);
        CPPUNIT_ASSERT(static_cast<std::size_t>(chat_->files.asked) <=
                       chat_->town.host().fake_metrics.observations("batch_messages").size() + 1);
        const int asked = chat_->files.asked;
        chat_->send(ChatTown::draft(room_, 1, 2, 900));
        CPPUNIT_ASSERT_EQUAL(asked, chat_->files.asked.load());
    }

    void otherPluginsMayChangeAMessage() {
        onSending([](sdk::Json& payload) {
            payload.set("message", payload["message"].asString() + "!");
            payload.set("media", nullptr);
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT(chat_->send(withFile(1, "sw/media/1/a.webp")).result == SendResult::kStored);
        const auto asked = chat_->town.host().fake_hooks.runs().at(0).payload;
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, asked["sender_id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, asked["recipient_id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::string("sw/media/1/a.webp"), asked["media"]["file_key"].asString());
        CPPUNIT_ASSERT(!asked["is_edit"].asBool());
        CPPUNIT_ASSERT_EQUAL(std::string("hello!"), history()[0]["message"].asString());
        CPPUNIT_ASSERT(history()[0]["media"].isNull());
        chat_->send(withFile(1, "sw/media/1/a.webp"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, chat_->town.host().fake_hooks.runs().size());
    }

    void vetoReachesTheSenderAndFailsAlone() {
        onSending([](sdk::Json& payload) {
            return payload["message"].asString() == "bad" ? sdk::HookVerdict::refuse("Not so.")
                                                          : sdk::HookVerdict::pass();
        });
        auto good = chat_->submit(ChatTown::draft(room_, 1, 2, 1));
        const auto phone = chat_->hub.open(std::string(chat::kChatPath), 1);
        chat_->sockets.onEvent(phone, "message",
                               sdk::Json::object({{"message_id", ChatTown::messageId(2)},
                                                  {"message", "bad"},
                                                  {"to", 2},
                                                  {"from_", 1},
                                                  {"chat_room_id", room_}}));
        auto also_good = chat_->submit(ChatTown::draft(room_, 1, 2, 3));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, good.get().message.seq);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, also_good.get().message.seq);
        CPPUNIT_ASSERT(waitFor([&] {
            const auto frames = phone->sent();
            return std::find(frames.begin(), frames.end(),
                             R"({"type":"error","code":"message_refused","detail":"Not so.","message_id":")" +
                                 ChatTown::messageId(2) + R"(","chat_room_id":1})") != frames.end();
        }));
    }

    void failingHandlerFailsAlone() {
        onSending([](sdk::Json& payload) {
            if (payload["message"].asString() == "bad") throw std::runtime_error("broken");
            return sdk::HookVerdict::pass();
        });
        auto good = chat_->submit(ChatTown::draft(room_, 1, 2, 1));
        auto bad = chat_->submit(ChatTown::draft(room_, 1, 2, 2, "bad"));
        auto also_good = chat_->submit(ChatTown::draft(room_, 1, 2, 3));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, good.get().message.seq);
        CPPUNIT_ASSERT(bad.get().result == SendResult::kFailed);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, also_good.get().message.seq);
    }

    void handlerThatLeavesNoMessageFailsIt() {
        onSending([](sdk::Json& payload) {
            const auto text = payload["message"].asString();
            if (text == "empty") payload.set("message", "");
            if (text == "number") payload.set("message", 7);
            if (text == "long") payload.set("message", std::string(10'001, 'x'));
            if (text == "nul") payload.set("message", std::string("a\0b", 3));
            if (text == "fits") {
                std::string letters;
                for (int i = 0; i < 10'000; ++i) letters += "\xC3\xA4";
                payload.set("message", letters);
            }
            return sdk::HookVerdict::pass();
        });
        int number = 0;
        for (const char* text : {"empty", "number", "long", "nul"}) {
            CPPUNIT_ASSERT_MESSAGE(text, chat_->send(ChatTown::draft(room_, 1, 2, ++number, text)).result ==
                                             SendResult::kFailed);
        }
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(room_, 1, 2, 9, "fits")).result == SendResult::kStored);
    }

    void textsComeBackAsTheyWereSent() {
        const std::string text = "\"quoted\" \\ \n\t \xF0\x9F\x98\x80 '; DROP TABLE chat_messages; --";
        chat_->send(ChatTown::draft(room_, 1, 2, 1, text));
        CPPUNIT_ASSERT_EQUAL(text, history()[0]["message"].asString());
    }

    void manySendersAtOnceLeaveNoGapAndNoDuplicate() {
        constexpr int kSenders = 8;
        constexpr int kEach = 50;
        std::vector<std::thread> senders;
        std::mutex mutex;
        std::set<std::int64_t> seqs;
        for (int s = 0; s < kSenders; ++s) {
            senders.emplace_back([&, s] {
                const sdk::UserId from = s % 2 == 0 ? 1 : 2;
                for (int i = 0; i < kEach; ++i) {
                    const auto outcome =
                        chat_->send(ChatTown::draft(room_, from, 3 - from, s * kEach + i + 1));
                    const std::lock_guard lock(mutex);
                    seqs.insert(outcome.message.seq);
                }
            });
        }
        for (auto& sender : senders) sender.join();
        CPPUNIT_ASSERT_EQUAL(std::size_t{kSenders * kEach}, seqs.size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, *seqs.begin());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{kSenders * kEach}, *seqs.rbegin());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{kSenders * kEach}, stored());
    }

    /// The other node has not committed when ours looks whether it knows the message.
    void resendThatWaitedForAnotherNodeIsRecognised() {
        std::future<chat::SendOutcome> ours;
        chat::StoredMessage theirs = message(7);
        chat_->town.database().transaction([&](sdk::Connection& connection) {
            auto rooms = chat::message_store::lockRooms(connection, {room_});
            theirs.seq = rooms.front().last_seq = 1;
            theirs.created_at = rooms.front().last_at = chat_->town.host().fake_clock.now();
            const std::vector<const chat::StoredMessage*> all{&theirs};
            chat::message_store::store(connection, all, rooms);
            ours = chat_->submit(ChatTown::draft(room_, 1, 2, 7));
            if (kBackend == Backend::kPostgresql) waitForLock(connection);
        });
        const auto outcome = ours.get();
        CPPUNIT_ASSERT(outcome.result == SendResult::kRepeated);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, outcome.message.seq);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
    }

    void sentToTwoNodesAtOnceIsStoredOnce() {
        constexpr int kMessages = 200;
        auto& host = chat_->town.host();
        chat::MessageService other(chat_->town.database(), host.clock(), host.log(), host.metrics(),
                                   other_hooks_, chat_->events, {});
        other.start(nullptr, {&other_heartbeat_, &other_heartbeat_});
        std::vector<std::future<chat::SendOutcome>> here;
        std::vector<std::future<chat::SendOutcome>> there;
        for (int i = 1; i <= kMessages; ++i) {
            here.push_back(chat_->submit(ChatTown::draft(room_, 1, 2, i)));
            there.push_back(ChatTown::submit(other, ChatTown::draft(room_, 1, 2, i)));
        }
        std::set<std::int64_t> seqs;
        for (std::size_t i = 0; i < kMessages; ++i) {
            const auto one = here[i].get();
            const auto same = there[i].get();
            CPPUNIT_ASSERT((one.result == SendResult::kStored && same.result == SendResult::kRepeated) ||
                           (one.result == SendResult::kRepeated && same.result == SendResult::kStored));
            CPPUNIT_ASSERT_EQUAL(one.message.seq, same.message.seq);
            CPPUNIT_ASSERT(one.message.created_at == same.message.created_at);
            seqs.insert(one.message.seq);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{kMessages}, seqs.size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{kMessages}, stored());
        other.stop();
    }

    void fullQueueIsBusy() {
        open({.batch = 1, .queue = 2});
        std::vector<std::future<chat::SendOutcome>> outcomes;
        for (int i = 1; i <= 200; ++i) outcomes.push_back(chat_->submit(ChatTown::draft(room_, 1, 2, i)));
        std::int64_t accepted = 0;
        std::int64_t busy = 0;
        for (auto& outcome : outcomes) ++(outcome.get().result == SendResult::kBusy ? busy : accepted);
        CPPUNIT_ASSERT(busy > 0);
        CPPUNIT_ASSERT_EQUAL(accepted, stored());
    }

private:
    chat::StoredMessage message(int number) const {
        chat::StoredMessage message;
        message.chat_id = room_;
        message.message_id = ChatTown::messageId(number);
        message.sender = 1;
        message.receiver = 2;
        message.body = "hello";
        return message;
    }
    /// Until another transaction waits for this one.
    static void waitForLock(sdk::Connection& connection) {
        CPPUNIT_ASSERT(waitFor([&] {
            return connection
                       .execute(
                           "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND "
                           "transactionid = pg_current_xact_id()::xid")
                       .integer(0, 0) > 0;
        }));
    }
    chat::Draft withFile(int number, const std::string& file_key) {
        auto draft = ChatTown::draft(room_, 1, 2, number);
        draft.file_key = file_key;
        draft.media = sdk::Json::object({{"media_type", "image"},
                                         {"file_key", file_key},
                                         {"blurhash", nullptr},
                                         {"metadata", sdk::Json::object()}})
                          .dump();
        return draft;
    }
    void onSending(std::function<sdk::HookVerdict(sdk::Json&)> handler) {
        chat_->town.host().fake_hooks.on(
            "message.sending", [handler = std::move(handler)](sdk::Connection&, sdk::Json& payload) {
                return handler(payload);
            });
    }
    void open(chat::WriterSettings settings) {
        chat_.reset();
        chat_ = std::make_unique<ChatTown>(kBackend, settings);
        room_ = chat_->openRoom(1, 2);
    }
    /// Makes the table refuse a text, as a fault that we do not know of might.
    void refuseText(const std::string& text) {
        chat_->town.database().script([&](daemon::ScriptConnection& connection) {
            if (kBackend == Backend::kPostgresql) {
                connection.runScript("ALTER TABLE chat_messages ADD CHECK (body <> '" + text + "')");
            } else {
                connection.runScript(
                    "CREATE TRIGGER refuse BEFORE INSERT ON chat_messages WHEN new.body = '" + text +
                    "' BEGIN SELECT RAISE(ABORT, 'refused'); END");
            }
        });
    }
    std::int64_t stored() { return chat_->town.number("SELECT COUNT(*) FROM chat_messages"); }
    sdk::Json::Array history() { return chat_->rooms.history(2, room_)["messages"].items(); }

    std::unique_ptr<ChatTown> chat_;
    sdk::testing::FakeHooks other_hooks_;
    sdk::testing::FakeHeartbeat other_heartbeat_;
    std::int64_t room_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MessageTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(MessageTest<Backend::kPostgresql>);

}  // namespace linkup::test
