#include <cppunit/extensions/HelperMacros.h>

#include "chat_fixture.h"

namespace linkup::test {

using sdk::Json;
using sdk::testing::FakeSocketSession;

/// What devices are told, and in which order.
class ChatSocketsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ChatSocketsTest);
    CPPUNIT_TEST(ackComesBeforeDelivered);
    CPPUNIT_TEST(everyDeviceOfBothGetsTheMessageButTheSendingOne);
    CPPUNIT_TEST(messageForSomebodyElseIsRefused);
    CPPUNIT_TEST(foreignFilesAreRefused);
    CPPUNIT_TEST(emptyTextNeedsAPicture);
    CPPUNIT_TEST(pictureSizesStayFloatsAndBothSpellingsAreThere);
    CPPUNIT_TEST(typingIsPassedOnTwiceASecondAtTheMost);
    CPPUNIT_TEST(typingGoesFirstButForTheLastOfEachChat);
    CPPUNIT_TEST(typingInForeignRoomsIsRefused);
    CPPUNIT_TEST(seenReachesThePartnerAndTheReadersOtherDevices);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(Backend::kSqlite);
        room_ = chat_->openRoom(1, 2);
        phone_ = open(1);
        partner_ = open(2);
    }
    void tearDown() override { chat_.reset(); }

    void ackComesBeforeDelivered() {
        send(message(1));
        waitForEvents(*partner_, 1);
        partner_->answer();
        const auto events = waitForEvents(*phone_, 2);
        CPPUNIT_ASSERT_EQUAL(std::string("ack"), events[0]["type"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("delivered"), events[1]["type"].asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, events[1]["seq"].asInteger());
    }

    void everyDeviceOfBothGetsTheMessageButTheSendingOne() {
        const auto tablet = open(1);
        const auto partners_tablet = open(2);
        send(message(1));
        for (const auto& device : {tablet, partner_, partners_tablet}) {
            CPPUNIT_ASSERT_EQUAL(std::string("hello"), waitForEvents(*device, 1)[0]["message"].asString());
        }
        CPPUNIT_ASSERT_EQUAL(std::string("ack"), waitForEvents(*phone_, 1)[0]["type"].asString());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, phone_->sent().size());
    }

    void messageForSomebodyElseIsRefused() {
        auto forged = message(1);
        forged.set("from_", 2);
        send(forged);
        CPPUNIT_ASSERT_EQUAL(std::string("sender_mismatch"), waitForEvents(*phone_, 1)[0]["code"].asString());
        auto misdirected = message(2);
        misdirected.set("to", 3);
        send(misdirected);
        CPPUNIT_ASSERT_EQUAL(std::string("recipient_mismatch"),
                             waitForEvents(*phone_, 1)[0]["code"].asString());
        CPPUNIT_ASSERT(partner_->sent().empty());
    }

    void foreignFilesAreRefused() {
        for (const char* file_key : {"sw/media/2/x.webp", "sw/media/1/../2/x.webp", "sw/media/1/never.webp",
                                     "https://example.com/x.webp"}) {
            auto event = message(1);
            event.set("media", picture(file_key));
            send(event);
            CPPUNIT_ASSERT_EQUAL(std::string("media_not_allowed"),
                                 waitForEvents(*phone_, 1)[0]["code"].asString());
        }
    }

    void emptyTextNeedsAPicture() {
        auto empty = message(1);
        empty.set("message", "");
        send(empty);
        CPPUNIT_ASSERT_EQUAL(std::string("invalid_event"), waitForEvents(*phone_, 1)[0]["code"].asString());
        empty.set("media", picture("sw/media/1/x.webp"));
        send(empty);
        CPPUNIT_ASSERT_EQUAL(std::string("ack"), waitForEvents(*phone_, 1)[0]["type"].asString());
    }

    void pictureSizesStayFloatsAndBothSpellingsAreThere() {
        auto event = message(1);
        event.set("media", picture("sw/media/1/x.webp"));
        send(event);
        const auto media = waitForEvents(*partner_, 1)[0]["media"];
        CPPUNIT_ASSERT(partner_->sent()[0].find("\"width\":320.0") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::string("image"), media["mediaType"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("image"), media["media_type"].asString());
        CPPUNIT_ASSERT(media["metadata"]["file_url"].isString() && media["metadata"]["blurhash"].isString());
    }

    void typingIsPassedOnTwiceASecondAtTheMost() {
        const auto typing = Json::object({{"to", 2}, {"from_", 1}, {"chat_room_id", room_}});
        for (int i = 0; i < 10; ++i) chat_->sockets.onEvent(phone_, "typing", typing);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, partner_->sent().size());
        chat_->town.host().fake_clock.advance(std::chrono::milliseconds(500));
        chat_->sockets.onEvent(phone_, "typing", typing);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, partner_->sent().size());
        CPPUNIT_ASSERT_EQUAL(std::string("Typing..."), partner_->takeEvents()[0]["message"].asString());
    }

    void typingGoesFirstButForTheLastOfEachChat() {
        const auto other_room = chat_->openRoom(1, 3);
        const auto other_partner = open(3);
        chat_->sockets.onEvent(phone_, "typing",
                               Json::object({{"to", 2}, {"from_", 1}, {"chat_room_id", room_}}));
        chat_->sockets.onEvent(phone_, "typing",
                               Json::object({{"to", 3}, {"from_", 1}, {"chat_room_id", other_room}}));
        const auto one = partner_->waiting().at(0);
        const auto other = other_partner->waiting().at(0);
        CPPUNIT_ASSERT(one.droppable && other.droppable);
        CPPUNIT_ASSERT(!one.coalesce_key.empty() && one.coalesce_key != other.coalesce_key);
    }

    void typingInForeignRoomsIsRefused() {
        chat_->sockets.onEvent(phone_, "typing",
                               Json::object({{"to", 2}, {"from_", 1}, {"chat_room_id", room_ + 1}}));
        CPPUNIT_ASSERT_EQUAL(std::string("not_participant"), waitForEvents(*phone_, 1)[0]["code"].asString());
    }

    void seenReachesThePartnerAndTheReadersOtherDevices() {
        send(message(1));
        waitForEvents(*partner_, 1);
        waitForEvents(*phone_, 1);
        const auto partners_tablet = open(2);
        chat_->sockets.onEvent(
            partner_, "seen",
            Json::object(
                {{"to", 1}, {"from_", 2}, {"message_id", ChatTown::messageId(1)}, {"chat_room_id", room_}}));
        CPPUNIT_ASSERT_EQUAL(std::string("seen"), phone_->takeEvents().back()["chats_type"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("seen"),
                             partners_tablet->takeEvents().front()["chats_type"].asString());
        CPPUNIT_ASSERT(partner_->takeEvents().empty());
    }

private:
    std::shared_ptr<FakeSocketSession> open(sdk::UserId user) {
        return chat_->hub.open(std::string(chat::kChatPath), user);
    }
    Json message(int number) {
        return Json::object({{"message_id", ChatTown::messageId(number)},
                             {"message", "hello"},
                             {"to", 2},
                             {"from_", 1},
                             {"chat_room_id", room_},
                             {"reply_id", nullptr},
                             {"media", nullptr}});
    }
    static Json picture(const char* file_key) {
        return Json::object(
            {{"media_type", "image"},
             {"file_key", file_key},
             {"blurhash_text", nullptr},
             {"metadata", Json::object({{"width", 320}, {"height", 240.5}, {"blurhash", "LEHV"}})}});
    }
    void send(const Json& event) { chat_->sockets.onEvent(phone_, "message", event); }
    static std::vector<Json> waitForEvents(FakeSocketSession& device, std::size_t count) {
        std::vector<Json> events;
        const bool came = waitFor([&] {
            for (auto& event : device.takeEvents()) events.push_back(std::move(event));
            return events.size() >= count;
        });
        CPPUNIT_ASSERT_MESSAGE("an event did not come", came);
        return events;
    }

    std::unique_ptr<ChatTown> chat_;
    std::int64_t room_ = 0;
    std::shared_ptr<FakeSocketSession> phone_;
    std::shared_ptr<FakeSocketSession> partner_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChatSocketsTest);

}  // namespace linkup::test
