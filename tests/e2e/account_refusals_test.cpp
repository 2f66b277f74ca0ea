#include <Poco/String.h>
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>
#include <vector>

#include "account_calls.h"
#include "deployment.h"
#include "person.h"
#include "refusals.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kInvalidProof = "Verification is not valid. Please request a new code.";

}  // namespace

/// Every refusal of the contract's 2.1, as a phone meets it, and who wins where two come at once.
class AccountRefusalsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AccountRefusalsTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST(codesAreThrottledOnOneNode);
    CPPUNIT_TEST(codesAreThrottledOnTwoNodes);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }
    void codesAreThrottledOnOneNode() { throttle(Deployment::Kind::kEmbedded); }
    void codesAreThrottledOnTwoNodes() { throttle(Deployment::Kind::kTwoNodes); }

private:
    struct SignedIn {
        std::string access;
        std::string refresh;
    };

    void tell(Deployment::Kind kind) {
        Deployment deployment(kind, settings());
        deployment_ = &deployment;
        askForACodeOddly();
        tryCodes();
        const SignedIn alice = signUpOddly();
        resetOddly();
        logInOddly();
        showOddTokens(alice);
        refreshOddly(alice);
        raceARotation();
        endSessions();
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    static std::map<std::string, std::string> settings() {
        return {{"auth.token.secret", kTokenSecret}, {"server.trusted_proxies", "127.0.0.1"}};
    }

    HttpClient client() { return HttpClient(deployment_->first().url()); }
    HttpClient otherNode() { return HttpClient(deployment_->second().url()); }

    std::string askForCode(const std::string& email) {
        const std::size_t before = asked_[Poco::toLower(email)]++;
        CPPUNIT_ASSERT_EQUAL(200, client().get("/api/v1/verify-email?email=" + email).status);
        return deployment_->codeFor(email, before);
    }
    std::string prove(const std::string& email, const std::string& subject = "email_verification") {
        const auto reply =
            otherNode().post("/api/v1/verify-otp", codeBody(email, askForCode(email), subject));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        return reply.text("email_hash");
    }
    static SignedIn signedIn(const HttpReply& reply) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        return {reply.text("access_token"), reply.text("refresh_token")};
    }
    SignedIn signUp(const std::string& email) {
        return signedIn(client().post("/api/v1/signup", passwordBody(prove(email))));
    }
    HttpReply logIn(const std::string& email, const std::string& password,
                    const std::string& from = "198.51.100.1") {
        HttpClient http = otherNode();
        http.setHeader("X-Forwarded-For", from);
        return http.postForm("/api/v1/token", {{"username", email}, {"password", password}});
    }

    void askForACodeOddly() {
        HttpClient http = client();
        assertFault("missing", "query/email", "Field required", http.get("/api/v1/verify-email"));
        assertFault("value_error", "query/email",
                    "value is not a valid email address: An email address must have an @-sign.",
                    http.get("/api/v1/verify-email?email=alice"));
        assertFault("value_error", "query/email", "",
                    http.get("/api/v1/verify-email?email=a@" + std::string(252, 'x') + ".de"));
        // The app does not encode it: a plus is a plus.
        CPPUNIT_ASSERT(!askForCode("carol+app@example.com").empty());
    }

    void tryCodes() {
        HttpClient http = client();
        const std::string right = askForCode("alice@example.com");
        const auto attempt = [&](const std::string& otp) {
            return http.post("/api/v1/verify-otp", codeBody("ALICE@example.com", otp, "email_verification"));
        };
        for (int i = 0; i < 4; ++i)
            assertRefused(400, "OTP verification failed: Invalid OTP", attempt("99999"));
        assertRefused(400, "OTP verification failed: Too many attempts. Request a new code.",
                      attempt("\"99999\""));
        assertRefused(400, "OTP verification failed: OTP expired or not found", attempt(right));

        const auto faults = http.post("/api/v1/verify-otp", R"({"otp":"12a","subject":"Email"})");
        assertFault("missing", "body/email", "Field required", faults);
        assertFault("int_parsing", "body/otp",
                    "Input should be a valid integer, unable to parse string as an integer", faults, 1);
        CPPUNIT_ASSERT(faults.object()->getArray("detail")->getObject(1)->isNull("input"));
        assertFault("enum", "body/subject", "Input should be 'email_verification' or 'forgot_password'",
                    faults, 2);
        assertFault("missing", "body", "Field required", http.post("/api/v1/verify-otp", "null"));
        assertFault("json_invalid", "body/1", "JSON decode error", http.post("/api/v1/verify-otp", "{x"));
        assertFault("model_attributes_type", "body", "", http.post("/api/v1/verify-otp", "[]"));
        assertFault("model_attributes_type", "body", "",
                    http.send("POST", "/api/v1/verify-otp", "{}", "text/plain"));

        const std::string code = askForCode("alice@example.com");
        const auto tries = atOnce(deployment_->inTurns(8), [&](HttpClient& phone, std::size_t) {
            return phone.post("/api/v1/verify-otp",
                              codeBody("alice@example.com", code, "email_verification"));
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, countOf(200, tries));
        CPPUNIT_ASSERT_EQUAL(std::size_t{7}, countOf(400, tries));
        assertRefused(400, "OTP verification failed: OTP expired or not found", attempt(code));
    }

    SignedIn signUpOddly() {
        HttpClient http = client();
        const auto attempt = [&](const std::string& proof, const std::string& password = kPassword) {
            return http.post("/api/v1/signup", passwordBody(proof, password));
        };
        const std::string proof = prove("Alice@example.com");
        for (const auto& [password, sentence] :
             {std::pair{"Sh0rt!", "Password must be at least 8 characters long"},
              {"lower0rd!", "Password must contain at least one uppercase letter"},
              {"UPPER0RD!", "Password must contain at least one lowercase letter"},
              {"Passw.rd!", "Password must contain at least one digit"},
              {"Passw0rdd", "Password must contain at least one special character"}}) {
            const auto reply = attempt(proof, password);
            assertFault("value_error", "body/password", std::string("Value error, ") + sentence, reply);
            CPPUNIT_ASSERT(reply.body.find(password) == std::string::npos);
        }
        assertFault("value_error", "body/password",
                    "Value error, Password must be at most 128 characters long",
                    attempt(proof, "Passw0rd!" + std::string(120, 'x')));
        for (const std::string& odd : {std::string("x"), proof + "x", std::string()})
            assertRefused(400, kInvalidProof, attempt(odd));
        assertRefused(400, "Verification expired. Please request a new code.", attempt(expired(proof)));
        assertRefused(400, "Invalid token purpose. Expected email_verification",
                      attempt(prove("alice@example.com", "forgot_password")));

        std::vector<std::string> proofs{proof};
        for (int i = 0; i < 7; ++i)
            proofs.push_back(prove(i % 2 == 0 ? "alice@example.com" : "ALICE@example.com"));
        const auto tries = atOnce(deployment_->inTurns(8), [&](HttpClient& phone, std::size_t i) {
            return phone.post("/api/v1/signup", passwordBody(proofs[i]));
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, countOf(200, tries));
        for (const auto& one : proofs)
            assertRefused(409, "This email is already registered. Please log in.", attempt(one));
        return signedIn(firstOf(200, tries));
    }

    /// The same claims, but over since a second ago.
    static std::string expired(const std::string& token) {
        Claims claims = claimsOf(token);
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        claims["exp"] =
            static_cast<Poco::Int64>(std::chrono::duration_cast<std::chrono::seconds>(now).count() - 1);
        return signedToken(claims);
    }

    void resetOddly() {
        HttpClient http = client();
        const auto attempt = [&](const std::string& proof, const std::string& password = kPassword) {
            return http.post("/api/v1/reset-password", passwordBody(proof, password));
        };
        assertRefused(404, "User not found", attempt(prove("nobody@example.com", "forgot_password")));
        assertRefused(400, "Invalid token purpose. Expected forgot_password",
                      attempt(prove("alice@example.com")));
        assertRefused(400, kInvalidProof, attempt("x"));
        const SignedIn dave = signUp("dave@example.com");
        const std::string proof = prove("dave@example.com", "forgot_password");
        assertFault("value_error", "body/password", "", attempt(proof, "weak"));
        assertRefused(400, "Verification expired. Please request a new code.", attempt(expired(proof)));
        const auto tries = atOnce(deployment_->inTurns(6), [&](HttpClient& phone, std::size_t) {
            return phone.post("/api/v1/reset-password", passwordBody(proof, "An0ther!pass"));
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, countOf(200, tries));
        assertRefused(400, kInvalidProof, attempt(proof));
        assertRefused(401, "Invalid refresh token", http.post("/api/v1/refresh", refreshBody(dave.refresh)));
    }

    void logInOddly() {
        HttpClient http = client();
        const auto missing = http.postForm("/api/v1/token", {{"grant_type", "code"}});
        assertFault("string_pattern_mismatch", "body/grant_type", "String should match pattern '^password$'",
                    missing);
        assertFault("missing", "body/username", "Field required", missing, 1);
        assertFault("missing", "body/password", "Field required", missing, 2);
        constexpr const char* kWrong = "Invalid username or password";
        assertRefused(400, kWrong, logIn("nobody@example.com", kPassword, "192.0.2.1"));
        assertRefused(400, kWrong, logIn("no address", kPassword, "192.0.2.1"));
        CPPUNIT_ASSERT_EQUAL(200, http.postMultipart("/api/v1/token", {{"grant_type", "password"},
                                                                       {"username", "ALICE@example.com"},
                                                                       {"password", kPassword},
                                                                       {"scope", "x"}})
                                      .status);
        for (int i = 0; i < 5; ++i) assertRefused(400, kWrong, logIn("Alice@example.com", "wrong"));
        for (const char* password : {"wrong", kPassword}) {
            const auto locked = logIn("alice@example.com", password);
            assertRefused(429, "Too many login attempts. Please try again later.", locked);
            CPPUNIT_ASSERT(std::stoi(locked.header("Retry-After")) > 800);
        }
        // A stranger locks nobody out.
        CPPUNIT_ASSERT_EQUAL(200, logIn("alice@example.com", kPassword, "203.0.113.9").status);
    }

    void showOddTokens(const SignedIn& alice) {
        HttpClient http = otherNode();
        const auto asked = [&](const std::string& authorization) {
            return http.send("GET", "/api/v1/me", {}, {}, {{"Authorization", authorization}});
        };
        assertRefused(401, "Not authenticated", http.get("/api/v1/me"));
        assertRefused(401, "Not authenticated", asked("Basic YWxpY2U6eA=="));
        CPPUNIT_ASSERT_EQUAL(200, asked("bEARER " + alice.access).status);
        const Claims claims = claimsOf(alice.access);
        CPPUNIT_ASSERT_EQUAL(200, asked("Bearer " + signedToken(claims)).status);
        const auto with = [&](const char* name, const Poco::Dynamic::Var& value) {
            Claims odd = claims;
            odd[name] = value;
            return signedToken(odd);
        };
        const std::string head = alice.access.substr(0, alice.access.find('.'));
        for (const std::string& token :
             {std::string("x"), std::string(".."), alice.access + "x", alice.refresh, expired(alice.access),
              signedToken(claims, "HS384"),
              signedToken(claims, "HS256", "another secret, of 32 bytes or more"),
              "eyJhbGciOiJub25lIn0" + alice.access.substr(head.size()), with("typ", "email"),
              with("id", claims.at("id").toString()), with("id", 99), with("sid", "x"), with("exp", "x"),
              with("email", 1)}) {
            assertRefused(401, "Invalid token", asked("Bearer " + token));
        }
        // A bad token wins over a bad body, and no token over both; the query is for sockets.
        http.setBearer("x");
        assertRefused(401, "Invalid token", http.post("/api/v1/register", "{x"));
        http.setBearer({});
        assertRefused(401, "Not authenticated", http.post("/api/v1/register", "{x"));
        assertRefused(401, "Not authenticated", http.get("/api/v1/me?token=" + alice.access));
    }

    void refreshOddly(const SignedIn& alice) {
        HttpClient http = client();
        const auto attempt = [&](const std::string& body) { return http.post("/api/v1/refresh", body); };
        assertFault("missing", "body/refresh_token", "Field required", attempt("{}"));
        assertFault("value_error", "body/refresh_token", "Value error, Refresh token cannot be empty",
                    attempt(refreshBody("  ")));
        assertFault("bool_parsing", "body/rotate", "", attempt(R"({"refresh_token":"x","rotate":"maybe"})"));
        for (const std::string& odd :
             {std::string("x"), alice.access, prove("erin@example.com"), expired(alice.refresh)})
            assertRefused(401, "Invalid refresh token", attempt(refreshBody(odd)));

        const SignedIn phone = signedIn(logIn("alice@example.com", kPassword, "203.0.113.9"));
        const auto rotated = attempt(refreshBody(phone.refresh, true));
        const std::string next = rotated.text("refresh_token");
        CPPUNIT_ASSERT_EQUAL(200, otherNode().post("/api/v1/refresh", refreshBody(next)).status);
        assertRefused(401, "Invalid refresh token", attempt(refreshBody(phone.refresh)));  // it is spent
        for (const std::string& ended : {next, phone.refresh})
            assertRefused(401, "Invalid refresh token", attempt(refreshBody(ended)));
        CPPUNIT_ASSERT(endsWithinASecond(rotated.text("access_token")));
        CPPUNIT_ASSERT_EQUAL(200, attempt(refreshBody(alice.refresh)).status);
    }

    /// One winner; unless a slower one came when the winner's was stored: then the session is over for all.
    void raceARotation() {
        for (int round = 0; round < 5; ++round) {
            const SignedIn phone = signedIn(logIn("alice@example.com", kPassword, "203.0.113.9"));
            const auto tries = atOnce(deployment_->inTurns(2), [&](HttpClient& racer, std::size_t) {
                return racer.post("/api/v1/refresh", refreshBody(phone.refresh, true));
            });
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, countOf(200, tries));
            const std::string won = firstOf(200, tries).text("refresh_token");
            const int alive = client().post("/api/v1/refresh", refreshBody(won)).status;
            CPPUNIT_ASSERT(alive == 200 || alive == 401);
            assertRefused(401, "Invalid refresh token",
                          client().post("/api/v1/refresh", refreshBody(phone.refresh)));
            // Presenting the spent one has ended what was left: nobody keeps half a session.
            assertRefused(401, "Invalid refresh token", client().post("/api/v1/refresh", refreshBody(won)));
        }
    }

    bool endsWithinASecond(const std::string& token) {
        HttpClient http = otherNode();
        http.setBearer(token);
        return waitFor([&] { return http.get("/api/v1/me").status == 401; }, 1s);
    }

    void endSessions() {
        Person bob(*deployment_, deployment_->first(), "bob", Person::Gender::kMale);
        const SignedIn phone = signedIn(logIn("bob@example.com", kPassword));
        const SignedIn tablet = signedIn(logIn("bob@example.com", kPassword));
        const auto sessions = bob.get("/api/v1/sessions")->getArray("sessions");
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, sessions->size());
        const auto newest = sessions->getObject(0);
        for (const char* key : {"id", "created_at", "last_used_at", "user_agent", "ip"})
            CPPUNIT_ASSERT_MESSAGE(key, newest->get(key).isString());
        CPPUNIT_ASSERT_EQUAL(std::string("198.51.100.1"), newest->getValue<std::string>("ip"));
        CPPUNIT_ASSERT(!newest->getValue<bool>("current"));
        CPPUNIT_ASSERT(sessions->getObject(2)->getValue<bool>("current"));

        const std::string tablets = newest->getValue<std::string>("id");
        HttpClient other = client();
        other.setBearer(signUp("frank@example.com").access);
        assertRefused(404, "Session not found", other.del("/api/v1/sessions/" + tablets));
        assertRefused(404, "Session not found", bob.http().del("/api/v1/sessions/none"));
        SocketClient socket(deployment_->second().url(), "/api/v1/ws/chat",
                            SocketOptions{tablet.access, {}, {}});
        socket.receive();
        CPPUNIT_ASSERT_EQUAL(200, bob.http().del("/api/v1/sessions/" + tablets).status);
        CPPUNIT_ASSERT_EQUAL(1008, socket.receiveClose(1s));
        CPPUNIT_ASSERT(endsWithinASecond(tablet.access));
        assertRefused(404, "Session not found", bob.http().del("/api/v1/sessions/" + tablets));

        HttpClient on_phone = otherNode();
        on_phone.setBearer(phone.access);
        const auto everywhere = on_phone.post("/api/v1/logout-all");
        CPPUNIT_ASSERT_EQUAL(std::string("Logged out everywhere"), everywhere.text("message"));
        CPPUNIT_ASSERT_EQUAL(2, everywhere.at("revoked").convert<int>());
        CPPUNIT_ASSERT(endsWithinASecond(bob.token()));
        const SignedIn again = signedIn(logIn("bob@example.com", kPassword));
        on_phone.setBearer(again.access);
        CPPUNIT_ASSERT_EQUAL(std::string("Logged out"), on_phone.post("/api/v1/logout").text("message"));
        assertRefused(401, "Invalid token", on_phone.post("/api/v1/logout"));
        assertRefused(401, "Invalid refresh token",
                      client().post("/api/v1/refresh", refreshBody(again.refresh)));
    }

    void throttle(Deployment::Kind kind) {
        auto limits = settings();
        limits["auth.code.resend_seconds"] = "30";
        limits["auth.code.per_email_hour"] = "5";
        limits["auth.code.per_address_hour"] = "3";
        Deployment deployment(kind, limits);
        deployment_ = &deployment;
        constexpr const char* kTooMany = "Too many codes requested. Please try again later.";
        const auto ask = [&](const std::string& email, const std::string& from) {
            HttpClient http = asked_[from]++ % 2 == 0 ? client() : otherNode();
            http.setHeader("X-Forwarded-For", from);
            return http.get("/api/v1/verify-email?email=" + email);
        };
        CPPUNIT_ASSERT_EQUAL(200, ask("alice@example.com", "192.0.2.1").status);
        const auto soon = ask("Alice@example.com", "192.0.2.2");
        assertRefused(429, kTooMany, soon);
        CPPUNIT_ASSERT(std::stoi(soon.header("Retry-After")) <= 30);
        for (const char* email : {"bob@example.com", "carol@example.com"})
            CPPUNIT_ASSERT_EQUAL(200, ask(email, "192.0.2.1").status);
        const auto stranger = ask("dave@example.com", "192.0.2.1");
        assertRefused(429, kTooMany, stranger);
        CPPUNIT_ASSERT(std::stoi(stranger.header("Retry-After")) > 3000);
        // Whom a stranger was refused a code for is not kept from one.
        CPPUNIT_ASSERT_EQUAL(200, ask("dave@example.com", "192.0.2.3").status);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    Deployment* deployment_ = nullptr;
    std::map<std::string, std::size_t> asked_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccountRefusalsTest);

}  // namespace linkup::test
