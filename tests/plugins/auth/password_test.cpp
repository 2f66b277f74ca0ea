// New passwords for forgotten ones, on SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <thread>

#include "auth_town.h"

using namespace linkup;
using namespace linkup::test;
using sdk::ErrorCode;
using sdk::Json;
using Outcome = sdk::Authenticator::Outcome;

namespace {

constexpr const char* kAlice = "alice@example.com";
constexpr const char* kNew = "New!passw0rd";

class PasswordTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PasswordTest);
    CPPUNIT_TEST(resetSetsThePasswordAndEndsAllSessions);
    CPPUNIT_TEST(resetClosesSocketsAndLiftsTheLock);
    CPPUNIT_TEST(resetOfNobodyIsNotFoundBeforeAUsedProof);
    CPPUNIT_TEST(proofOfAResetIsGoodOnceAndForThatOnly);
    CPPUNIT_TEST(weakPasswordLeavesTheProofGood);
    CPPUNIT_TEST(noLogInWithTheOldPasswordOutlivesAReset);
    CPPUNIT_TEST(logInsThatRenewTheSameHashAllSucceed);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override {
        town_ = std::make_unique<AuthTown>(backend());
        alice_ = town_->signUp(kAlice);
    }
    void tearDown() override { town_.reset(); }

    void resetSetsThePasswordAndEndsAllSessions() {
        const Citizen second = town_->logIn(kAlice);
        const Json reply = reset(town_->prove("ALICE@example.com", "forgot_password"));
        CPPUNIT_ASSERT_EQUAL(std::string("success"), reply.at("status").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("Password updated successfully"), reply.at("message").asString());
        for (const Citizen& old : {alice_, second}) {
            CPPUNIT_ASSERT(town_->authenticator().verify(old.access_token).outcome == Outcome::kRefused);
            CPPUNIT_ASSERT_THROW(
                town_->post("/refresh", Json::object({{"refresh_token", old.refresh_token}})), sdk::Error);
        }
        CPPUNIT_ASSERT(errorOf([&] { town_->logIn(kAlice); }).code() == ErrorCode::kInvalidArgument);
        CPPUNIT_ASSERT_EQUAL(alice_.id, town_->logIn(kAlice, kNew).id);
    }

    void resetClosesSocketsAndLiftsTheLock() {
        const auto principal = town_->authenticator().verify(alice_.access_token).principal;
        const auto socket = town_->host().fake_sockets.open("/api/v1/ws/chat", principal);
        for (const char* address : {AuthTown::kAddress, "198.51.100.1"}) {
            for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_THROW(town_->logIn(kAlice, "x", address), sdk::Error);
            const auto error = errorOf([&] { town_->logIn(kAlice, AuthTown::kPassword, address); });
            CPPUNIT_ASSERT(error.code() == ErrorCode::kTooManyRequests);
        }
        reset(town_->prove(kAlice, "forgot_password"));
        CPPUNIT_ASSERT(socket->closeCode() == sdk::CloseCode::kPolicy);
        for (const char* address : {AuthTown::kAddress, "198.51.100.1"}) town_->logIn(kAlice, kNew, address);
    }

    void resetOfNobodyIsNotFoundBeforeAUsedProof() {
        const std::string proof = town_->prove("nobody@example.com", "forgot_password");
        const auto error = errorOf([&] { reset(proof); });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kNotFound);
        CPPUNIT_ASSERT_EQUAL(std::string("User not found"), std::string(error.what()));
    }

    void proofOfAResetIsGoodOnceAndForThatOnly() {
        assertInvalid("Invalid token purpose. Expected forgot_password", town_->prove(kAlice));
        assertInvalid("Verification is not valid. Please request a new code.", alice_.access_token);
        const std::string proof = town_->prove(kAlice, "forgot_password");
        std::atomic<int> won = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                try {
                    reset(proof);
                    ++won;
                } catch (const sdk::Error&) {
                }
            });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(1, won.load());
        assertInvalid("Verification is not valid. Please request a new code.", proof);
    }

    void weakPasswordLeavesTheProofGood() {
        const std::string proof = town_->prove(kAlice, "forgot_password");
        const auto error = errorOf([&] { reset(proof, "Sh0rt!"); });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kUnprocessable);
        CPPUNIT_ASSERT(error.detail().items().at(0).at("input").isNull());
        reset(proof);
    }

    void noLogInWithTheOldPasswordOutlivesAReset() {
        for (int round = 0; round < 5; ++round) {
            const std::string proof = town_->prove(kAlice, "forgot_password");
            const std::string old = round == 0 ? AuthTown::kPassword : kNew + std::to_string(round - 1);
            std::vector<std::thread> threads;
            for (int i = 0; i < 6; ++i) {
                threads.emplace_back([&, i] {
                    try {
                        town_->logIn(kAlice, old, "198.51.100." + std::to_string(i));
                    } catch (const sdk::Error&) {
                    }
                });
            }
            threads.emplace_back([&] { reset(proof, kNew + std::to_string(round)); });
            for (auto& thread : threads) thread.join();
            CPPUNIT_ASSERT_EQUAL(
                std::int64_t{0},
                town_->number("SELECT COUNT(*) FROM auth_sessions WHERE revoked_at IS NULL"));
        }
    }

    void logInsThatRenewTheSameHashAllSucceed() {
        AuthTown town(backend(), {{"password.passes", "2"}});
        town.signUp(kAlice);
        town.setOption("password.passes", "1");
        town.restart();
        std::atomic<int> in = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                if (town.logIn(kAlice).id > 0) ++in;
            });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(4, in.load());
    }

protected:
    virtual AuthBackend backend() const = 0;

private:
    Json reset(const std::string& proof, const std::string& password = kNew) {
        return town_->post("/reset-password", Json::object({{"email_hash", proof}, {"password", password}}));
    }
    void assertInvalid(const std::string& sentence, const std::string& proof) {
        const auto error = errorOf([&] { reset(proof); });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kInvalidArgument);
        CPPUNIT_ASSERT_EQUAL(sentence, std::string(error.what()));
    }

    std::unique_ptr<AuthTown> town_;
    Citizen alice_;
};

class PasswordOnSqlite : public PasswordTest {
    CPPUNIT_TEST_SUB_SUITE(PasswordOnSqlite, PasswordTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kSqlite; }
};
class PasswordOnPostgresql : public PasswordTest {
    CPPUNIT_TEST_SUB_SUITE(PasswordOnPostgresql, PasswordTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kPostgresql; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PasswordOnSqlite);
CPPUNIT_TEST_SUITE_REGISTRATION(PasswordOnPostgresql);

}  // namespace
