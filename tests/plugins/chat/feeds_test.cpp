#include <cppunit/extensions/HelperMacros.h>

#include "chat_fixture.h"
#include "node_lines.h"

namespace linkup::test {

using sdk::Json;
using sdk::testing::FakeSocketSession;

/// Another node on the same database: its own sockets, and a bus on which the test decides what comes when.
struct OtherNode {
    explicit OtherNode(ChatTown& chat)
        : events(hub, bus, chat.town.host().clock()),
          receipts(chat.town.database(), chat.town.host().log(), events),
          feeds(chat.town.database(), hub, chat.town.host().log(), receipts) {
        receipts.start(heartbeat);
        feeds.start(nullptr, {&heartbeat, &heartbeat});
        events.start(feeds, nullptr);
    }
    ~OtherNode() {
        events.stop();
        feeds.stop();
        receipts.stop();
    }

    sdk::testing::FakeSocketHub hub;
    sdk::testing::FakeBus bus;
    chat::ChatEvents events;
    chat::ReceiptService receipts;
    chat::ChatFeeds feeds;
    sdk::testing::FakeHeartbeat heartbeat;
};

/// In order, without a hole, once: what was missed and what comes live, on both databases.
template <Backend kBackend>
class FeedsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FeedsTest);
    CPPUNIT_TEST(resumeSendsWhatWasMissedThenResumed);
    CPPUNIT_TEST(nothingMissedIsResumedAtOnce);
    CPPUNIT_TEST(whatCameLiveIsNotRepeated);
    CPPUNIT_TEST(liveMessagesWaitForTheReplay);
    CPPUNIT_TEST(replayWaitsForASlowReader);
    CPPUNIT_TEST(overAThousandTheClientResumesAgain);
    CPPUNIT_TEST(foreignChatsAreRefusedAndTheOthersGoOn);
    CPPUNIT_TEST(tooManyResumesAtOnceAreRefused);
    CPPUNIT_TEST(resumedMessagesAreDelivered);
    CPPUNIT_TEST(whatTheClientSaysThatItHasIsDelivered);
    CPPUNIT_TEST(resumedMessagesAreAsInHistory);
    CPPUNIT_TEST(messagesThatOvertakeAreSentInOrder);
    CPPUNIT_TEST(messagesThatCrossWhileASocketOpensBothCome);
    CPPUNIT_TEST(afterAGapTheSocketsGetWhatTheyMissed);
    CPPUNIT_TEST(afterAGapTheSocketsAreToldToSync);
    CPPUNIT_TEST(afterAGapAChatThatBeganMeanwhileIsThere);
    CPPUNIT_TEST(theSenderIsNotSentItsOwnMessageForAHole);
    CPPUNIT_TEST(aRemovedChatEndsTheReplay);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(kBackend);
        room_ = chat_->openRoom(1, 2);
        next_ = 0;
        stored_ = 0;
    }
    void tearDown() override { chat_.reset(); }

    void resumeSendsWhatWasMissedThenResumed() {
        send(1, 2, 3);
        send(2, 1, 2);
        const auto phone = open(2);
        resume(phone, Json::object({{key(), 2}}));
        const auto events = wait(*phone, 4);
        expectSeqs(events, {3, 4, 5});
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"resumed","chats":{"1":5},"more":[]})"),
                             events.back().dump());
    }

    void nothingMissedIsResumedAtOnce() {
        send(1, 2, 2);
        const auto phone = open(2);
        for (const int from : {2, 2, 7}) {
            resume(phone, Json::object({{key(), from}}));
            CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"resumed","chats":{"1":2},"more":[]})"),
                                 wait(*phone, 1).back().dump());
        }
        resume(phone, Json::object());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"resumed","chats":{},"more":[]})"),
                             wait(*phone, 1).back().dump());
    }

    void whatCameLiveIsNotRepeated() {
        send(1, 2, 3);
        const auto phone = open(2);
        settle(phone);
        send(1, 2, 2);
        expectSeqs(wait(*phone, 2), {4, 5});
        resume(phone, Json::object({{key(), 1}}));
        const auto events = wait(*phone, 3);
        expectSeqs(events, {2, 3});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, events.back()["chats"][key()].asInteger());
        resume(phone, Json::object({{key(), 0}}));
        expectSeqs(wait(*phone, 2), {1});
    }

    void liveMessagesWaitForTheReplay() {
        send(1, 2, 30, std::string(5000, 'x'));  // more than is sent ahead
        const auto phone = open(2);
        resume(phone, Json::object({{key(), 0}}));
        auto events = wait(*phone, 10);
        send(1, 2, 2);
        const bool done = waitFor([&] {
            phone->answer();
            for (auto& event : phone->takeEvents()) events.push_back(std::move(event));
            return events.size() >= 33;
        });
        CPPUNIT_ASSERT(done);
        expectSeqs(events, upTo(32));
        CPPUNIT_ASSERT_EQUAL(std::size_t{33}, events.size());
    }

    void replayWaitsForASlowReader() {
        send(1, 2, 40, std::string(5000, 'x'));
        const auto phone = open(2);
        resume(phone, Json::object({{key(), 0}}));
        auto events = wait(*phone, 13);
        settle(open(2));  // whoever comes later is served meanwhile
        CPPUNIT_ASSERT(events.size() + phone->takeEvents().size() < 20);
    }

    void overAThousandTheClientResumesAgain() {
        send(1, 2, 1005);
        const auto phone = open(2);
        resume(phone, Json::object({{key(), 1}}));
        auto events = drain(*phone, 1001);
        expectSeqs(events, upTo(1001, 2));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"resumed","chats":{"1":1001},"more":[1]})"),
                             events.back().dump());
        send(1, 2, 1);  // waits for the client to go on
        resume(phone, Json::object({{key(), 1001}}));
        events = drain(*phone, 6);
        expectSeqs(events, upTo(1006, 1002));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"resumed","chats":{"1":1006},"more":[]})"),
                             events.back().dump());
        send(1, 2, 1);
        expectSeqs(drain(*phone, 1), {1007});
    }

    void foreignChatsAreRefusedAndTheOthersGoOn() {
        const auto foreign = chat_->openRoom(3, 4);
        send(1, 2, 1);
        const auto phone = open(2);
        resume(phone, Json::object({{std::to_string(foreign), 0}, {key(), 0}, {"99", 0}}));
        const auto events = wait(*phone, 4);
        CPPUNIT_ASSERT_EQUAL(std::string("not_participant"), events[0]["code"].asString());
        CPPUNIT_ASSERT_EQUAL(foreign, events[0]["chat_room_id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{99}, events[1]["chat_room_id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, events[2]["seq"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"1":1})"), events[3]["chats"].dump());
    }

    void tooManyResumesAtOnceAreRefused() {
        send(1, 2, 40, std::string(5000, 'x'));
        const auto phone = open(2);
        for (int i = 0; i < 5; ++i) resume(phone, Json::object({{key(), 0}}));
        const bool refused = waitFor([&] {
            const auto events = phone->takeEvents();
            return std::any_of(events.begin(), events.end(), [](const Json& event) {
                return event["code"] == Json("server_busy") && event["retry_after_ms"].isInteger();
            });
        });
        CPPUNIT_ASSERT(refused);
    }

    void resumedMessagesAreDelivered() {
        const auto sender = open(1);
        send(1, 2, 2);
        const auto phone = open(2);
        resume(phone, Json::object({{key(), 0}}));
        wait(*phone, 3);
        phone->answer();
        const bool told = waitFor([&] {
            const auto events = sender->takeEvents();
            return std::any_of(events.begin(), events.end(), [](const Json& event) {
                return event["type"] == Json("delivered") && event["seq"].asInteger() == 2;
            });
        });
        CPPUNIT_ASSERT(told);
    }

    /// As after the death of the node that had handed it out.
    void whatTheClientSaysThatItHasIsDelivered() {
        const auto sender = open(1);
        send(1, 2, 3);
        send(2, 1, 1);
        const auto phone = open(2);
        resume(phone, Json::object({{key(), 4}}));
        CPPUNIT_ASSERT_EQUAL(std::string("resumed"), wait(*phone, 1)[0]["type"].asString());
        CPPUNIT_ASSERT(waitFor([&] {
            const auto events = sender->takeEvents();
            return std::any_of(events.begin(), events.end(), [](const Json& event) {
                return event["type"] == Json("delivered") && event["seq"].asInteger() == 3;
            });
        }));
    }

    void resumedMessagesAreAsInHistory() {
        send(1, 2, 1);
        send(2, 1, 1);
        chat_->rooms.history(2, room_);
        const auto phone = open(1);
        resume(phone, Json::object({{key(), 0}}));
        const auto events = wait(*phone, 3);
        const auto page = chat_->page(1, room_, {});
        CPPUNIT_ASSERT_EQUAL(page["messages"].items()[0].dump(), events[0].dump());
        CPPUNIT_ASSERT_EQUAL(page["messages"].items()[1].dump(), events[1].dump());
        CPPUNIT_ASSERT(events[0]["is_seen"].asBool() && !events[1]["is_seen"].asBool());
    }

    void messagesThatOvertakeAreSentInOrder() {
        send(1, 2, 3);
        OtherNode other(*chat_);
        const auto tablet = other.hub.open(std::string(chat::kChatPath), 2);
        other.feeds.open(tablet);
        settle(tablet, other);
        send(1, 2, 4);
        auto published = this->published();
        published.erase(published.begin(), published.end() - 4);
        std::reverse(published.begin(), published.end());
        for (auto& message : published) other.bus.publish(message.topic, message.text);
        expectSeqs(wait(*tablet, 4), {4, 5, 6, 7});
        send(1, 2, 1);
        other.bus.publish("messages", this->published().back().text);
        expectSeqs(wait(*tablet, 1), {8});
    }

    void messagesThatCrossWhileASocketOpensBothCome() {
        send(1, 2, 4);
        const auto published = this->published();
        OtherNode other(*chat_);
        const auto tablet = other.hub.open(std::string(chat::kChatPath), 2);
        other.feeds.open(tablet);
        settle(tablet, other);
        for (const std::size_t seq : {4, 3, 3, 4}) {
            const auto& message = published.at(published.size() - 5 + seq);
            other.bus.publish(message.topic, message.text);
        }
        expectSeqs(wait(*tablet, 2), {4, 3});
        other.feeds.resume(tablet, {{room_, 2}});  // from now on it is the client who says
        CPPUNIT_ASSERT_EQUAL(std::string("resumed"), wait(*tablet, 1)[0]["type"].asString());
        const auto& second = published.at(published.size() - 3);
        other.bus.publish(second.topic, second.text);
        send(1, 2, 1);
        other.bus.publish("messages", this->published().back().text);
        expectSeqs(wait(*tablet, 1), {5});
    }

    void afterAGapTheSocketsAreToldToSync() {
        const auto one = open(1);
        const auto other = open(2);
        settle(one);
        settle(other);
        chat_->town.host().fake_bus.announceGap();
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"sync","after_ms":0})"), one->takeEvents().at(0).dump());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"sync","after_ms":5000})"),
                             other->takeEvents().at(0).dump());
    }

    void afterAGapTheSocketsGetWhatTheyMissed() {
        send(1, 2, 2);
        OtherNode other(*chat_);
        const auto tablet = other.hub.open(std::string(chat::kChatPath), 2);
        other.feeds.open(tablet);
        settle(tablet, other);
        send(1, 2, 2);
        other.bus.announceGap();
        expectSeqs(wait(*tablet, 2), {3, 4});
        other.bus.announceGap();
        settle(tablet, other);
    }

    void afterAGapAChatThatBeganMeanwhileIsThere() {
        OtherNode other(*chat_);
        const auto tablet = other.hub.open(std::string(chat::kChatPath), 2);
        other.feeds.open(tablet);
        settle(tablet, other);
        const auto fresh = chat_->openRoom(2, 5);
        sendOne(ChatTown::draft(fresh, 5, 2, 900));
        other.bus.announceGap();
        CPPUNIT_ASSERT_EQUAL(fresh, wait(*tablet, 1)[0]["chat_room_id"].asInteger());
    }

    void theSenderIsNotSentItsOwnMessageForAHole() {
        OtherNode other(*chat_);
        const auto phone = other.hub.open(std::string(chat::kChatPath), 1);
        const auto feed = other.feeds.open(phone);
        settle(phone, other);
        send(2, 1, 1);  // the other node does not hear of it
        feed->sending(ChatTown::messageId(500));
        sendOne(ChatTown::draft(room_, 1, 2, 500));
        other.bus.publish("messages", sentBy(published().back().text, phone->id()));
        expectSeqs(wait(*phone, 1), {1});
        send(2, 1, 1);
        other.bus.publish("messages", published().back().text);
        expectSeqs(wait(*phone, 1), {3});
    }

    void aRemovedChatEndsTheReplay() {
        send(1, 2, 40, std::string(5000, 'x'));
        const auto phone = open(2);
        resume(phone, Json::object({{key(), 0}}));
        wait(*phone, 13);
        chat_->town.database().transaction(
            [&](sdk::Connection& connection) { chat_->rooms.removeBetween(connection, 1, 2); });
        bool resumed = false;
        CPPUNIT_ASSERT(waitFor([&] {
            phone->answer();
            for (const auto& event : phone->takeEvents()) resumed |= event["type"] == Json("resumed");
            return resumed;
        }));
    }

private:
    std::string key() const { return std::to_string(room_); }
    std::shared_ptr<FakeSocketSession> open(sdk::UserId user) {
        auto session = chat_->hub.open(std::string(chat::kChatPath), user);
        chat_->sockets.onOpen(session);
        return session;
    }
    void send(sdk::UserId from, sdk::UserId to, int count, const std::string& body = "hello") {
        std::vector<std::future<chat::SendOutcome>> outcomes;
        for (int i = 0; i < count; ++i)
            outcomes.push_back(chat_->submit(ChatTown::draft(room_, from, to, ++next_, body)));
        for (auto& outcome : outcomes) CPPUNIT_ASSERT(outcome.get().result == chat::SendResult::kStored);
        stored_ += outcomes.size();
        published();
    }
    void sendOne(chat::Draft draft) {
        CPPUNIT_ASSERT(chat_->send(std::move(draft)).result == chat::SendResult::kStored);
        ++stored_;
        published();
    }
    /// What the other nodes are told of all that was stored, as if each message had come alone; the sockets
    /// here have it then.
    std::vector<sdk::testing::FakeBus::Message> published() {
        auto& bus = chat_->town.host().fake_bus;
        std::vector<sdk::testing::FakeBus::Message> messages;
        CPPUNIT_ASSERT(waitFor([&] {
            messages.clear();
            for (const auto& batch : bus.published()) {
                if (batch.topic != "messages") continue;
                chat::NodeWords lines(batch.text, '\n');
                const auto node = lines.next();
                while (!lines.atEnd()) {
                    chat::NodeLines alone(node);
                    alone.line(lines.next()).line(lines.next());
                    messages.push_back({batch.topic, alone.text(), batch.trace});
                }
            }
            return messages.size() >= stored_;
        }));
        return messages;
    }
    /// The same publication, if that socket had sent the message.
    static std::string sentBy(const std::string& publication, const std::string& session) {
        chat::NodeWords lines(publication, '\n');
        chat::NodeLines changed(lines.next());
        chat::NodeWords words(lines.next(), ' ');
        std::string head;
        for (int i = 0; i < 5; ++i) head.append(words.next()).push_back(' ');
        words.next();
        head.append(session).append(" ").append(words.rest());
        return changed.line(head).line(lines.next()).text();
    }
    void resume(const std::shared_ptr<FakeSocketSession>& device, Json chats) {
        chat_->sockets.onEvent(device, "resume", Json::object({{"chats", std::move(chats)}}));
    }
    /// Until the socket's feed knows its chats; nothing else may come.
    void settle(const std::shared_ptr<FakeSocketSession>& device) {
        resume(device, Json::object());
        CPPUNIT_ASSERT_EQUAL(std::string("resumed"), wait(*device, 1)[0]["type"].asString());
    }
    static void settle(const std::shared_ptr<FakeSocketSession>& device, OtherNode& node) {
        node.feeds.resume(device, {});
        CPPUNIT_ASSERT_EQUAL(std::string("resumed"), wait(*device, 1)[0]["type"].asString());
    }
    static std::vector<Json> wait(FakeSocketSession& device, std::size_t count) {
        std::vector<Json> events;
        const bool came = waitFor([&] {
            for (auto& event : device.takeEvents()) {
                if (event["type"] != Json("sync")) events.push_back(std::move(event));
            }
            return events.size() >= count;
        });
        CPPUNIT_ASSERT_MESSAGE("an event did not come", came);
        return events;
    }
    /// The same, reading as fast as it comes.
    static std::vector<Json> drain(FakeSocketSession& device, std::size_t count) {
        std::vector<Json> events;
        const bool came = waitFor([&] {
            device.answer();
            for (auto& event : device.takeEvents()) {
                if (event["type"] != Json("sync")) events.push_back(std::move(event));
            }
            return events.size() >= count;
        });
        CPPUNIT_ASSERT_MESSAGE("an event did not come", came);
        return events;
    }
    static std::vector<std::int64_t> upTo(std::int64_t last, std::int64_t first = 1) {
        std::vector<std::int64_t> seqs;
        for (auto seq = first; seq <= last; ++seq) seqs.push_back(seq);
        return seqs;
    }
    static void expectSeqs(const std::vector<Json>& events, const std::vector<std::int64_t>& expected) {
        std::vector<std::int64_t> seqs;
        for (const auto& event : events) {
            if (event["type"] == Json("chats")) seqs.push_back(event["seq"].asInteger());
        }
        CPPUNIT_ASSERT(seqs == expected);
    }

    std::unique_ptr<ChatTown> chat_;
    std::int64_t room_ = 0;
    int next_ = 0;
    std::size_t stored_ = 0;
};

using FeedsTestOnSqlite = FeedsTest<Backend::kSqlite>;
using FeedsTestOnPostgresql = FeedsTest<Backend::kPostgresql>;
CPPUNIT_TEST_SUITE_REGISTRATION(FeedsTestOnSqlite);
CPPUNIT_TEST_SUITE_REGISTRATION(FeedsTestOnPostgresql);

}  // namespace linkup::test
