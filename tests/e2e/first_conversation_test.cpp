#include <cppunit/extensions/HelperMacros.h>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <string>

#include "deployment.h"
#include "person.h"

namespace linkup::test {
namespace {

constexpr const char* kFirstId = "6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e01";

std::string messageEvent(const Person& from, const Person& to, int room, const std::string& id,
                         const std::string& text) {
    return R"({"type":"chats","chats_type":"message","message_id":")" + id + R"(","message":")" + text +
           R"(","to":)" + std::to_string(to.id()) + R"(,"from_":)" + std::to_string(from.id()) +
           R"(,"chat_room_id":)" + std::to_string(room) + "}";
}

std::string plainEvent(const char* kind, const Person& from, const Person& to, int room,
                       const std::string& more = {}) {
    return std::string(R"({"type":"chats","chats_type":")") + kind + R"(","to":)" + std::to_string(to.id()) +
           R"(,"from_":)" + std::to_string(from.id()) + R"(,"chat_room_id":)" + std::to_string(room) + more +
           "}";
}

bool offers(const Poco::JSON::Object::Ptr& reply, int id) {
    const auto people = reply->getArray("matches");
    for (unsigned i = 0; i < people->size(); ++i) {
        if (people->getObject(i)->getValue<int>("id") == id) return true;
    }
    return false;
}

}  // namespace

/// Two people who have never met sign up, match and talk; a third is met in the lobby.
class FirstConversationTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FirstConversationTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    static constexpr const char* kEveryTwentySeconds = "*/20 * * * * *";

    void tell(Deployment::Kind kind) {
        Deployment deployment(kind, {{"lobby.events.evening.cron", kEveryTwentySeconds},
                                     {"lobby.events.evening.waiting_ms", "3000"}});
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        CPPUNIT_ASSERT_EQUAL(std::string("alice"),
                             alice.get("/api/v1/me")->getValue<std::string>("username"));

        meet(alice, bob);
        const int room = startChat(alice, bob);
        talk(alice, bob, room);
        Person carol(deployment, deployment.first(), "carol", Person::Gender::kFemale);
        meetInLobby(alice, bob, carol);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    static void meet(Person& alice, Person& bob) {
        auto alice_list = alice.open("connections");
        auto bob_list = bob.open("connections");
        CPPUNIT_ASSERT(offers(alice.get("/api/v1/matches/get-matches"), bob.id()));
        CPPUNIT_ASSERT(offers(bob.get("/api/v1/matches/get-matches"), alice.id()));

        const auto like =
            alice.post("/api/v1/swipe/right", R"({"liked_id":")" + std::to_string(bob.id()) + "\"}");
        CPPUNIT_ASSERT(!like->getValue<bool>("match"));
        CPPUNIT_ASSERT_EQUAL(std::string("like"), bob_list->receive()->getValue<std::string>("sub_type"));
        const auto match =
            bob.post("/api/v1/swipe/right", R"({"liked_id":)" + std::to_string(alice.id()) + "}");
        CPPUNIT_ASSERT(match->getValue<bool>("match"));
        CPPUNIT_ASSERT_EQUAL(alice.id(), match->getObject("matched_user")->getValue<int>("id"));
        CPPUNIT_ASSERT_EQUAL(std::string("match"), bob_list->receive()->getValue<std::string>("sub_type"));
        CPPUNIT_ASSERT_EQUAL(std::string("match"), alice_list->receive()->getValue<std::string>("sub_type"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                             alice.get("/api/v1/matches/get-connections")->getArray("matches")->size());
    }

    static int startChat(Person& alice, Person& bob) {
        const auto mine =
            alice.post("/api/v1/chats/start-chat", R"({"id":)" + std::to_string(bob.id()) + "}");
        const auto same =
            bob.post("/api/v1/chats/start-chat", R"({"id":)" + std::to_string(alice.id()) + "}");
        CPPUNIT_ASSERT_EQUAL(mine->getValue<int>("chat_room_id"), same->getValue<int>("chat_room_id"));
        CPPUNIT_ASSERT_EQUAL(std::string("Chat already started"), same->getValue<std::string>("message"));
        return mine->getValue<int>("chat_room_id");
    }

    static void talk(Person& alice, Person& bob, int room) {
        auto alice_chat = alice.open("chat");
        auto bob_chat = bob.open("chat");
        auto bob_tablet = bob.open("chat");

        alice_chat->send(messageEvent(alice, bob, room, kFirstId, "hi Bob"));
        const auto ack = alice_chat->receive();
        CPPUNIT_ASSERT_EQUAL(std::string("ack"), ack->getValue<std::string>("type"));
        CPPUNIT_ASSERT_EQUAL(1, ack->getValue<int>("seq"));
        for (auto* device : {bob_chat.get(), bob_tablet.get()}) {
            const auto message = device->receive();
            CPPUNIT_ASSERT_EQUAL(std::string("hi Bob"), message->getValue<std::string>("message"));
            CPPUNIT_ASSERT_EQUAL(1, message->getValue<int>("seq"));
            CPPUNIT_ASSERT_EQUAL(ack->getValue<std::string>("timestamp"),
                                 message->getValue<std::string>("timestamp"));
        }
        CPPUNIT_ASSERT_EQUAL(1, alice_chat->receiveType("delivered")->getValue<int>("seq"));

        alice_chat->send(messageEvent(alice, bob, room, kFirstId, "hi Bob"));
        const auto again = alice_chat->receive();
        CPPUNIT_ASSERT_EQUAL(ack->getValue<std::string>("timestamp"),
                             again->getValue<std::string>("timestamp"));
        CPPUNIT_ASSERT_EQUAL(1, again->getValue<int>("seq"));
        bob_chat->expectQuiet(std::chrono::milliseconds(300));

        bob_chat->send(plainEvent("typing", bob, alice, room));
        CPPUNIT_ASSERT_EQUAL(std::string("typing"),
                             alice_chat->receive()->getValue<std::string>("chats_type"));
        CPPUNIT_ASSERT_EQUAL(1, unseen(bob));
        bob_chat->send(
            plainEvent("seen", bob, alice, room, std::string(R"(,"message_id":")") + kFirstId + "\""));
        const auto seen = alice_chat->receive();
        CPPUNIT_ASSERT_EQUAL(std::string("seen"), seen->getValue<std::string>("chats_type"));
        CPPUNIT_ASSERT_EQUAL(1, seen->getValue<int>("seq"));
        CPPUNIT_ASSERT_EQUAL(0, unseen(bob));

        alice_chat->send(messageEvent(bob, alice, room, "6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e02", "forged"));
        CPPUNIT_ASSERT_EQUAL(std::string("sender_mismatch"),
                             alice_chat->receive()->getValue<std::string>("code"));
        const auto history =
            alice.post("/api/v1/chats/get/chat", R"({"chat_room_id":)" + std::to_string(room) + "}")
                ->getArray("messages");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, history->size());
        CPPUNIT_ASSERT(history->getObject(0)->getValue<bool>("is_seen"));
    }

    static int unseen(Person& person) {
        return person.get("/api/v1/matches/get-connections")
            ->getArray("chats")
            ->getObject(0)
            ->getValue<int>("unseen_counter");
    }

    static Poco::JSON::Object::Ptr result(SocketClient& lobby) {
        for (;;) {
            const auto frame = lobby.receive(std::chrono::seconds(40));
            if (frame->getValue<std::string>("event") == "match-event") return frame;
        }
    }

    /// Alice and Bob talk already, so Bob meets Carol, and Alice is told that nobody was left.
    static void meetInLobby(Person& alice, Person& bob, Person& carol) {
        auto alice_lobby = alice.open("lobby");
        auto bob_lobby = bob.open("lobby");
        auto carol_lobby = carol.open("lobby");
        auto carol_list = carol.open("connections");
        CPPUNIT_ASSERT(!result(*alice_lobby)->getValue<bool>("matched"));
        const auto for_bob = result(*bob_lobby);
        const auto for_carol = result(*carol_lobby);
        CPPUNIT_ASSERT_EQUAL(carol.id(), for_bob->getObject("candidate")->getValue<int>("id"));
        CPPUNIT_ASSERT_EQUAL(bob.id(), for_carol->getObject("candidate")->getValue<int>("id"));
        CPPUNIT_ASSERT_EQUAL(std::string("match"), carol_list->receive()->getValue<std::string>("sub_type"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                             carol.get("/api/v1/matches/get-connections")->getArray("matches")->size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FirstConversationTest);

}  // namespace linkup::test
