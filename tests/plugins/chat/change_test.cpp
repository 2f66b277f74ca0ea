#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "account_service.h"
#include "change_service.h"
#include "chat_fixture.h"

namespace linkup::test {

using chat::ChangeResult;
using sdk::Json;
using sdk::testing::FakeSocketSession;

/// Editing, unsending and reacting, on both databases.
template <Backend kBackend>
class ChangeTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ChangeTest);
    CPPUNIT_TEST(editedTextIsWhatBothHave);
    CPPUNIT_TEST(editAskedAgainChangesNothing);
    CPPUNIT_TEST(onlyTheSenderEditsAndOnlyForAWhile);
    CPPUNIT_TEST(otherPluginsHaveASayInEdits);
    CPPUNIT_TEST(editCannotEmptyAMessageWithoutAFile);
    CPPUNIT_TEST(unsentMessageIsGoneButForItsPlace);
    CPPUNIT_TEST(unsentMessageStaysUnsent);
    CPPUNIT_TEST(eachPersonHasOneReaction);
    CPPUNIT_TEST(strangersChangeNothing);
    CPPUNIT_TEST(afterADeletionOneMayOnlyUnsend);
    CPPUNIT_TEST(resendOfAnEditedMessageIsStillARepetition);
    CPPUNIT_TEST(revisionsOfAChatHaveNoGaps);
    CPPUNIT_TEST(refusedChangesAreAnsweredToTheOneWhoAsked);
    CPPUNIT_TEST(exportHoldsWhatOneChanged);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(kBackend);
        room_ = chat_->openRoom(1, 2);
        chat_->send(ChatTown::draft(room_, 1, 2, 1, "first"));
        chat_->send(ChatTown::draft(room_, 2, 1, 2, "second"));
        phone_ = chat_->hub.open(std::string(chat::kChatPath), 1);
        partner_ = chat_->hub.open(std::string(chat::kChatPath), 2);
    }
    void tearDown() override {
        phone_.reset();
        partner_.reset();
        chat_.reset();
    }

    void editedTextIsWhatBothHave() {
        CPPUNIT_ASSERT(edit(1, 1, "better") == ChangeResult::kChanged);
        for (const auto& device : {phone_, partner_}) {
            const auto event = changedOf(*device);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, event["revision"].asInteger());
            CPPUNIT_ASSERT_EQUAL(std::string("better"), event["message"]["message"].asString());
            CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, event["message"]["seq"].asInteger());
            CPPUNIT_ASSERT(event["message"]["edited_at"].isString());
        }
        CPPUNIT_ASSERT_EQUAL(std::string("better"), history(0)["message"].asString());
        CPPUNIT_ASSERT(history(0)["edited_at"].isString());
        CPPUNIT_ASSERT(history(1)["revision"].isNull() && history(1)["edited_at"].isNull());
    }

    void editAskedAgainChangesNothing() {
        edit(1, 1, "better");
        phone_->takeEvents();
        partner_->takeEvents();
        ask("edit", Json::object({{"message", "better"}}));
        CPPUNIT_ASSERT_EQUAL(std::string("better"), changedOf(*phone_)["message"]["message"].asString());
        CPPUNIT_ASSERT(toldAs("changed", *partner_).empty());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, revision());
    }

    void onlyTheSenderEditsAndOnlyForAWhile() {
        CPPUNIT_ASSERT(edit(2, 1, "mine") == ChangeResult::kNotOwn);
        CPPUNIT_ASSERT(edit(1, 7, "none") == ChangeResult::kUnknownMessage);
        chat_->town.host().fake_clock.advance(std::chrono::minutes(15));
        CPPUNIT_ASSERT(edit(1, 1, "in time") == ChangeResult::kChanged);
        chat_->town.host().fake_clock.advance(std::chrono::milliseconds(1));
        CPPUNIT_ASSERT(edit(1, 1, "late") == ChangeResult::kTooLate);
        CPPUNIT_ASSERT(edit(1, 1, "in time") == ChangeResult::kUnchanged);
        CPPUNIT_ASSERT_EQUAL(std::string("in time"), history(0)["message"].asString());
    }

    void otherPluginsHaveASayInEdits() {
        chat_->town.host().fake_hooks.on("message.sending", [](sdk::Connection&, Json& payload) {
            if (!payload["is_edit"].asBool()) return sdk::HookVerdict::refuse("This is an edit.");
            if (payload["message"].asString() == "bad") return sdk::HookVerdict::refuse("Not so.");
            payload.set("message", payload["message"].asString() + "!");
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT(edit(1, 1, "bad") == ChangeResult::kVetoed);
        CPPUNIT_ASSERT(edit(1, 1, "good") == ChangeResult::kChanged);
        CPPUNIT_ASSERT_EQUAL(std::string("good!"), history(0)["message"].asString());
        CPPUNIT_ASSERT(edit(1, 1, "good") == ChangeResult::kUnchanged);
    }

    void editCannotEmptyAMessageWithoutAFile() {
        CPPUNIT_ASSERT(edit(1, 1, "") == ChangeResult::kEmpty);
        auto with_file = ChatTown::draft(room_, 1, 2, 3, "look");
        with_file.file_key = "sw/media/1/a.webp";
        with_file.media = R"({"media_type":"image","file_key":"sw/media/1/a.webp","metadata":{}})";
        chat_->send(std::move(with_file));
        CPPUNIT_ASSERT(edit(1, 3, "") == ChangeResult::kChanged);
        CPPUNIT_ASSERT(history(2)["media"].isObject());
    }

    void unsentMessageIsGoneButForItsPlace() {
        auto with_file = ChatTown::draft(room_, 1, 2, 3, "look");
        with_file.file_key = "sw/media/1/a.webp";
        with_file.media = R"({"media_type":"image","file_key":"sw/media/1/a.webp","metadata":{}})";
        with_file.reply_id = ChatTown::messageId(1);
        chat_->send(std::move(with_file));
        react(2, 3, "+1");
        CPPUNIT_ASSERT(unsend(1, 3) == ChangeResult::kChanged);
        const auto message = history(2);
        CPPUNIT_ASSERT_EQUAL(std::string(), message["message"].asString());
        CPPUNIT_ASSERT(message["media"].isNull() && message["reply_id"].isNull());
        CPPUNIT_ASSERT(message["reactions"].isNull() && message["unsent_at"].isString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, message["seq"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1},
                             chat_->town.number("SELECT COUNT(*) FROM chat_messages WHERE body = '' AND "
                                                "media IS NULL AND reactions IS NULL"));
    }

    void unsentMessageStaysUnsent() {
        CPPUNIT_ASSERT(unsend(2, 1) == ChangeResult::kNotOwn);
        chat_->town.host().fake_clock.advance(std::chrono::hours(24));
        CPPUNIT_ASSERT(unsend(1, 1) == ChangeResult::kChanged);
        CPPUNIT_ASSERT(unsend(1, 1) == ChangeResult::kUnchanged);
        CPPUNIT_ASSERT(edit(1, 1, "again") == ChangeResult::kUnsent);
        CPPUNIT_ASSERT(react(2, 1, "+1") == ChangeResult::kUnsent);
        chat_->town.host().fake_clock.advance(std::chrono::seconds(1));
        CPPUNIT_ASSERT(unsend(2, 2) == ChangeResult::kTooLate);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, revision());
    }

    void eachPersonHasOneReaction() {
        CPPUNIT_ASSERT(react(1, 1, "+1") == ChangeResult::kChanged);
        CPPUNIT_ASSERT(react(2, 1, "\xE2\x9D\xA4") == ChangeResult::kChanged);
        CPPUNIT_ASSERT(react(1, 1, "-1") == ChangeResult::kChanged);
        CPPUNIT_ASSERT(react(1, 1, "-1") == ChangeResult::kUnchanged);
        CPPUNIT_ASSERT_EQUAL(std::string("[{\"user_id\":2,\"reaction\":\"\xE2\x9D\xA4\"},"
                                         "{\"user_id\":1,\"reaction\":\"-1\"}]"),
                             history(0)["reactions"].dump());
        CPPUNIT_ASSERT(react(2, 1, std::nullopt) == ChangeResult::kChanged);
        CPPUNIT_ASSERT(react(1, 1, std::nullopt) == ChangeResult::kChanged);
        CPPUNIT_ASSERT(react(1, 1, std::nullopt) == ChangeResult::kUnchanged);
        CPPUNIT_ASSERT(history(0)["reactions"].isNull());
    }

    void strangersChangeNothing() {
        for (const auto& outcome : {chat_->changes.edit(3, room_, ChatTown::messageId(1), "x"),
                                    chat_->changes.unsend(3, room_, ChatTown::messageId(1)),
                                    chat_->changes.react(3, room_, ChatTown::messageId(1), "x"),
                                    chat_->changes.react(1, room_ + 1, ChatTown::messageId(1), "x")}) {
            CPPUNIT_ASSERT(outcome.result == ChangeResult::kNotParticipant);
        }
    }

    void afterADeletionOneMayOnlyUnsend() {
        chat::AccountService accounts(chat_->town.host().clock());
        chat_->town.database().transaction([&](sdk::Connection& c) {
            accounts.remove(c, Json::object({{"user_id", 2}}));
        });
        CPPUNIT_ASSERT(edit(1, 1, "x") == ChangeResult::kRecipientUnavailable);
        CPPUNIT_ASSERT(react(1, 2, "x") == ChangeResult::kRecipientUnavailable);
        CPPUNIT_ASSERT(unsend(1, 1) == ChangeResult::kChanged);
    }

    void resendOfAnEditedMessageIsStillARepetition() {
        edit(1, 1, "better");
        CPPUNIT_ASSERT(chat_->send(ChatTown::draft(room_, 1, 2, 1, "first")).result ==
                       chat::SendResult::kRepeated);
        CPPUNIT_ASSERT_EQUAL(std::string("better"), history(0)["message"].asString());
    }

    void revisionsOfAChatHaveNoGaps() {
        std::vector<std::thread> threads;
        for (sdk::UserId user : {1, 2}) {
            threads.emplace_back([this, user] {
                for (int i = 0; i < 20; ++i) react(user, 1, std::to_string(i));
            });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{40}, revision());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, history(0)["reactions"].size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{40}, history(0)["revision"].asInteger());
    }

    void refusedChangesAreAnsweredToTheOneWhoAsked() {
        chat_->sockets.onEvent(
            phone_, "edit",
            Json::object(
                {{"chat_room_id", room_}, {"message_id", ChatTown::messageId(2)}, {"message", "x"}}));
        CPPUNIT_ASSERT_EQUAL(
            R"({"type":"error","code":"not_sender","detail":"Only its sender can change a message","message_id":")" +
                ChatTown::messageId(2) + R"(","chat_room_id":1})",
            toldAs("error", *phone_).at(0).dump());
        const auto told = partner_->takeEvents();
        CPPUNIT_ASSERT(std::none_of(told.begin(), told.end(), [](const Json& event) {
            return event["type"].asString() == "error" || event["type"].asString() == "changed";
        }));
    }

    void exportHoldsWhatOneChanged() {
        edit(1, 1, "better");
        react(1, 2, "+1");
        react(2, 2, "-1");
        chat::AccountService accounts(chat_->town.host().clock());
        Json request = Json::object({{"user_id", 1}});
        chat_->town.database().read([&](sdk::Connection& c) { accounts.addExport(c, request); });
        CPPUNIT_ASSERT(request["chat"]["messages"].items().at(0)["edited_at"].isString());
        CPPUNIT_ASSERT_EQUAL(
            R"([{"chat_room_id":1,"message_id":")" + ChatTown::messageId(2) + R"(","reaction":"+1"}])",
            request["chat"]["reactions"].dump());
    }

private:
    ChangeResult edit(sdk::UserId user, int number, const std::string& text) {
        return chat_->changes.edit(user, room_, ChatTown::messageId(number), text).result;
    }
    ChangeResult unsend(sdk::UserId user, int number) {
        return chat_->changes.unsend(user, room_, ChatTown::messageId(number)).result;
    }
    ChangeResult react(sdk::UserId user, int number, const std::optional<std::string>& reaction) {
        return chat_->changes.react(user, room_, ChatTown::messageId(number), reaction).result;
    }
    void ask(const std::string& event, Json body) {
        body.set("chat_room_id", room_);
        body.set("message_id", ChatTown::messageId(1));
        chat_->sockets.onEvent(phone_, event, body);
    }
    Json history(std::size_t at) { return chat_->page(1, room_, {})["messages"].items().at(at); }
    std::int64_t revision() { return chat_->town.number("SELECT revision FROM chat_rooms"); }
    /// Of one type: the messages of the beginning may still be on their way to the devices.
    static std::vector<Json> toldAs(std::string_view type, FakeSocketSession& device) {
        auto told = device.takeEvents();
        std::erase_if(told, [&](const Json& event) { return event["type"].asString() != type; });
        return told;
    }
    static Json changedOf(FakeSocketSession& device) {
        const auto told = toldAs("changed", device);
        CPPUNIT_ASSERT(!told.empty());
        return told.front();
    }

    std::unique_ptr<ChatTown> chat_;
    std::int64_t room_ = 0;
    std::shared_ptr<FakeSocketSession> phone_;
    std::shared_ptr<FakeSocketSession> partner_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChangeTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(ChangeTest<Backend::kPostgresql>);

}  // namespace linkup::test
