#include <cppunit/extensions/HelperMacros.h>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <cstdio>
#include <memory>
#include <string>

#include "deployment.h"
#include "person.h"

namespace linkup::test {
namespace {

std::string about(const char* key, const Person& person) {
    return R"({")" + std::string(key) + R"(":)" + std::to_string(person.id()) + "}";
}

int startChat(Person& alice, Person& bob) {
    alice.get("/api/v1/matches/get-matches");
    alice.post("/api/v1/swipe/right", about("liked_id", bob));
    bob.post("/api/v1/likes/" + std::to_string(alice.id()) + "/like-back");
    return alice.post("/api/v1/chats/start-chat", about("id", bob))->getValue<int>("chat_room_id");
}

std::string messageId(int number) {
    char id[40];
    std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", number);
    return id;
}

}  // namespace

/// What becomes of messages after they were sent: edited, taken back, reacted to, caught up with, kept.
class MessagesStoryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MessagesStoryTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    void tell(Deployment::Kind kind) {
        Deployment deployment(kind,
                              {{"chat.presence.grace_ms", "0"}, {"chat.presence.node_lifetime_ms", "3000"}});
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        room_ = startChat(alice, bob);
        auto phone = alice.open("chat");
        auto partner = bob.open("chat");
        for (int number = 1; number <= 3; ++number) {
            phone->send(R"({"type":"chats","chats_type":"message","message_id":")" + messageId(number) +
                        R"(","message":"number )" + std::to_string(number) + R"(","to":)" +
                        std::to_string(bob.id()) + R"(,"from_":)" + std::to_string(alice.id()) +
                        R"(,"chat_room_id":)" + std::to_string(room_) + "}");
            CPPUNIT_ASSERT_EQUAL(number, phone->receiveType("ack")->getValue<int>("seq"));
            CPPUNIT_ASSERT_EQUAL(number, partner->receiveType("chats")->getValue<int>("seq"));
        }
        const std::string cursor = catchUp(bob);
        change(*phone, *partner);
        missed(bob, cursor);
        mute(bob, *partner);
        keep(alice);
        comeAndGo(alice, bob, phone, *partner);
        if (kind == Deployment::Kind::kTwoNodes) {
            deployment.first().kill();
            CPPUNIT_ASSERT(!partner->receiveType("presence")->getValue<bool>("online"));
            deployment.first().start();
        }
        phone.reset();
        partner.reset();
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    /// Page by page; returns the cursor of the end.
    static std::string catchUp(Person& bob) {
        std::string cursor;
        int had = 0;
        for (bool more = true; more;) {
            const auto page =
                bob.get("/api/v1/chats/sync?limit=2" + (cursor.empty() ? "" : "&since=" + cursor));
            const auto messages = page->getArray("messages");
            for (unsigned i = 0; i < messages->size(); ++i)
                CPPUNIT_ASSERT_EQUAL(++had, messages->getObject(i)->getValue<int>("seq"));
            cursor = page->getValue<std::string>("cursor");
            more = page->getValue<bool>("has_more");
        }
        CPPUNIT_ASSERT_EQUAL(3, had);
        const auto refused = bob.http().get("/api/v1/chats/sync?since=x");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(refused.body, 422, refused.status);
        CPPUNIT_ASSERT_EQUAL(std::string("since"), refused.text("detail[0].loc[1]"));
        return cursor;
    }

    void ask(SocketClient& socket, const char* event, int number, const std::string& more = {}) const {
        socket.send(R"({"type":")" + std::string(event) + R"(","chat_room_id":)" + std::to_string(room_) +
                    R"(,"message_id":")" + messageId(number) + "\"" + more + "}");
    }

    void change(SocketClient& phone, SocketClient& partner) const {
        ask(phone, "edit", 1, R"(,"message":"number one")");
        ask(phone, "unsend", 2);
        for (SocketClient* socket : {&phone, &partner}) {
            const auto edited = socket->receiveType("changed");
            CPPUNIT_ASSERT_EQUAL(1, edited->getValue<int>("revision"));
            CPPUNIT_ASSERT_EQUAL(std::string("number one"),
                                 edited->getObject("message")->getValue<std::string>("message"));
            const auto unsent = socket->receiveType("changed");
            CPPUNIT_ASSERT_EQUAL(2, unsent->getValue<int>("revision"));
            CPPUNIT_ASSERT(unsent->getObject("message")->has("unsent_at"));
        }
        ask(partner, "react", 3, ",\"reaction\":\"\xF0\x9F\x98\x80\"");
        const auto reacted = phone.receiveType("changed")->getObject("message")->getArray("reactions");
        CPPUNIT_ASSERT_EQUAL(std::string("\xF0\x9F\x98\x80"),
                             reacted->getObject(0)->getValue<std::string>("reaction"));
        ask(partner, "edit", 3, R"(,"message":"not mine")");
        CPPUNIT_ASSERT_EQUAL(std::string("not_sender"),
                             partner.receiveType("error")->getValue<std::string>("code"));
    }

    static void missed(Person& bob, const std::string& cursor) {
        const auto page = bob.get("/api/v1/chats/sync?since=" + cursor);
        CPPUNIT_ASSERT(page->getArray("messages")->empty() && !page->getValue<bool>("has_more"));
        const auto changed = page->getArray("changed");
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, changed->size());
        CPPUNIT_ASSERT_EQUAL(std::string("number one"),
                             changed->getObject(0)->getValue<std::string>("message"));
        CPPUNIT_ASSERT_EQUAL(std::string(), changed->getObject(1)->getValue<std::string>("message"));
    }

    void mute(Person& bob, SocketClient& partner) const {
        const std::string chat = R"({"chat_room_id":)" + std::to_string(room_);
        const auto until = bob.post("/api/v1/chats/mute", chat + R"(,"until":"2040-01-01T00:00:00Z"})");
        CPPUNIT_ASSERT_EQUAL(std::string("2040-01-01T00:00:00.000000Z"),
                             until->getValue<std::string>("muted_until"));
        CPPUNIT_ASSERT_EQUAL(std::string("2040-01-01T00:00:00.000000Z"),
                             partner.receiveType("muted")->getValue<std::string>("muted_until"));
        CPPUNIT_ASSERT_EQUAL(
            std::string("9999-12-31T23:59:59.999999Z"),
            bob.post("/api/v1/chats/mute", chat + "}")->getValue<std::string>("muted_until"));
        partner.receiveType("muted");
        CPPUNIT_ASSERT(bob.post("/api/v1/chats/unmute", chat + "}")->isNull("muted_until"));
        CPPUNIT_ASSERT(partner.receiveType("muted")->isNull("muted_until"));
        CPPUNIT_ASSERT_EQUAL(403, bob.http().post("/api/v1/chats/mute", R"({"chat_room_id":999})").status);
    }

    /// Alice is here in the end.
    static void comeAndGo(Person& alice, Person& bob, std::unique_ptr<SocketClient>& phone,
                          SocketClient& partner) {
        CPPUNIT_ASSERT(bob.post("/api/v1/chats/presence", R"({"share":true})")->getArray("people")->empty());
        alice.post("/api/v1/chats/presence", R"({"share":true})");
        const auto came = partner.receiveType("presence");
        CPPUNIT_ASSERT_EQUAL(alice.id(), came->getValue<int>("user_id"));
        CPPUNIT_ASSERT(came->getValue<bool>("online"));
        phone.reset();
        const auto went = partner.receiveType("presence");
        CPPUNIT_ASSERT(!went->getValue<bool>("online"));
        const auto seen = bob.get("/api/v1/chats/presence")->getArray("people")->getObject(0);
        CPPUNIT_ASSERT(!seen->getValue<bool>("online"));
        CPPUNIT_ASSERT_EQUAL(went->getValue<std::string>("last_seen"),
                             seen->getValue<std::string>("last_seen"));
        phone = alice.open("chat");
        CPPUNIT_ASSERT(partner.receiveType("presence")->getValue<bool>("online"));
    }

    void keep(Person& alice) const {
        const std::string path = "/api/v1/chats/" + std::to_string(room_) + "/export";
        const auto whole = alice.get(path);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, whole->getArray("messages")->size());
        CPPUNIT_ASSERT(whole->isNull("next_after_seq"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, alice.get(path + "?after_seq=2")->getArray("messages")->size());
        CPPUNIT_ASSERT_EQUAL(403, alice.http().get("/api/v1/chats/999/export").status);
    }

    int room_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MessagesStoryTest);

}  // namespace linkup::test
