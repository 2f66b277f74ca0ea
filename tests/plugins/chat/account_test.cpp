#include <cppunit/extensions/HelperMacros.h>

#include "account_service.h"
#include "chat_fixture.h"

namespace linkup::test {

using chat::SendResult;

/// Chats of somebody who deleted their account, on both databases.
template <Backend kBackend>
class ChatAccountTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ChatAccountTest);
    CPPUNIT_TEST(partnerReadsOnButCannotWrite);
    CPPUNIT_TEST(resendOfAStoredMessageStillGetsItsAck);
    CPPUNIT_TEST(otherChatsGoOn);
    CPPUNIT_TEST(roomOfTwoDeletedAccountsGoes);
    CPPUNIT_TEST(nothingIsStoredAfterTheDeletion);
    CPPUNIT_TEST(senderHearsThatTheRecipientIsUnavailable);
    CPPUNIT_TEST(exportHoldsOnesOwnMessages);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(kBackend);
        accounts_ = std::make_unique<chat::AccountService>(chat_->town.host().clock());
        room_ = chat_->openRoom(1, 2);
        chat_->send(ChatTown::draft(room_, 2, 1, 1, "from two"));
        chat_->send(ChatTown::draft(room_, 1, 2, 2, "from one"));
    }
    void tearDown() override { chat_.reset(); }

    void partnerReadsOnButCannotWrite() {
        remove(2);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, chat_->rooms.history(1, room_)["messages"].size());
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(room_, 1, 2, 3)).result ==
                       SendResult::kRecipientUnavailable);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, stored());
    }

    void resendOfAStoredMessageStillGetsItsAck() {
        remove(2);
        const auto again = chat_->send(ChatTown::draft(room_, 1, 2, 2, "from one"));
        CPPUNIT_ASSERT(again.result == SendResult::kRepeated);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, again.message.seq);
    }

    void otherChatsGoOn() {
        const auto other = chat_->openRoom(1, 3);
        remove(2);
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(other, 1, 3, 5)).result == SendResult::kStored);
    }

    void roomOfTwoDeletedAccountsGoes() {
        remove(2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, chat_->town.number("SELECT COUNT(*) FROM chat_rooms"));
        remove(1);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, chat_->town.number("SELECT COUNT(*) FROM chat_rooms"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, stored());
    }

    void nothingIsStoredAfterTheDeletion() {
        std::vector<std::future<chat::SendOutcome>> sent;
        std::int64_t at_deletion = 0;
        for (int i = 10; i < 200; ++i) {
            sent.push_back(chat_->submit(ChatTown::draft(room_, 1, 2, i)));
            if (i == 100) {
                remove(2);
                at_deletion = stored();
            }
        }
        int refused = 0;
        for (auto& outcome : sent) refused += outcome.get().result == SendResult::kRecipientUnavailable;
        CPPUNIT_ASSERT(refused >= 99);
        CPPUNIT_ASSERT_EQUAL(at_deletion, stored());
    }

    void senderHearsThatTheRecipientIsUnavailable() {
        const auto phone = chat_->hub.open(std::string(chat::kChatPath), 1);
        remove(2);
        chat_->sockets.onEvent(phone, "message",
                               sdk::Json::object({{"message_id", ChatTown::messageId(9)},
                                                  {"type", "chats"},
                                                  {"chats_type", "message"},
                                                  {"message", "hello?"},
                                                  {"to", 2},
                                                  {"from_", 1},
                                                  {"chat_room_id", room_}}));
        // Receipts of the messages before may come in between.
        CPPUNIT_ASSERT(waitFor([&] {
            const auto frames = phone->sent();
            return std::any_of(frames.begin(), frames.end(), [](const std::string& frame) {
                return frame.find("\"recipient_unavailable\"") != std::string::npos;
            });
        }));
    }

    void exportHoldsOnesOwnMessages() {
        sdk::Json request = sdk::Json::object({{"user_id", 1}});
        chat_->town.database().read([&](sdk::Connection& c) { accounts_->addExport(c, request); });
        const sdk::Json& chat = request.at("chat");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, chat.at("messages").size());
        CPPUNIT_ASSERT_EQUAL(std::string("from one"),
                             chat.at("messages").items()[0].at("message").asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, chat.at("rooms").items().at(0).at("partner_id").asInteger());
    }

private:
    std::int64_t stored() { return chat_->town.number("SELECT COUNT(*) FROM chat_messages"); }
    void remove(sdk::UserId user) {
        chat_->town.database().transaction([&](sdk::Connection& c) {
            accounts_->remove(c, sdk::Json::object({{"user_id", user}}));
        });
    }

    std::unique_ptr<ChatTown> chat_;
    std::unique_ptr<chat::AccountService> accounts_;
    std::int64_t room_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChatAccountTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(ChatAccountTest<Backend::kPostgresql>);

}  // namespace linkup::test
