// Codes, sign-up and log-in, through the routes, on SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "auth_town.h"
#include "password_service.h"

using namespace linkup;
using namespace linkup::test;
using namespace std::chrono_literals;
using sdk::ErrorCode;
using sdk::Json;

namespace {

constexpr const char* kAlice = "alice@example.com";

class AccountTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AccountTest);
    CPPUNIT_TEST(codeIsMailedOnce);
    CPPUNIT_TEST(codeStandsOnceInEachPartOfTheMail);
    CPPUNIT_TEST(mailSaysWhatTheTemplatesSay);
    CPPUNIT_TEST(badAddressIsNamed);
    CPPUNIT_TEST(mailThatCannotBeQueuedLeavesNoCode);
    CPPUNIT_TEST(wrongCodeIsRefusedAndTheFifthVoidsIt);
    CPPUNIT_TEST(codeExpires);
    CPPUNIT_TEST(codeIsUsedUpBySuccess);
    CPPUNIT_TEST(codeIsGoodInAnyLetterCase);
    CPPUNIT_TEST(oneOfManyRightTriesWins);
    CPPUNIT_TEST(signUpMakesOneAccountAndSignsIn);
    CPPUNIT_TEST(takenAddressIsToldBeforeAUsedProof);
    CPPUNIT_TEST(proofIsUsedUpBySuccessOnly);
    CPPUNIT_TEST(badProofsAreToldApart);
    CPPUNIT_TEST(weakPasswordIsNamedAndNotEchoed);
    CPPUNIT_TEST(vetoUndoesTheSignUp);
    CPPUNIT_TEST(manySignUpsAtOnceMakeOneAccount);
    CPPUNIT_TEST(logInTakesAnyLetterCase);
    CPPUNIT_TEST(wrongPasswordAndUnknownAddressLookAlike);
    CPPUNIT_TEST(failuresLockTheAddressTheyCameFrom);
    CPPUNIT_TEST(logInRenewsAHashOfAnotherCost);
    CPPUNIT_TEST(routesThatHashHaveTheirOwnPool);
    CPPUNIT_TEST(nothingSecretIsLogged);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override { town_ = std::make_unique<AuthTown>(backend()); }
    void tearDown() override { town_.reset(); }

    void codeIsMailedOnce() {
        town_->sendCode(" Alice@Example.com ");
        const auto& mails = town_->host().fake_mailer.mails();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mails.size());
        CPPUNIT_ASSERT_EQUAL(std::string("Alice@Example.com"), mails[0].to);
        const std::string code = std::to_string(town_->newestCode());
        const auto first = mails[0].text.find(code);
        CPPUNIT_ASSERT_EQUAL(std::string::npos, mails[0].text.find(code, first + 1));
        CPPUNIT_ASSERT_EQUAL(std::string::npos, mails[0].subject.find(code));
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{0},
            town_->number("SELECT COUNT(*) FROM auth_codes WHERE code_hash LIKE '%" + code + "%'"));
    }

    void codeStandsOnceInEachPartOfTheMail() {
        town_->sendCode(kAlice);
        const auto& mail = town_->host().fake_mailer.mails().back();
        const std::string code = std::to_string(town_->newestCode());
        for (const std::string& part : {mail.text, mail.html}) {
            const auto first = part.find(code);
            CPPUNIT_ASSERT(first != std::string::npos);
            CPPUNIT_ASSERT_EQUAL(std::string::npos, part.find(code, first + 1));
            CPPUNIT_ASSERT(part.find("within 10 minutes") != std::string::npos);
            CPPUNIT_ASSERT_EQUAL(std::string::npos, part.find('{'));
        }
    }

    void mailSaysWhatTheTemplatesSay() {
        TemporaryFolder folder;
        const auto write = [&](const char* name, const char* text) { std::ofstream(folder / name) << text; };
        const auto town = [&] {
            return std::make_unique<AuthTown>(
                backend(), AuthTown::Options{{"code.template_folder", folder.path().string()}});
        };
        CPPUNIT_ASSERT_THROW(town(), sdk::Error);
        write("code.txt", "Subject: Campus code\nUse {code} for {minutes} min, {minutes} only");
        write("code.html", "<b>{code}</b> {code}");
        CPPUNIT_ASSERT_THROW(town(), sdk::Error);
        write("code.html", "<b>{code}</b>");
        const auto campus = town();
        campus->sendCode(kAlice);
        const auto& mail = campus->host().fake_mailer.mails().back();
        const std::string code = std::to_string(campus->newestCode());
        CPPUNIT_ASSERT_EQUAL(std::string("Campus code"), mail.subject);
        CPPUNIT_ASSERT_EQUAL("Use " + code + " for 10 min, 10 only", mail.text);
        CPPUNIT_ASSERT_EQUAL("<b>" + code + "</b>", mail.html);
    }

    void badAddressIsNamed() {
        const auto error = errorOf([&] { town_->sendCode("alice"); });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kUnprocessable);
        const Json& fault = error.detail().items().at(0);
        CPPUNIT_ASSERT(fault.at("loc") == Json::array({"query", "email"}));
        CPPUNIT_ASSERT_EQUAL(std::string("value_error"), fault.at("type").asString());
        CPPUNIT_ASSERT(town_->host().fake_mailer.mails().empty());
    }

    void mailThatCannotBeQueuedLeavesNoCode() {
        town_->host().fake_mailer.setAccepting(false);
        const auto error = errorOf([&] { town_->sendCode(kAlice); });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT_EQUAL(std::string("Could not send the e-mail. Please try again."),
                             std::string(error.what()));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM auth_codes"));
    }

    void wrongCodeIsRefusedAndTheFifthVoidsIt() {
        town_->sendCode(kAlice);
        const int right = town_->newestCode();
        for (int i = 0; i < 4; ++i) assertRefused("OTP verification failed: Invalid OTP", 99999);
        assertRefused("OTP verification failed: Too many attempts. Request a new code.", 99999);
        assertRefused("OTP verification failed: OTP expired or not found", right);
        town_->sendCode(kAlice);
        tryCode(town_->newestCode());
    }

    void codeExpires() {
        town_->sendCode(kAlice);
        town_->host().fake_clock.advance(10min);
        assertRefused("OTP verification failed: OTP expired or not found", town_->newestCode());
    }

    void codeIsUsedUpBySuccess() {
        town_->sendCode(kAlice);
        tryCode(town_->newestCode());
        assertRefused("OTP verification failed: OTP expired or not found", town_->newestCode());
    }

    void codeIsGoodInAnyLetterCase() {
        town_->sendCode("ALICE@example.COM");
        CPPUNIT_ASSERT_EQUAL(std::string("success"), tryCode(town_->newestCode()).at("status").asString());
    }

    void oneOfManyRightTriesWins() {
        for (int round = 0; round < 5; ++round) {
            town_->sendCode(kAlice);
            const int code = town_->newestCode();
            std::atomic<int> won = 0;
            std::atomic<int> lost = 0;
            inParallel(8, [&](int) {
                try {
                    tryCode(code);
                    ++won;
                } catch (const sdk::Error& error) {
                    lost += error.code() == ErrorCode::kInvalidArgument ? 1 : 0;
                }
            });
            CPPUNIT_ASSERT_EQUAL(1, won.load());
            CPPUNIT_ASSERT_EQUAL(7, lost.load());
        }
    }

    void signUpMakesOneAccountAndSignsIn() {
        const Citizen alice = town_->signUp("Alice@Example.com");
        CPPUNIT_ASSERT(alice.id >= 1);
        const auto answer = town_->authenticator().verify(alice.access_token);
        CPPUNIT_ASSERT(answer.outcome == sdk::Authenticator::Outcome::kAccepted);
        CPPUNIT_ASSERT_EQUAL(alice.id, answer.principal.user);
        CPPUNIT_ASSERT_EQUAL(std::string("Alice@Example.com"), answer.principal.email);
        const auto& hooks = town_->host().fake_hooks.runs();
        CPPUNIT_ASSERT_EQUAL(std::string("account.registered"), hooks.at(0).event);
        CPPUNIT_ASSERT_EQUAL(alice.id, hooks.at(0).payload.at("user_id").asInteger());
    }

    void takenAddressIsToldBeforeAUsedProof() {
        const std::string proof = town_->prove(kAlice);
        signUpWith(proof);
        const auto again = errorOf([&] { signUpWith(proof); });
        CPPUNIT_ASSERT(again.code() == ErrorCode::kConflict);
        CPPUNIT_ASSERT_EQUAL(std::string("This email is already registered. Please log in."),
                             std::string(again.what()));
        CPPUNIT_ASSERT(errorOf([&] { town_->signUp("ALICE@example.com"); }).code() == ErrorCode::kConflict);
    }

    void proofIsUsedUpBySuccessOnly() {
        const std::string proof = town_->prove(kAlice);
        CPPUNIT_ASSERT_THROW(signUpWith(proof, "weak"), sdk::Error);
        signUpWith(proof);
        // Were the account gone, the proof would still be no good.
        forgetAccounts();
        assertInvalid("Verification is not valid. Please request a new code.", [&] { signUpWith(proof); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                             town_->number("SELECT COUNT(*) FROM auth_users WHERE deleted_at IS NULL"));
    }

    void badProofsAreToldApart() {
        const std::string other = town_->prove(kAlice, "forgot_password");
        assertInvalid("Invalid token purpose. Expected email_verification", [&] { signUpWith(other); });
        const Citizen bob = town_->signUp("bob@example.com");
        for (const std::string& odd :
             {std::string("x"), std::string(), bob.access_token, bob.refresh_token}) {
            assertInvalid("Verification is not valid. Please request a new code.", [&] { signUpWith(odd); });
        }
        const std::string proof = town_->prove(kAlice);
        town_->host().fake_clock.advance(1h);
        assertInvalid("Verification expired. Please request a new code.", [&] { signUpWith(proof); });
    }

    void weakPasswordIsNamedAndNotEchoed() {
        const std::string proof = town_->prove(kAlice);
        const auto error = errorOf([&] { signUpWith(proof, "alllowercase1!"); });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kUnprocessable);
        const Json& fault = error.detail().items().at(0);
        CPPUNIT_ASSERT(fault.at("loc") == Json::array({"body", "password"}));
        CPPUNIT_ASSERT_EQUAL(std::string("Value error, Password must contain at least one uppercase letter"),
                             fault.at("msg").asString());
        CPPUNIT_ASSERT(fault.at("input").isNull());
    }

    void vetoUndoesTheSignUp() {
        town_->host().fake_hooks.on("account.registered", [](sdk::Connection&, Json&) {
            return sdk::HookVerdict::refuse("Not today");
        });
        CPPUNIT_ASSERT(errorOf([&] { town_->signUp(kAlice); }).code() == ErrorCode::kForbidden);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM auth_users"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM auth_used_tokens"));
    }

    void manySignUpsAtOnceMakeOneAccount() {
        constexpr int kMany = 200;
        std::vector<std::string> proofs;
        for (int i = 0; i < kMany; ++i)
            proofs.push_back(town_->prove(i % 2 == 0 ? kAlice : "ALICE@example.com"));
        std::atomic<int> made = 0;
        std::atomic<int> taken = 0;
        inParallel(kMany, [&](int i) {
            try {
                signUpWith(proofs[static_cast<std::size_t>(i)]);
                ++made;
            } catch (const sdk::Error& error) {
                taken += error.code() == ErrorCode::kConflict ? 1 : 0;
            }
        });
        CPPUNIT_ASSERT_EQUAL(1, made.load());
        CPPUNIT_ASSERT_EQUAL(kMany - 1, taken.load());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, town_->number("SELECT COUNT(*) FROM auth_users"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, town_->number("SELECT COUNT(*) FROM auth_sessions"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, town_->number("SELECT COUNT(*) FROM auth_used_tokens"));
    }

    void logInTakesAnyLetterCase() {
        const Citizen alice = town_->signUp(kAlice);
        const auto reply = town_->post("/token", Json::object({{"username", " Alice@Example.com"},
                                                               {"password", AuthTown::kPassword},
                                                               {"grant_type", "password"},
                                                               {"scope", ""}}));
        CPPUNIT_ASSERT_EQUAL(alice.id, reply.at("user_id").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::string("bearer"), reply.at("token_type").asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3600}, reply.at("expires_in").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, town_->number("SELECT COUNT(*) FROM auth_sessions"));
    }

    void wrongPasswordAndUnknownAddressLookAlike() {
        town_->signUp(kAlice);
        constexpr const char* kSentence = "Invalid username or password";
        assertInvalid(kSentence, [&] { town_->logIn(kAlice, "Wrong-pass1!"); });
        assertInvalid(kSentence, [&] { town_->logIn("nobody@example.com"); });
        assertInvalid(kSentence, [&] { town_->logIn(""); });
        forgetAccounts();
        assertInvalid(kSentence, [&] { town_->logIn(kAlice); });
    }

    void failuresLockTheAddressTheyCameFrom() {
        town_->signUp(kAlice);
        for (int i = 0; i < 5; ++i)
            assertInvalid("Invalid username or password", [&] { town_->logIn("ALICE@example.com", "x"); });
        const auto locked = errorOf([&] { town_->logIn(kAlice); });
        CPPUNIT_ASSERT(locked.code() == ErrorCode::kTooManyRequests);
        CPPUNIT_ASSERT(locked.retryAfter() == 15min);
        town_->logIn(kAlice, AuthTown::kPassword, "198.51.100.1");
        town_->host().fake_clock.advance(15min);
        town_->logIn(kAlice);
    }

    void logInRenewsAHashOfAnotherCost() {
        town_->signUp(kAlice);
        const std::string old = auth::PasswordService({2, 16384}).hash(AuthTown::kPassword);
        town_->database().transaction(
            [&](sdk::Connection& c) { c.execute("UPDATE auth_users SET password_hash = $1", {old}); });
        const auto renewed = [&] {
            return town_->number("SELECT COUNT(*) FROM auth_users WHERE password_hash LIKE '%$m=8,t=1,%'");
        };
        assertInvalid("Invalid username or password", [&] { town_->logIn(kAlice, "Wrong-pass1!"); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, renewed());
        town_->logIn(kAlice);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, renewed());
        town_->logIn(kAlice);
    }

    void routesThatHashHaveTheirOwnPool() {
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, town_->registrar().pools.size());
        // Two for each hash at a time, of which one core is left to all others.
        const int cores = static_cast<int>(std::thread::hardware_concurrency());
        CPPUNIT_ASSERT_EQUAL(2 * std::max(1, cores - 1), town_->registrar().pools[0].threads);
        for (const auto& route : town_->registrar().routes) {
            const bool hashes = route.spec.path == "/api/v1/signup" || route.spec.path == "/api/v1/token" ||
                                route.spec.path == "/api/v1/reset-password";
            CPPUNIT_ASSERT_EQUAL(std::string(hashes ? "passwords" : "requests"), route.spec.pool);
        }
    }

    void nothingSecretIsLogged() {
        town_->sendCode(kAlice);
        const std::string code = std::to_string(town_->newestCode());
        assertRefused("OTP verification failed: Invalid OTP", 99999);
        const Citizen alice = town_->signUp(kAlice);
        assertInvalid("Invalid username or password", [&] { town_->logIn(kAlice, "Wrong-pass1!"); });
        const auto& log = town_->host().recording_log;
        for (const std::string& secret : {code, alice.access_token, alice.refresh_token, std::string(kAlice),
                                          std::string("Wrong-pass1!")}) {
            CPPUNIT_ASSERT(!log.mentions(secret));
        }
    }

protected:
    virtual AuthBackend backend() const = 0;

private:
    Json tryCode(int code) {
        return town_->post(
            "/verify-otp",
            Json::object({{"email", kAlice}, {"otp", code}, {"subject", "email_verification"}}));
    }
    Json signUpWith(const std::string& proof, const std::string& password = AuthTown::kPassword) {
        return town_->post("/signup", Json::object({{"email_hash", proof}, {"password", password}}));
    }
    void forgetAccounts() {
        town_->database().transaction([](sdk::Connection& c) {
            c.execute("UPDATE auth_users SET deleted_at = 1, email = NULL, email_key = NULL");
        });
    }
    void assertRefused(const std::string& sentence, int code) {
        assertInvalid(sentence, [&] { tryCode(code); });
    }
    template <class Call>
    void assertInvalid(const std::string& sentence, Call&& call) {
        const auto error = errorOf(call);
        CPPUNIT_ASSERT(error.code() == ErrorCode::kInvalidArgument);
        CPPUNIT_ASSERT_EQUAL(sentence, std::string(error.what()));
    }
    template <class Work>
    static void inParallel(int count, Work work) {
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
        for (std::thread& thread : threads) thread.join();
    }

    std::unique_ptr<AuthTown> town_;
};

class AccountOnSqlite : public AccountTest {
    CPPUNIT_TEST_SUB_SUITE(AccountOnSqlite, AccountTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kSqlite; }
};
class AccountOnPostgresql : public AccountTest {
    CPPUNIT_TEST_SUB_SUITE(AccountOnPostgresql, AccountTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kPostgresql; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccountOnSqlite);
CPPUNIT_TEST_SUITE_REGISTRATION(AccountOnPostgresql);

}  // namespace
