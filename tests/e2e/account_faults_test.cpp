#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "account_calls.h"
#include "daemon/services/database.h"
#include "database_faults.h"
#include "deployment.h"
#include "linkup/sdk/testing/recording_log.h"
#include "refusals.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNotSent = "Could not send the e-mail. Please try again.";

HttpReply askForCode(const std::string& url, const std::string& email) {
    return HttpClient(url).get("/api/v1/verify-email?email=" + email);
}

HttpReply tryCode(const std::string& url, const std::string& email, const std::string& code) {
    return HttpClient(url).post("/api/v1/verify-otp", codeBody(email, code, "email_verification"));
}

HttpReply refresh(const std::string& url, const std::string& token, bool rotate = false) {
    return HttpClient(url).post("/api/v1/refresh", refreshBody(token, rotate));
}

int statusOfMe(const std::string& url, const std::string& token) {
    HttpClient http(url);
    http.setBearer(token);
    return http.get("/api/v1/me").status;
}

}  // namespace

/// Accounts where mail, database or other phones get in the way.
class AccountFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AccountFaultsTest);
    CPPUNIT_TEST(codeThatCannotBeQueuedIs503AndCountsNowhereOnOneNode);
    CPPUNIT_TEST(codeThatCannotBeQueuedIs503AndCountsNowhereOnTwoNodes);
    CPPUNIT_TEST(mailThatNobodyTakesWaitsOnOneNode);
    CPPUNIT_TEST(mailThatNobodyTakesWaitsOnTwoNodes);
    CPPUNIT_TEST(signUpsAtOnceMakeOneAccountOnOneNode);
    CPPUNIT_TEST(signUpsAtOnceMakeOneAccountOnTwoNodes);
    CPPUNIT_TEST(rotationsAtOnceLeaveOneWinnerAndNoOrphanOnOneNode);
    CPPUNIT_TEST(rotationsAtOnceLeaveOneWinnerAndNoOrphanOnTwoNodes);
    CPPUNIT_TEST(rotationThatHadToWaitIsJudgedByWhenItCame);
    CPPUNIT_TEST_SUITE_END();

public:
    void tearDown() override {
        database_.reset();
        deployment_.reset();
    }

    void codeThatCannotBeQueuedIs503AndCountsNowhereOnOneNode() { failToQueue(Kind::kEmbedded); }
    void codeThatCannotBeQueuedIs503AndCountsNowhereOnTwoNodes() { failToQueue(Kind::kTwoNodes); }
    void mailThatNobodyTakesWaitsOnOneNode() { failToHandOver(Kind::kEmbedded); }
    void mailThatNobodyTakesWaitsOnTwoNodes() { failToHandOver(Kind::kTwoNodes); }
    void signUpsAtOnceMakeOneAccountOnOneNode() { signUpAtOnce(Kind::kEmbedded); }
    void signUpsAtOnceMakeOneAccountOnTwoNodes() { signUpAtOnce(Kind::kTwoNodes); }
    void rotationsAtOnceLeaveOneWinnerAndNoOrphanOnOneNode() { rotateAtOnce(Kind::kEmbedded); }
    void rotationsAtOnceLeaveOneWinnerAndNoOrphanOnTwoNodes() { rotateAtOnce(Kind::kTwoNodes); }

    /// A busy node looks at it when the other node has stored its exchange, and answered.
    void rotationThatHadToWaitIsJudgedByWhenItCame() {
        deploy(Kind::kTwoNodes, {{"server.worker_threads", "1"}});
        const std::string raced = signUp();
        CPPUNIT_ASSERT_EQUAL(200, askForCode(nodes_[0], "bob@example.com").status);
        std::future<HttpReply> busy, late;
        HttpReply won;
        database().transaction([&](sdk::Connection& connection) {
            connection.execute("UPDATE auth_codes SET tries = tries");
            busy = std::async(std::launch::async, [&] { return tryCode(nodes_[1], "bob@example.com", "1"); });
            CPPUNIT_ASSERT(waitFor([&] { return waitForALock() == 1; }));
            late = std::async(std::launch::async, [&] { return refresh(nodes_[1], raced, true); });
            CPPUNIT_ASSERT(waitFor([&] { return metric(nodes_[1], R"(pool_depth{pool="requests"})") == 1; }));
            won = refresh(nodes_[0], raced, true);
        });
        CPPUNIT_ASSERT_EQUAL(400, busy.get().status);
        assertRefused(401, "Invalid refresh token", late.get());
        assertOneLineIsLeft(won, raced);
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

private:
    using Kind = Deployment::Kind;
    using Settings = std::map<std::string, std::string>;

    void deploy(Kind kind, const Settings& settings) {
        deployment_ = std::make_unique<Deployment>(kind, settings);
        nodes_ = deployment_->inTurns(2);
        kind_ = kind;
    }

    /// A look at the deployment's database, from beside it.
    sdk::Database& database() {
        if (!database_) {
            daemon::DatabaseSettings settings;
            settings.sessions = 1;
            settings.url = kind_ == Kind::kEmbedded
                               ? "sqlite:" + (deployment_->first().state() / "linkup.db").string()
                               : PrivatePostgres::shared().url(deployment_->database());
            database_ = daemon::openDatabase(settings, log_);
        }
        return *database_;
    }
    std::int64_t number(std::string_view sql) {
        return sdk::read(database(), [&](sdk::Connection& c) { return c.execute(sql).integer(0, 0); });
    }

    /// Nothing can be stored for as long as this lives: the disk is full, or PostgreSQL away.
    struct Fault {
        explicit Fault(Deployment& deployment, Kind kind) {
            if (kind == Kind::kEmbedded) {
                LinkupDaemon& node = deployment.first();
                what.emplace<FullDisk>(node.pid(), node.state() / "linkup.db-wal");
            } else {
                what.emplace<DatabaseAway>();
            }
        }
        std::variant<std::monostate, FullDisk, DatabaseAway> what;
    };

    void failToQueue(Kind kind) {
        deploy(kind, {{"auth.code.per_email_hour", "2"}, {"auth.code.per_address_hour", "3"}});
        CPPUNIT_ASSERT_EQUAL(200, askForCode(nodes_[0], "alice@example.com").status);
        const std::string first = deployment_->codeFor("alice@example.com");
        {
            const Fault fault(*deployment_, kind);
            for (const char* email : {"alice@example.com", "bob@example.com"}) {
                for (int i = 0; i < 3; ++i) {
                    for (const std::string& node : nodes_)
                        assertRefused(503, kNotSent, askForCode(node, email));
                }
            }
        }
        for (const std::string& node : nodes_)
            CPPUNIT_ASSERT(waitFor([&] { return tryCode(node, "eve@example.com", "1").status == 400; }));

        // The code of before is as good as it was, and both limits stand where they stood.
        CPPUNIT_ASSERT_EQUAL(200, tryCode(nodes_[1], "alice@example.com", first).status);
        CPPUNIT_ASSERT_EQUAL(200, askForCode(nodes_[1], "alice@example.com").status);
        const std::string second = deployment_->codeFor("alice@example.com", 1);
        CPPUNIT_ASSERT_EQUAL(200, tryCode(nodes_[0], "alice@example.com", second).status);
        constexpr const char* kTooMany = "Too many codes requested. Please try again later.";
        assertRefused(429, kTooMany, askForCode(nodes_[0], "alice@example.com"));
        CPPUNIT_ASSERT_EQUAL(200, askForCode(nodes_[0], "bob@example.com").status);
        const std::string bobs = deployment_->codeFor("bob@example.com");
        CPPUNIT_ASSERT_EQUAL(200, tryCode(nodes_[1], "bob@example.com", bobs).status);
        assertRefused(429, kTooMany, askForCode(nodes_[1], "carol@example.com"));
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

    /// It is queued, which is all that the person who waits for it need know.
    void failToHandOver(Kind kind) {
        deploy(kind, {});
        std::vector<LinkupDaemon*> daemons{&deployment_->first()};
        if (kind == Kind::kTwoNodes) daemons.push_back(&deployment_->second());
        for (const LinkupDaemon* daemon : daemons) std::ofstream(daemon->state() / "outbox") << "no folder";
        const auto asked = askForCode(nodes_[1], "alice@example.com");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(asked.body, 200, asked.status);
        CPPUNIT_ASSERT_EQUAL(std::string("OTP sent"), asked.text("message"));
        CPPUNIT_ASSERT(waitFor([&] {
            return std::any_of(daemons.begin(), daemons.end(), [](const LinkupDaemon* daemon) {
                return daemon->log().find("no mail can be sent; trying on") != std::string::npos;
            });
        }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, number("SELECT COUNT(*) FROM linkup_mail_queue"));
        for (const LinkupDaemon* daemon : daemons) std::filesystem::remove(daemon->state() / "outbox");
        CPPUNIT_ASSERT(waitFor([&] { return number("SELECT COUNT(*) FROM linkup_mail_queue") == 0; }, 60s));
        const std::string code = deployment_->codeFor("alice@example.com");
        CPPUNIT_ASSERT_EQUAL(200, tryCode(nodes_[0], "alice@example.com", code).status);
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

    void signUpAtOnce(Kind kind) {
        constexpr std::size_t kMany = 200;
        // All find the address free and hash at the same time. There is room for all of them: who finds none
        // is sent away with 503, and comes again.
        deploy(kind, {{"auth.token.secret", kTokenSecret},
                      {"auth.password.passes", "20"},
                      {"auth.password.threads", "64"},
                      {"auth.password.queue", "200"},
                      {"database.wait_ms", "30000"},
                      {"overload.sign_in_ms", "0"}});
        Claims claims = claimsOf(prove(*deployment_, "alice@example.com"));
        std::vector<std::string> proofs;
        for (std::size_t i = 0; i < kMany; ++i) {
            claims["jti"] = claims["jti"].toString() + "x";
            claims["email"] = std::string(i % 3 == 0 ? "ALICE@example.com" : "alice@example.com");
            proofs.push_back(signedToken(claims));
        }
        assertOneAccount(proofs);
        // The same with one proof, which is used up once.
        assertOneAccount(std::vector<std::string>(kMany, prove(*deployment_, "bob@example.com")));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, number("SELECT COUNT(*) FROM auth_users"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, number("SELECT COUNT(*) FROM auth_sessions"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, number("SELECT COUNT(*) FROM auth_used_tokens"));
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

    /// Signs up with each of `proofs` at once, half of them on each node.
    void assertOneAccount(const std::vector<std::string>& proofs) {
        const auto tries = atOnce(deployment_->inTurns(proofs.size()), [&](HttpClient& phone, std::size_t i) {
            return phone.post("/api/v1/signup", passwordBody(proofs[i]));
        });
        const HttpReply& made = firstOf(200, tries);
        for (const HttpReply& reply : tries) {
            if (&reply != &made)
                assertRefused(409, "This email is already registered. Please log in.", reply);
        }
        for (const std::string& node : nodes_)
            CPPUNIT_ASSERT_EQUAL(200, statusOfMe(node, made.text("access_token")));
    }

    /// Both have found the token good when the first of them is stored.
    void rotateAtOnce(Kind kind) {
        deploy(kind, {{"database.wait_ms", "30000"}});
        const std::string raced = signUp();
        const std::int64_t waits = waitsForTheWriter();
        std::vector<std::future<HttpReply>> racers;
        database().transaction([&](sdk::Connection& connection) {
            connection.execute("UPDATE auth_sessions SET user_agent = user_agent");
            for (const std::string& node : nodes_)
                racers.push_back(std::async(std::launch::async, [&] { return refresh(node, raced, true); }));
            CPPUNIT_ASSERT(waitFor([&] { return bothWait(waits); }, 20s));
        });
        std::vector<HttpReply> tries;
        for (auto& racer : racers) tries.push_back(racer.get());
        assertRefused(401, "Invalid refresh token", firstOf(401, tries));
        assertOneLineIsLeft(firstOf(200, tries), raced);
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

    /// Alice, the only one; returns her refresh token.
    std::string signUp() {
        const auto reply = HttpClient(nodes_[0]).post("/api/v1/signup",
                                                      passwordBody(prove(*deployment_, "alice@example.com")));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        return reply.text("refresh_token");
    }

    /// The winner's, until somebody presents the token that it was raced for.
    void assertOneLineIsLeft(const HttpReply& won, const std::string& raced) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(won.body, 200, won.status);
        const std::string next = won.text("refresh_token");
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, number("SELECT COUNT(*) FROM auth_sessions"));
        for (const std::string& node : nodes_) {
            CPPUNIT_ASSERT_EQUAL(200, refresh(node, next).status);
            CPPUNIT_ASSERT_EQUAL(200, statusOfMe(node, won.text("access_token")));
        }
        assertRefused(401, "Invalid refresh token", refresh(nodes_[1], raced));
        for (const std::string& node : nodes_) {
            assertRefused(401, "Invalid refresh token", refresh(node, next));
            CPPUNIT_ASSERT(waitFor([&] { return statusOfMe(node, won.text("access_token")) == 401; }, 1s));
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1},
                             number("SELECT COUNT(*) FROM auth_sessions WHERE revoked_at IS NOT NULL"));
    }

    /// Whether both racers wait to write: for the row, or, on SQLite, one for the file and the other for its
    /// node's one writer. `waits` is what there had been of these before.
    bool bothWait(std::int64_t waits) {
        return kind_ == Kind::kEmbedded ? waitsForTheWriter() > waits : waitForALock() == 2;
    }
    std::int64_t waitsForTheWriter() { return metric(nodes_[0], "database_waits_total"); }
    static int waitForALock() {
        return std::stoi(PrivatePostgres::shared().query(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"));
    }
    static std::int64_t metric(const std::string& url, const std::string& name) {
        const std::string all = HttpClient(url).get("/metrics").body;
        const std::string start = "\nlinkup_daemon_" + name + " ";
        const auto at = all.find(start);
        CPPUNIT_ASSERT_MESSAGE(name, at != std::string::npos);
        return std::stoll(all.substr(at + start.size()));
    }

    Kind kind_ = Kind::kEmbedded;
    std::unique_ptr<Deployment> deployment_;
    std::vector<std::string> nodes_;
    sdk::testing::RecordingLog log_;
    std::unique_ptr<daemon::PooledDatabase> database_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccountFaultsTest);

}  // namespace linkup::test
