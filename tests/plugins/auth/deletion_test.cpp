// Accounts that go, and what is exported of them, on SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <thread>

#include "auth_town.h"

using namespace linkup;
using namespace linkup::test;
using sdk::ErrorCode;
using sdk::Json;
using Outcome = sdk::Authenticator::Outcome;

namespace {

constexpr const char* kAlice = "alice@example.com";

class DeletionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DeletionTest);
    CPPUNIT_TEST(nothingPersonalIsLeft);
    CPPUNIT_TEST(addressIsFreeAgain);
    CPPUNIT_TEST(sessionsAndSocketsEnd);
    CPPUNIT_TEST(othersSeeADeletedAccount);
    CPPUNIT_TEST(secondDeletionFindsNobody);
    CPPUNIT_TEST(vetoLeavesEverythingAsItWas);
    CPPUNIT_TEST(faultOfAHandlerLeavesEverythingAsItWas);
    CPPUNIT_TEST(noLogInOutlivesTheDeletion);
    CPPUNIT_TEST(requestThatTheDeletionOvertookWritesNothing);
    CPPUNIT_TEST(noProfileOutlivesTheDeletion);
    CPPUNIT_TEST(proofAskedForBeforeResetsNothingAfter);
    CPPUNIT_TEST(operatorDeletesByAddress);
    CPPUNIT_TEST(operatorExportsWhatIsKept);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override {
        town_ = std::make_unique<AuthTown>(backend());
        alice_ = town_->settle("Alice@Example.com");
    }
    void tearDown() override { town_.reset(); }

    void nothingPersonalIsLeft() {
        town_->sendCode(kAlice);
        CPPUNIT_ASSERT_EQUAL(std::string("Account deleted successfully"), erase().at("message").asString());
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{1},
            town_->number("SELECT COUNT(*) FROM auth_users WHERE email IS NULL AND email_key "
                          "IS NULL AND password_hash IS NULL AND deleted_at IS NOT NULL"));
        for (const char* sql :
             {"SELECT COUNT(*) FROM auth_profiles", "SELECT COUNT(*) FROM auth_preferences",
              "SELECT COUNT(*) FROM auth_codes",
              "SELECT COUNT(*) FROM auth_sessions WHERE address <> '' OR user_agent <> ''"}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(sql, std::int64_t{0}, town_->number(sql));
        }
    }

    void addressIsFreeAgain() {
        erase();
        const auto refused = errorOf([&] { town_->logIn(kAlice); });
        CPPUNIT_ASSERT_EQUAL(std::string("Invalid username or password"), std::string(refused.what()));
        const Citizen again = town_->signUp(kAlice);
        CPPUNIT_ASSERT(again.id != alice_.id);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{-1},
                             town_->get("/me", again.access_token).at("university_id").asInteger());
    }

    void sessionsAndSocketsEnd() {
        const Citizen second = town_->logIn(kAlice);
        const auto principal = town_->authenticator().verify(second.access_token).principal;
        const auto socket = town_->host().fake_sockets.open("/api/v1/ws/lobby", principal);
        erase();
        for (const Citizen& one : {alice_, second}) {
            CPPUNIT_ASSERT(town_->authenticator().verify(one.access_token).outcome == Outcome::kRefused);
            const auto error = errorOf([&] {
                town_->post("/refresh", Json::object({{"refresh_token", one.refresh_token}}));
            });
            CPPUNIT_ASSERT_EQUAL(std::string("Invalid refresh token"), std::string(error.what()));
        }
        CPPUNIT_ASSERT(socket->closeCode() == sdk::CloseCode::kPolicy);
    }

    void othersSeeADeletedAccount() {
        const Citizen bob = town_->settle("bob@example.com", "Male");
        erase();
        const auto error = errorOf([&] {
            town_->get("/user/get/detail/{user_id}", bob.access_token,
                       Json::object({{"user_id", std::to_string(alice_.id)}}));
        });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kNotFound);
        const sdk::UserId ids[] = {alice_.id};
        const auto cards =
            sdk::read(town_->database(), [&](sdk::Connection& c) { return town_->profiles().cards(c, ids); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, cards.size());
        CPPUNIT_ASSERT(cards[0].deleted);
        CPPUNIT_ASSERT_EQUAL(std::string("Deleted Account"), cards[0].username);
        CPPUNIT_ASSERT_EQUAL(std::string("sw/static/deleted.webp"),
                             cards[0].picture.at("file_key").asString());
    }

    void secondDeletionFindsNobody() {
        erase();
        CPPUNIT_ASSERT(errorOf([&] { erase(); }).code() == ErrorCode::kUnauthenticated);
    }

    void vetoLeavesEverythingAsItWas() {
        town_->host().fake_hooks.on("account.deleted", [](sdk::Connection&, Json&) {
            return sdk::HookVerdict::refuse("Not while you owe us a book");
        });
        const auto error = errorOf([&] { erase(); });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kForbidden);
        assertUntouched();
    }

    void faultOfAHandlerLeavesEverythingAsItWas() {
        town_->host().fake_hooks.on("account.deleted", [](sdk::Connection& c, Json& payload) {
            c.execute("DELETE FROM auth_keys");
            CPPUNIT_ASSERT(payload.at("user_id").isInteger());
            if (!payload.contains("absent"))
                throw sdk::Error(sdk::ErrorCode::kInternal, "a table is missing");
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT_THROW(erase(), sdk::Error);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, town_->number("SELECT COUNT(*) FROM auth_keys"));
        assertUntouched();
    }

    void noLogInOutlivesTheDeletion() {
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                try {
                    town_->logIn(kAlice, AuthTown::kPassword, "198.51.100." + std::to_string(i));
                } catch (const sdk::Error&) {
                }
            });
        }
        threads.emplace_back([&] { erase(); });
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                             town_->number("SELECT COUNT(*) FROM auth_sessions WHERE revoked_at IS NULL"));
    }

    /// Its token was still good when it was looked at.
    void requestThatTheDeletionOvertookWritesNothing() {
        const auto principal = town_->authenticator().verify(alice_.access_token).principal;
        erase();
        const std::map<std::string, Json> bodies = {
            {"/api/v1/register", AuthTown::profileBody()},
            {"/api/v1/user/update/metadata", Json::object({{"about", "still here"}})},
            {"/api/v1/user/update/preferences", Json::object({{"height", 180}})}};
        for (const auto& [path, body] : bodies) {
            sdk::Request request;
            request.body = body;
            request.query = Json::object();
            request.principal = principal;
            const auto error =
                errorOf([&] { town_->registrar().call(sdk::Method::kPost, path, std::move(request)); });
            CPPUNIT_ASSERT_MESSAGE(path, error.code() == ErrorCode::kUnauthenticated);
        }
        assertNoProfileIsLeft();
    }

    void noProfileOutlivesTheDeletion() {
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                try {
                    if (i % 2 == 0) {
                        town_->post("/register", AuthTown::profileBody(), alice_.access_token);
                    } else {
                        town_->post("/user/update/preferences", Json::object({{"height", 180}}),
                                    alice_.access_token);
                    }
                } catch (const sdk::Error& error) {
                    CPPUNIT_ASSERT(error.code() == ErrorCode::kUnauthenticated);
                }
            });
        }
        threads.emplace_back([&] { erase(); });
        for (auto& thread : threads) thread.join();
        assertNoProfileIsLeft();
    }

    void proofAskedForBeforeResetsNothingAfter() {
        const std::string proof = town_->prove(kAlice, "forgot_password");
        erase();
        const auto error = errorOf([&] {
            town_->post("/reset-password",
                        Json::object({{"email_hash", proof}, {"password", AuthTown::kPassword}}));
        });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kNotFound);
    }

    void operatorDeletesByAddress() {
        CPPUNIT_ASSERT(command("account.erase", "nobody@example.com").at("user_id").isNull());
        CPPUNIT_ASSERT_EQUAL(alice_.id,
                             command("account.erase", "ALICE@example.com").at("user_id").asInteger());
        CPPUNIT_ASSERT(town_->authenticator().verify(alice_.access_token).outcome == Outcome::kRefused);
        CPPUNIT_ASSERT_EQUAL(std::string("account.deleted"), town_->host().fake_hooks.runs().back().event);
        CPPUNIT_ASSERT(command("account.erase", kAlice).at("user_id").isNull());
    }

    void operatorExportsWhatIsKept() {
        const Json nobody = command("account.export", "nobody@example.com");
        CPPUNIT_ASSERT(nobody.at("user_id").isNull());
        CPPUNIT_ASSERT(!nobody.contains("account"));
        const Json found = command("account.export", kAlice);
        CPPUNIT_ASSERT_EQUAL(alice_.id, found.at("user_id").asInteger());
        const Json& account = found.at("account");
        CPPUNIT_ASSERT_EQUAL(std::string("Alice@Example.com"), account.at("email").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("2003-05-17"), account.at("profile").at("dob").asString());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, account.at("profile").at("photos").size());
        CPPUNIT_ASSERT_EQUAL(std::string("Male"),
                             account.at("preferences").at("interested_gender").asString());
        CPPUNIT_ASSERT_EQUAL(std::string(AuthTown::kAddress),
                             account.at("sessions").items().at(0).at("ip").asString());
        CPPUNIT_ASSERT_EQUAL(std::string::npos, found.dump().find("argon2"));
    }

protected:
    virtual AuthBackend backend() const = 0;

private:
    Json erase() { return town_->erase("/user/delete", alice_.access_token); }
    Json command(const std::string& event, const std::string& email) {
        Json payload = Json::object({{"email", email}});
        town_->database().transaction([&](sdk::Connection& connection) {
            for (const auto& hook : town_->registrar().hooks) {
                if (hook.event == event) hook.handler(connection, payload);
            }
        });
        return payload;
    }
    void assertNoProfileIsLeft() {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM auth_profiles"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM auth_preferences"));
    }
    void assertUntouched() {
        CPPUNIT_ASSERT_EQUAL(std::string("Alice"),
                             town_->get("/me", alice_.access_token).at("username").asString());
        CPPUNIT_ASSERT_EQUAL(alice_.id, town_->logIn(kAlice).id);
    }

    std::unique_ptr<AuthTown> town_;
    Citizen alice_;
};

class DeletionOnSqlite : public DeletionTest {
    CPPUNIT_TEST_SUB_SUITE(DeletionOnSqlite, DeletionTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kSqlite; }
};
class DeletionOnPostgresql : public DeletionTest {
    CPPUNIT_TEST_SUB_SUITE(DeletionOnPostgresql, DeletionTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kPostgresql; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DeletionOnSqlite);
CPPUNIT_TEST_SUITE_REGISTRATION(DeletionOnPostgresql);

}  // namespace
