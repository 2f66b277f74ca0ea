#include <cppunit/extensions/HelperMacros.h>

#include <Poco/JSON/Parser.h>

#include <chrono>
#include <string>

#include "deployment.h"
#include "person.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

std::string with(const char* key, int value) {
    return R"({")" + std::string(key) + R"(":)" + std::to_string(value) + "}";
}

}  // namespace

/// Accounts over a real connection: forgotten passwords, deletion, and what operators may ask for.
class AccountStoryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AccountStoryTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onOneNodeWithPostgresAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onOneNodeWithPostgresAndMemory() { tell(Deployment::Kind::kPostgres); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    void tell(Deployment::Kind kind) {
        Deployment deployment(kind);
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        forgetPassword(deployment, bob);
        Person dora(deployment, deployment.second(), "dora", Person::Gender::kMale);
        const int room = startChat(alice, dora);
        exportAccount(deployment, alice);
        deleteAccount(deployment, alice, dora, room);
        deleteByOperator(deployment, alice);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    static HttpReply logIn(LinkupDaemon& node, const std::string& email, const std::string& password) {
        HttpClient http(node.url());
        return http.postForm("/api/v1/token", {{"username", email}, {"password", password}});
    }

    /// The mail may lie in either node's outbox, beside the one of the sign-up: whichever code is right.
    static HttpReply proveForgotten(Deployment& deployment, HttpClient& http) {
        deployment.codeFor("bob@example.com", 1);
        HttpReply reply;
        for (LinkupDaemon* node : {&deployment.first(), &deployment.second()}) {
            for (const Mail& mail : node->outbox()) {
                if (!mail.isTo("bob@example.com")) continue;
                reply = http.post("/api/v1/verify-otp", R"({"email":"bob@example.com","otp":)" + mail.code() +
                                                            R"(,"subject":"forgot_password"})");
                if (reply.status == 200) return reply;
            }
        }
        return reply;
    }

    /// The code comes from one node; the socket of the old session on the other one closes within a second.
    static void forgetPassword(Deployment& deployment, Person& bob) {
        auto socket = bob.open("chat");
        HttpClient http(deployment.first().url());
        CPPUNIT_ASSERT_EQUAL(200, http.get("/api/v1/verify-email?email=bob@example.com").status);
        const auto proof = proveForgotten(deployment, http);
        const auto reset =
            http.post("/api/v1/reset-password",
                      R"({"email_hash":")" + proof.text("email_hash") + R"(","password":"Anoth3r!pass"})");
        CPPUNIT_ASSERT_EQUAL(std::string("Password updated successfully"), reset.text("message"));
        CPPUNIT_ASSERT_EQUAL(1008, socket->receiveClose(1s));
        CPPUNIT_ASSERT_EQUAL(401, bob.http().get("/api/v1/me").status);
        CPPUNIT_ASSERT_EQUAL(400, logIn(deployment.second(), "bob@example.com", "Passw0rd!").status);
        CPPUNIT_ASSERT_EQUAL(200, logIn(deployment.second(), "Bob@example.com", "Anoth3r!pass").status);
    }

    static int startChat(Person& alice, Person& dora) {
        alice.get("/api/v1/matches/get-matches");
        alice.post("/api/v1/swipe/right", with("liked_id", dora.id()));
        dora.get("/api/v1/matches/get-matches");
        CPPUNIT_ASSERT(
            dora.post("/api/v1/swipe/right", with("liked_id", alice.id()))->getValue<bool>("match"));
        return alice.post("/api/v1/chats/start-chat", with("id", dora.id()))->getValue<int>("chat_room_id");
    }

    static void exportAccount(Deployment& deployment, Person& alice) {
        const auto nobody = deployment.command({"--export-account", "nobody@example.com"});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(nobody.output, 67, nobody.exitCode);
        const auto found = deployment.command({"--export-account=ALICE@example.com"});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(found.output, 0, found.exitCode);
        const auto start = found.output.find("{\"email\"");
        CPPUNIT_ASSERT_MESSAGE(found.output, start != std::string::npos);
        const std::string line = found.output.substr(start, found.output.find('\n', start) - start);
        const auto json = Poco::JSON::Parser().parse(line).extract<Poco::JSON::Object::Ptr>();
        CPPUNIT_ASSERT_EQUAL(alice.id(), json->getValue<int>("user_id"));
        for (const char* part : {"account", "match", "chat", "lobby"})
            CPPUNIT_ASSERT_MESSAGE(line, json->has(part));
    }

    static void deleteAccount(Deployment& deployment, Person& alice, Person& dora, int room) {
        auto list = alice.open("connections");
        auto chat = alice.open("chat");
        HttpClient other_node(deployment.first().url());
        other_node.setBearer(dora.token());
        auto dora_chat = dora.open("chat");
        CPPUNIT_ASSERT_EQUAL(200, other_node.del("/api/v1/user/delete").status);
        CPPUNIT_ASSERT_EQUAL(1008, dora_chat->receiveClose(1s));
        CPPUNIT_ASSERT_EQUAL(401, dora.http().get("/api/v1/me").status);
        CPPUNIT_ASSERT_EQUAL(std::string("removed"), list->receive()->getValue<std::string>("sub_type"));

        const auto item = alice.get("/api/v1/matches/get-connections")->getArray("chats")->getObject(0);
        CPPUNIT_ASSERT(item->getValue<bool>("is_deleted"));
        CPPUNIT_ASSERT_EQUAL(std::string("Deleted Account"), item->getValue<std::string>("username"));
        chat->send(
            R"({"message_id":"6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e01","type":"chats","chats_type":"message",)"
            R"("message":"hi","to":)" +
            std::to_string(dora.id()) + R"(,"from_":)" + std::to_string(alice.id()) + R"(,"chat_room_id":)" +
            std::to_string(room) + "}");
        CPPUNIT_ASSERT_EQUAL(std::string("recipient_unavailable"),
                             chat->receiveType("error")->getValue<std::string>("code"));
        CPPUNIT_ASSERT_EQUAL(400, logIn(deployment.first(), "dora@example.com", "Passw0rd!").status);
    }

    static void deleteByOperator(Deployment& deployment, Person& alice) {
        auto socket = alice.open("chat");
        const auto deleted = deployment.command({"--delete-account", "alice@example.com"});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(deleted.output, 0, deleted.exitCode);
        const auto again = deployment.command({"--delete-account", "alice@example.com"});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(again.output, 67, again.exitCode);
        CPPUNIT_ASSERT_EQUAL(400, logIn(deployment.second(), "alice@example.com", "Passw0rd!").status);
        // Without Redis the running server is not told, but reads of it.
        CPPUNIT_ASSERT_EQUAL(1008, socket->receiveClose(10s));
        CPPUNIT_ASSERT_EQUAL(401, alice.http().get("/api/v1/me").status);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccountStoryTest);

}  // namespace linkup::test
