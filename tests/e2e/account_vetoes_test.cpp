#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>

#include "account_calls.h"
#include "deployment.h"
#include "person.h"
#include "refusals.h"

namespace linkup::test {
namespace {

std::string with(const char* key, int id) {
    return R"({")" + std::string(key) + R"(":)" + std::to_string(id) + "}";
}

HttpReply signUp(const std::string& url, const std::string& proof) {
    return HttpClient(url).post("/api/v1/signup", passwordBody(proof));
}

HttpReply logIn(const std::string& url, const std::string& email) {
    return HttpClient(url).postForm("/api/v1/token", {{"username", email}, {"password", kPassword}});
}

HttpReply refresh(const std::string& url, const std::string& token) {
    return HttpClient(url).post("/api/v1/refresh", refreshBody(token));
}

}  // namespace

/// What a plugin vetoes is refused with its reason, and has not been. The plugin is asked last, when all
/// others have done their part.
class AccountVetoesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AccountVetoesTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    void tell(Deployment::Kind kind) {
        Deployment deployment(
            kind, {{"plugins.enabled", std::string("auth,match,chat,lobby,media,") + LINKUP_VETO_PROBE}});
        deployment_ = &deployment;
        first_ = deployment.first().url();
        second_ = deployment.second().url();
        vetoedSignUpLeavesItsProof();
        Person alice(deployment, deployment.first(), "alice");
        vetoedProfileIsNotMade(alice);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        vetoedChangesAreNotMade(alice);
        vetoedDeletionLeavesEverything(alice, bob);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    /// Until it is lifted, on all nodes.
    void veto(const std::string& event, const std::string& reason) {
        const auto reply = HttpClient(first_).post(
            "/api/v1/veto-probe", R"({"event":")" + event + R"(","reason":")" + reason + R"("})");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
    }
    void lift(const std::string& event) { veto(event, ""); }
    /// How often the plugin was asked about it since then and could write that down.
    std::int64_t asked(const std::string& event) {
        return HttpClient(second_).get("/api/v1/veto-probe?event=" + event).at("asked").convert<int>();
    }

    void vetoedSignUpLeavesItsProof() {
        constexpr const char* kReason = "The house is full. Come again tomorrow.";
        const std::string proof = prove(*deployment_, "carol@example.com");
        veto("account.registered", kReason);
        for (const std::string& node : {first_, second_, first_})
            assertRefused(403, kReason, signUp(node, proof));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, asked("account.registered"));
        assertRefused(400, "Invalid username or password", logIn(second_, "carol@example.com"));
        const auto exported = deployment_->command({"--export-account", "carol@example.com"});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(exported.output, 67, exported.exitCode);
        lift("account.registered");
        const auto made = signUp(second_, proof);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(made.body, 200, made.status);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, asked("account.registered"));
        CPPUNIT_ASSERT_EQUAL(200, logIn(first_, "carol@example.com").status);
    }

    void vetoedProfileIsNotMade(Person& alice) {
        constexpr const char* kReason = "Not with this picture.";
        veto("profile.changed", kReason);
        const std::string profile = Person::profile("alice", Person::Gender::kFemale);
        assertRefused(403, kReason, alice.http().post("/api/v1/register", profile));
        const auto me = alice.get("/api/v1/me");
        CPPUNIT_ASSERT(me->isNull("username") && me->isNull("profile_picture"));
        CPPUNIT_ASSERT_EQUAL(-1, me->getValue<int>("university_id"));
        lift("profile.changed");
        alice.post("/api/v1/register", profile);
    }

    void vetoedChangesAreNotMade(Person& alice) {
        constexpr const char* kReason = "Not in these words.";
        veto("profile.changed", kReason);
        assertRefused(403, kReason,
                      alice.http().post("/api/v1/user/update/metadata", R"({"about":"x","hometown":"Goa"})"));
        lift("profile.changed");
        auto me = alice.get("/api/v1/me");
        CPPUNIT_ASSERT_EQUAL(std::string("Hello"), me->getValue<std::string>("about"));
        CPPUNIT_ASSERT_EQUAL(std::string("Manipal, Karnataka"), me->getValue<std::string>("hometown"));

        const auto prefer = [&](const char* preferences) {
            return alice.http().post("/api/v1/user/update/preferences", preferences);
        };
        CPPUNIT_ASSERT_EQUAL(200, prefer(R"({"interested_gender":"Male","height":180})").status);
        veto("preferences.changed", kReason);
        assertRefused(403, kReason, prefer(R"({"interested_gender":"Female","religion":"Islam"})"));
        lift("preferences.changed");
        const auto preferences = alice.get("/api/v1/user/get/preferences");
        CPPUNIT_ASSERT_EQUAL(180, preferences->getValue<int>("height"));
        CPPUNIT_ASSERT(preferences->isNull("religion"));
        me = alice.get("/api/v1/me");
        CPPUNIT_ASSERT_EQUAL(std::string("Male"), me->getValue<std::string>("interested_gender"));
    }

    void vetoedDeletionLeavesEverything(Person& alice, Person& bob) {
        constexpr const char* kReason = "Not while you owe us a book.";
        const int room = startChat(alice, bob);
        const auto phone = logIn(second_, "alice@example.com");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(phone.body, 200, phone.status);
        auto chat = alice.open("chat");
        auto bobs_list = bob.open("connections");

        veto("account.deleted", kReason);
        assertRefused(403, kReason, alice.http().del("/api/v1/user/delete"));
        HttpClient on_phone(second_);
        on_phone.setBearer(phone.text("access_token"));
        assertRefused(403, kReason, on_phone.del("/api/v1/user/delete"));
        const auto by_operator = deployment_->command({"--delete-account", "alice@example.com"});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(by_operator.output, 77, by_operator.exitCode);
        CPPUNIT_ASSERT_MESSAGE(by_operator.output, by_operator.output.find(kReason) != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, asked("account.deleted"));

        CPPUNIT_ASSERT_EQUAL(std::string("alice"),
                             alice.get("/api/v1/me")->getValue<std::string>("username"));
        CPPUNIT_ASSERT_EQUAL(180, alice.get("/api/v1/user/get/preferences")->getValue<int>("height"));
        CPPUNIT_ASSERT_EQUAL(200, on_phone.get("/api/v1/me").status);
        CPPUNIT_ASSERT_EQUAL(200, refresh(first_, phone.text("refresh_token")).status);
        CPPUNIT_ASSERT_EQUAL(200, logIn(first_, "alice@example.com").status);
        CPPUNIT_ASSERT_EQUAL(409, signUp(second_, prove(*deployment_, "alice@example.com", 1)).status);
        const auto item = bob.get("/api/v1/matches/get-connections")->getArray("chats")->getObject(0);
        CPPUNIT_ASSERT_EQUAL(std::string("alice"), item->getValue<std::string>("username"));
        CPPUNIT_ASSERT(!item->getValue<bool>("is_deleted"));
        // Her socket is the one of before, and the first that his hears of her is this.
        send(*chat, alice, bob, room);
        CPPUNIT_ASSERT_EQUAL(1, chat->receiveType("ack")->getValue<int>("seq"));

        lift("account.deleted");
        CPPUNIT_ASSERT_EQUAL(200, alice.http().del("/api/v1/user/delete").status);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, asked("account.deleted"));
        CPPUNIT_ASSERT_EQUAL(1008, chat->receiveClose());
        CPPUNIT_ASSERT_EQUAL(std::string("removed"), bobs_list->receive()->getValue<std::string>("sub_type"));
        assertRefused(400, "Invalid username or password", logIn(second_, "alice@example.com"));
    }

    static int startChat(Person& alice, Person& bob) {
        alice.get("/api/v1/matches/get-matches");
        alice.post("/api/v1/swipe/right", with("liked_id", bob.id()));
        bob.post("/api/v1/likes/" + std::to_string(alice.id()) + "/like-back");
        return alice.post("/api/v1/chats/start-chat", with("id", bob.id()))->getValue<int>("chat_room_id");
    }

    static void send(SocketClient& chat, const Person& from, const Person& to, int room) {
        chat.send(
            R"({"message_id":"6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e01","type":"chats","chats_type":"message",)"
            R"("message":"hi","to":)" +
            std::to_string(to.id()) + R"(,"from_":)" + std::to_string(from.id()) + R"(,"chat_room_id":)" +
            std::to_string(room) + "}");
    }

    Deployment* deployment_ = nullptr;
    std::string first_;
    std::string second_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccountVetoesTest);

}  // namespace linkup::test
