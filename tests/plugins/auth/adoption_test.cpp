// Accounts that came from the original server, and keys that take over from each other, on SQLite and
// PostgreSQL.

#include <Poco/JWT/Signer.h>
#include <Poco/JWT/Token.h>
#include <cppunit/extensions/HelperMacros.h>
#include <crypt.h>

#include <ctime>

#include "auth_town.h"
#include "bcrypt.h"
#include "password_service.h"

using namespace linkup;
using namespace linkup::test;
using namespace std::chrono_literals;
using sdk::ErrorCode;
using sdk::Json;
using Outcome = sdk::Authenticator::Outcome;

namespace {

constexpr const char* kAlice = "alice@example.com";
constexpr const char* kOldSecret = "what the original server signed with";
constexpr const char* kFirst = "first first first first first 32";
constexpr const char* kSecond = "second second second second s 32";

std::string bcryptOf(const std::string& password, const char* setting) {
    auto workspace = std::make_unique<crypt_data>();
    return crypt_r(password.c_str(), setting, workspace.get());
}

double threadSeconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

class AdoptionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AdoptionTest);
    CPPUNIT_TEST(bcryptIsTakenAndRenewedAtTheNextLogIn);
    CPPUNIT_TEST(oddHashesLetNobodyIn);
    CPPUNIT_TEST(failuresCostTheSameWhoeverIsMeant);
    CPPUNIT_TEST(legacyTokenIsRefusedByDefault);
    CPPUNIT_TEST(legacyTokenServesBothPurposes);
    CPPUNIT_TEST(firstRefreshStartsTheOneSessionOfThatToken);
    CPPUNIT_TEST(rotatedLegacyTokenIsSpent);
    CPPUNIT_TEST(logOutEverywhereEndsLegacyTokens);
    CPPUNIT_TEST(endOfLegacyTokensThatNobodyAnnouncedIsRead);
    CPPUNIT_TEST(legacyTokenOfANewAccountIsRefused);
    CPPUNIT_TEST(oddLegacyTokensAreRefused);
    CPPUNIT_TEST(anotherKeySignsNobodyOut);
    CPPUNIT_TEST(removedKeyIsGoodNoMore);
    CPPUNIT_TEST(codeOfANodeWithTheOldKeyIsGood);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void tearDown() override { town_.reset(); }

    void bcryptIsTakenAndRenewedAtTheNextLogIn() {
        open({});
        const auto renewed = [&] {
            return town_->number("SELECT COUNT(*) FROM auth_users WHERE password_hash LIKE '$argon2id$%'");
        };
        for (const char* setting : {"$2a$05$abcdefghijklmnopqrstuu", "$2b$05$abcdefghijklmnopqrstuu"}) {
            setHash(bcryptOf(AuthTown::kPassword, setting));
            CPPUNIT_ASSERT(errorOf([&] { town_->logIn(kAlice, "Wrong-pass1!"); }).code() ==
                           ErrorCode::kInvalidArgument);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, renewed());
            town_->logIn(kAlice);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, renewed());
            town_->logIn(kAlice);
        }
    }

    void oddHashesLetNobodyIn() {
        open({});
        for (const char* hash : {"deleted", "", "$2b$05$short",
                                 "$2b$99$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde"}) {
            setHash(hash);
            for (const char* password : {"deleted", "", AuthTown::kPassword}) {
                CPPUNIT_ASSERT_THROW(town_->logIn(kAlice, password, "198.51.100.1"), sdk::Error);
            }
            town_->host().fake_clock.advance(16min);
        }
        // What stands before a zero byte is not the whole password.
        CPPUNIT_ASSERT(!auth::bcrypt::verify(std::string("abc\0def", 7),
                                             bcryptOf("abc", "$2b$05$abcdefghijklmnopqrstuu")));
        CPPUNIT_ASSERT(auth::bcrypt::verify("abc", bcryptOf("abc", "$2b$05$abcdefghijklmnopqrstuu")));
        CPPUNIT_ASSERT_EQUAL(std::size_t{60}, auth::bcrypt::hashOfNobody(5).size());
    }

    /// CPU time of this thread, so that what else runs does not count.
    void failuresCostTheSameWhoeverIsMeant() {
        auth::PasswordService passwords({1, 8192});
        const std::string old = bcryptOf("Passw0rd!", "$2b$09$abcdefghijklmnopqrstuu");
        const std::string argon = passwords.hash("Passw0rd!");
        passwords.expectBcrypt(9);
        const auto cost = [&](const std::string* hash) {
            const double begin = threadSeconds();
            CPPUNIT_ASSERT(!passwords.verify("Wrong-pass1!", hash));
            return threadSeconds() - begin;
        };
        const double of_bcrypt = cost(&old);
        for (const double other : {cost(nullptr), cost(&argon)}) {
            CPPUNIT_ASSERT(other > of_bcrypt / 2 && other < of_bcrypt * 2);
        }
        passwords.expectBcrypt(0);
        CPPUNIT_ASSERT(cost(nullptr) < of_bcrypt / 2);
    }

    void legacyTokenIsRefusedByDefault() {
        open({{"token.legacy_secret", kOldSecret}});
        import();
        CPPUNIT_ASSERT(outcomeOf(legacyToken()) == Outcome::kRefused);
        CPPUNIT_ASSERT_THROW(refresh(legacyToken()), sdk::Error);
    }

    void legacyTokenServesBothPurposes() {
        openForChangeOver();
        const auto answer = town_->authenticator().verify(legacyToken());
        CPPUNIT_ASSERT(answer.outcome == Outcome::kAccepted);
        CPPUNIT_ASSERT_EQUAL(alice_.id, answer.principal.user);
        CPPUNIT_ASSERT(town_->authenticator().verifyFast(legacyToken()).outcome == Outcome::kAccepted);
        const auto fresh = refresh(legacyToken()).at("access_token").asString();
        CPPUNIT_ASSERT(outcomeOf(fresh) == Outcome::kAccepted);
        town_->host().fake_clock.advance(1h);
        CPPUNIT_ASSERT(outcomeOf(legacyToken(-1)) == Outcome::kRefused);
    }

    void firstRefreshStartsTheOneSessionOfThatToken() {
        openForChangeOver();
        const auto sessions = [&] { return town_->number("SELECT COUNT(*) FROM auth_sessions"); };
        const auto before = sessions();
        const std::string token = legacyToken();
        refresh(token);
        refresh(token);
        CPPUNIT_ASSERT_EQUAL(before + 1, sessions());
        refresh(legacyToken(7200));
        CPPUNIT_ASSERT_EQUAL(before + 2, sessions());
    }

    void rotatedLegacyTokenIsSpent() {
        openForChangeOver();
        const std::string token = legacyToken();
        const Json rotated =
            town_->post("/refresh", Json::object({{"refresh_token", token}, {"rotate", true}}));
        CPPUNIT_ASSERT_THROW(refresh(token), sdk::Error);
        CPPUNIT_ASSERT_THROW(refresh(rotated.at("refresh_token").asString()), sdk::Error);
    }

    void endOfLegacyTokensThatNobodyAnnouncedIsRead() {
        openForChangeOver();
        const std::string token = legacyToken();
        const auto socket = town_->host().fake_sockets.open("/api/v1/ws/chat",
                                                            town_->authenticator().verify(token).principal);
        town_->database().transaction([&](sdk::Connection& c) {
            c.execute("UPDATE auth_users SET legacy_tokens = FALSE, legacy_ended_at = $1",
                      {sdk::toMicros(town_->host().fake_clock.now())});
        });
        CPPUNIT_ASSERT(outcomeOf(token) == Outcome::kAccepted);
        for (const auto& task : town_->registrar().tasks) {
            if (task.name == "read_revocations") task.run({});
        }
        CPPUNIT_ASSERT(outcomeOf(token) == Outcome::kRefused);
        CPPUNIT_ASSERT(socket->closeCode() == sdk::CloseCode::kPolicy);
    }

    void logOutEverywhereEndsLegacyTokens() {
        openForChangeOver();
        const std::string token = legacyToken();
        const auto socket = town_->host().fake_sockets.open("/api/v1/ws/chat",
                                                            town_->authenticator().verify(token).principal);
        refresh(token);
        town_->post("/logout-all", Json::object(), token);
        CPPUNIT_ASSERT(socket->closeCode() == sdk::CloseCode::kPolicy);
        CPPUNIT_ASSERT(outcomeOf(token) == Outcome::kRefused);
        CPPUNIT_ASSERT_THROW(refresh(token), sdk::Error);
        CPPUNIT_ASSERT_THROW(refresh(legacyToken(7200)), sdk::Error);
    }

    void legacyTokenOfANewAccountIsRefused() {
        openForChangeOver();
        const Citizen bob = town_->signUp("bob@example.com");
        CPPUNIT_ASSERT(outcomeOf(legacyToken(3600, bob.id)) == Outcome::kRefused);
        CPPUNIT_ASSERT_THROW(refresh(legacyToken(3600, bob.id)), sdk::Error);
    }

    void oddLegacyTokensAreRefused() {
        openForChangeOver();
        const auto signedWith = [&](const char* secret, auto change) {
            Poco::JWT::Token token;
            token.setType("JWT");
            fill(token, 3600, alice_.id);
            change(token.payload());
            return Poco::JWT::Signer(secret).sign(token, Poco::JWT::Signer::ALGO_HS256);
        };
        CPPUNIT_ASSERT(outcomeOf(signedWith(kOldSecret, [](auto&) {})) == Outcome::kAccepted);
        CPPUNIT_ASSERT(outcomeOf(signedWith("another", [](auto&) {})) == Outcome::kRefused);
        CPPUNIT_ASSERT(outcomeOf(signedWith(kFirst, [](auto&) {})) == Outcome::kRefused);
        for (const char* key : {"typ", "sid", "sub"}) {
            CPPUNIT_ASSERT(outcomeOf(signedWith(kOldSecret, [&](auto& p) { p.set(key, "access"); })) ==
                           Outcome::kRefused);
        }
        CPPUNIT_ASSERT(outcomeOf(signedWith(kOldSecret, [](auto& p) { p.remove("exp"); })) ==
                       Outcome::kRefused);
        CPPUNIT_ASSERT(outcomeOf(signedWith(kOldSecret, [](auto& p) { p.set("id", "1"); })) ==
                       Outcome::kRefused);
    }

    void anotherKeySignsNobodyOut() {
        open({{"token.secret", kFirst}});
        town_->setOption("token.keys.next.secret", kSecond);
        town_->restart();
        CPPUNIT_ASSERT(outcomeOf(alice_.access_token) == Outcome::kAccepted);
        town_->setOption("token.signing_key", "next");
        town_->restart();
        CPPUNIT_ASSERT(outcomeOf(alice_.access_token) == Outcome::kAccepted);
        const auto fresh = refresh(alice_.refresh_token).at("access_token").asString();
        CPPUNIT_ASSERT(outcomeOf(fresh) == Outcome::kAccepted);
        const auto read = Poco::JWT::Signer(kSecond).verify(fresh);
        CPPUNIT_ASSERT_EQUAL(std::string("next"), read.header().template getValue<std::string>("kid"));
    }

    void removedKeyIsGoodNoMore() {
        open({{"token.keys.old.secret", kFirst},
              {"token.keys.next.secret", kSecond},
              {"token.signing_key", "old"}});
        town_->setOption("token.signing_key", "next");
        town_->restart();
        CPPUNIT_ASSERT(outcomeOf(alice_.access_token) == Outcome::kAccepted);
        town_->setOption("token.keys.old.secret", std::string(kFirst) + "!");
        town_->restart();
        CPPUNIT_ASSERT(outcomeOf(alice_.access_token) == Outcome::kRefused);
        town_->setOption("token.signing_key", "nowhere");
        CPPUNIT_ASSERT_THROW(AuthTown(backend(), {{"token.signing_key", "nowhere"}}), sdk::Error);
    }

    void codeOfANodeWithTheOldKeyIsGood() {
        open({{"token.secret", kFirst}, {"token.keys.next.secret", kSecond}});
        town_->sendCode(kAlice);
        const int code = town_->newestCode();
        town_->setOption("token.signing_key", "next");
        town_->restart();
        const auto reply = town_->post(
            "/verify-otp", Json::object({{"email", kAlice}, {"otp", code}, {"subject", "forgot_password"}}));
        CPPUNIT_ASSERT_EQUAL(std::string("success"), reply.at("status").asString());
    }

protected:
    virtual AuthBackend backend() const = 0;

private:
    void open(AuthTown::Options options) {
        town_ = std::make_unique<AuthTown>(backend(), std::move(options));
        alice_ = town_->signUp(kAlice);
    }
    void openForChangeOver() {
        open({{"token.secret", kFirst},
              {"token.legacy_secret", kOldSecret},
              {"accept_legacy_tokens", "true"}});
        import();
    }
    void import() {
        town_->database().transaction(
            [](sdk::Connection& c) { c.execute("UPDATE auth_users SET legacy_tokens = TRUE"); });
    }
    void setHash(const std::string& hash) {
        town_->database().transaction(
            [&](sdk::Connection& c) { c.execute("UPDATE auth_users SET password_hash = $1", {hash}); });
    }
    Outcome outcomeOf(const std::string& token) { return town_->authenticator().verify(token).outcome; }
    Json refresh(const std::string& token) {
        return town_->post("/refresh", Json::object({{"refresh_token", token}}));
    }
    void fill(Poco::JWT::Token& token, int seconds, sdk::UserId user) {
        const auto now = std::chrono::floor<std::chrono::seconds>(town_->host().fake_clock.now());
        token.payload().set("id", user);
        token.payload().set("email", std::string(kAlice));
        token.payload().set("exp", now.time_since_epoch().count() + seconds);
    }
    std::string legacyToken(int seconds = 3600, sdk::UserId user = 0) {
        Poco::JWT::Token token;
        token.setType("JWT");
        fill(token, seconds, user == 0 ? alice_.id : user);
        return Poco::JWT::Signer(kOldSecret).sign(token, Poco::JWT::Signer::ALGO_HS256);
    }

    std::unique_ptr<AuthTown> town_;
    Citizen alice_;
};

class AdoptionOnSqlite : public AdoptionTest {
    CPPUNIT_TEST_SUB_SUITE(AdoptionOnSqlite, AdoptionTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kSqlite; }
};
class AdoptionOnPostgresql : public AdoptionTest {
    CPPUNIT_TEST_SUB_SUITE(AdoptionOnPostgresql, AdoptionTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kPostgresql; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AdoptionOnSqlite);
CPPUNIT_TEST_SUITE_REGISTRATION(AdoptionOnPostgresql);

}  // namespace
