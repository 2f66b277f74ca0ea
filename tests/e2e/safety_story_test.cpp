#include <cppunit/extensions/HelperMacros.h>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <string>

#include "deployment.h"
#include "person.h"

namespace linkup::test {
namespace {

std::string about(const char* key, const Person& person) {
    return R"({")" + std::string(key) + R"(":)" + std::to_string(person.id()) + "}";
}

bool offers(Person& person, const Person& other) {
    const auto people = person.get("/api/v1/matches/get-matches")->getArray("matches");
    for (unsigned i = 0; i < people->size(); ++i) {
        if (people->getObject(i)->getValue<int>("id") == other.id()) return true;
    }
    return false;
}

HttpReply report(Person& reporter, const Person& reported, const std::string& more = {}) {
    return reporter.http().post("/api/v1/user/report", R"({"reported_user_id":)" +
                                                           std::to_string(reported.id()) +
                                                           R"(,"reason":"sends links")" + more + "}");
}

}  // namespace

/// Blocks and reports over a real connection, through all plugins, and what operators see of them.
class SafetyStoryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SafetyStoryTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    void tell(Deployment::Kind kind) {
        Deployment deployment(kind, {{"match.reports.withdraw_at", "2"},
                                     {"lobby.events.evening.cron", "*/20 * * * * *"},
                                     {"lobby.events.evening.waiting_ms", "3000"}});
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        blockWhoIsKnown(alice, bob);
        neitherMeetsTheOther(alice, bob);
        unblock(alice, bob);
        Person carol(deployment, deployment.second(), "carol", Person::Gender::kFemale);
        reportBob(deployment, alice, carol, bob);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    static void blockWhoIsKnown(Person& alice, Person& bob) {
        CPPUNIT_ASSERT(offers(alice, bob) && offers(bob, alice));
        alice.post("/api/v1/swipe/right", about("liked_id", bob));
        CPPUNIT_ASSERT(bob.post("/api/v1/swipe/right", about("liked_id", alice))->getValue<bool>("match"));
        const int room =
            alice.post("/api/v1/chats/start-chat", about("id", bob))->getValue<int>("chat_room_id");
        auto bob_list = bob.open("connections");
        auto bob_chat = bob.open("chat");
        alice.post("/api/v1/user/block", about("blocked_user_id", bob));
        // That the chat began may come first, if it was under way between the nodes while the socket opened.
        auto told = bob_list->receive();
        if (told->getValue<std::string>("sub_type") == "chat") told = bob_list->receive();
        CPPUNIT_ASSERT_EQUAL(std::string("removed"), told->getValue<std::string>("sub_type"));
        bob_chat->send(
            R"({"message_id":"6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e01","type":"chats","chats_type":"message",)"
            R"("message":"why","to":)" +
            std::to_string(alice.id()) + R"(,"from_":)" + std::to_string(bob.id()) + R"(,"chat_room_id":)" +
            std::to_string(room) + "}");
        CPPUNIT_ASSERT_EQUAL(std::string("error"), bob_chat->receive()->getValue<std::string>("type"));
    }

    static void expectNothingInCommon(Person& person, const Person& other) {
        CPPUNIT_ASSERT(!offers(person, other));
        const auto connections = person.get("/api/v1/matches/get-connections");
        CPPUNIT_ASSERT(connections->getArray("matches")->empty() && connections->getArray("chats")->empty());
        CPPUNIT_ASSERT_EQUAL(0, person.get("/api/v1/likes/received")->getValue<int>("total_count"));
        CPPUNIT_ASSERT_EQUAL(400, person.http().post("/api/v1/swipe/right", about("liked_id", other)).status);
        CPPUNIT_ASSERT_EQUAL(
            400,
            person.http().post("/api/v1/likes/" + std::to_string(other.id()) + "/like-back", "{}").status);
        CPPUNIT_ASSERT_EQUAL(
            404, person.http().get("/api/v1/user/get/detail/" + std::to_string(other.id())).status);
        CPPUNIT_ASSERT(person.http().post("/api/v1/chats/start-chat", about("id", other)).status >= 400);
    }

    static void expectUnmatched(SocketClient& lobby) {
        for (;;) {
            const auto frame = lobby.receive(std::chrono::seconds(40));
            if (frame->getValue<std::string>("event") != "match-event") continue;
            CPPUNIT_ASSERT(!frame->getValue<bool>("matched"));
            return;
        }
    }

    static void neitherMeetsTheOther(Person& alice, Person& bob) {
        expectNothingInCommon(alice, bob);
        expectNothingInCommon(bob, alice);
        auto alice_lobby = alice.open("lobby");
        auto bob_lobby = bob.open("lobby");
        expectUnmatched(*alice_lobby);
        expectUnmatched(*bob_lobby);
    }

    static void unblock(Person& alice, Person& bob) {
        const auto mine = alice.get("/api/v1/user/blocked");
        CPPUNIT_ASSERT_EQUAL(1, mine->getValue<int>("total_count"));
        CPPUNIT_ASSERT_EQUAL(bob.id(), mine->getArray("blocked")->getObject(0)->getValue<int>("id"));
        CPPUNIT_ASSERT(bob.get("/api/v1/user/blocked")->getArray("blocked")->empty());
        bob.post("/api/v1/user/unblock", about("blocked_user_id", alice));
        CPPUNIT_ASSERT(!offers(bob, alice));
        alice.post("/api/v1/user/unblock", about("blocked_user_id", bob));
        CPPUNIT_ASSERT(offers(bob, alice) && offers(alice, bob));
    }

    static void reportBob(Deployment& deployment, Person& alice, Person& carol, Person& bob) {
        CPPUNIT_ASSERT_EQUAL(std::string("User reported successfully"), report(alice, bob).text("message"));
        CPPUNIT_ASSERT_EQUAL(422, report(carol, bob, R"(,"category":"boring")").status);
        CPPUNIT_ASSERT_EQUAL(400, report(carol, carol).status);
        CPPUNIT_ASSERT(offers(carol, bob));
        CPPUNIT_ASSERT_EQUAL(200, report(carol, bob, R"(,"category":"spam")").status);
        CPPUNIT_ASSERT(!offers(carol, bob) && !offers(alice, bob));

        const auto listed = deployment.command({"--reports"});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(listed.output, 0, listed.exitCode);
        for (const char* part :
             {R"("username":"bob")", R"("withdrawn":true)", R"("category":"spam")", R"("category":"other")"})
            CPPUNIT_ASSERT_MESSAGE(listed.output, listed.output.find(part) != std::string::npos);
        const auto cleared = deployment.command({"--clear-reports", std::to_string(bob.id())});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(cleared.output, 0, cleared.exitCode);
        CPPUNIT_ASSERT_MESSAGE(cleared.output, cleared.output.find("2 reports of") != std::string::npos);
        CPPUNIT_ASSERT(offers(carol, bob) && offers(alice, bob));
        const auto wrong = deployment.command({"--clear-reports", "bob"});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(wrong.output, 78, wrong.exitCode);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SafetyStoryTest);

}  // namespace linkup::test
