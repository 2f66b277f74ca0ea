// Refresh, log-out and what a node believes of sessions, on SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "auth_town.h"

using namespace linkup;
using namespace linkup::test;
using namespace std::chrono_literals;
using sdk::ErrorCode;
using sdk::Json;
using Outcome = sdk::Authenticator::Outcome;

namespace {

class SessionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SessionTest);
    CPPUNIT_TEST(refreshGivesAnAccessTokenOfTheSameSession);
    CPPUNIT_TEST(refreshRefusesWhatIsNoRefreshToken);
    CPPUNIT_TEST(refreshUntilTheThirtiethDay);
    CPPUNIT_TEST(spentRefreshTokenEndsTheSession);
    CPPUNIT_TEST(tokenThatCameBeforeItWasSpentEndsNothing);
    CPPUNIT_TEST(unrotatedRefreshKeepsTheFirstToken);
    CPPUNIT_TEST(refreshNotesWhenTheSessionWasUsed);
    CPPUNIT_TEST(refreshesAnsweredTogetherEachGetTheirOwn);
    CPPUNIT_TEST(fastAnswerComesFromMemoryAfterTheFirst);
    CPPUNIT_TEST(knownSessionIsBelievedForAMinute);
    CPPUNIT_TEST(withoutBusItIsBelievedForASecond);
    CPPUNIT_TEST(gapForgetsEverything);
    CPPUNIT_TEST(revocationsThatNobodyAnnouncedAreRead);
    CPPUNIT_TEST(revocationThatIsCommittedLateIsReadToo);
    CPPUNIT_TEST(revocationsWhileTheDatabaseWasAwayAreReadAfterwards);
    CPPUNIT_TEST(reuseRacedByTwoClientsLeavesOneWinnerAndNoOrphan);
    CPPUNIT_TEST(revocationReachesOtherNodesAndSockets);
    CPPUNIT_TEST(logOutEndsThisSessionOnly);
    CPPUNIT_TEST(logOutEverywhere);
    CPPUNIT_TEST(sessionsAreListedNewestFirst);
    CPPUNIT_TEST(sessionOfAnotherUserIsNotFound);
    CPPUNIT_TEST(operatorFindsSessionsByAddressAndById);
    CPPUNIT_TEST(operatorRevokesOneSessionOrAll);
    CPPUNIT_TEST(deletedAccountIsRefused);
    CPPUNIT_TEST(restartKeepsSessionsAndTheirEnds);
    CPPUNIT_TEST(housekeepingRemovesWhatHasExpired);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override {
        town_ = std::make_unique<AuthTown>(backend());
        alice_ = town_->signUp("alice@example.com");
    }
    void tearDown() override { town_.reset(); }

    void refreshGivesAnAccessTokenOfTheSameSession() {
        const Json reply = refresh(alice_.refresh_token);
        CPPUNIT_ASSERT(!reply.contains("refresh_token"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3600}, reply.at("expires_in").asInteger());
        const auto fresh = town_->authenticator().verify(reply.at("access_token").asString());
        CPPUNIT_ASSERT(fresh.outcome == Outcome::kAccepted);
        CPPUNIT_ASSERT_EQUAL(town_->authenticator().verify(alice_.access_token).principal.session,
                             fresh.principal.session);
    }

    void refreshRefusesWhatIsNoRefreshToken() {
        for (const std::string& odd : {alice_.access_token, std::string("x"), alice_.refresh_token + "A",
                                       town_->prove("bob@example.com")}) {
            assertRefreshRefused(odd);
        }
        const auto empty = errorOf([&] { refresh(" "); });
        CPPUNIT_ASSERT_EQUAL(std::string("Value error, Refresh token cannot be empty"),
                             empty.detail().items().at(0).at("msg").asString());
        CPPUNIT_ASSERT(empty.detail().items().at(0).at("input").isNull());
    }

    void refreshUntilTheThirtiethDay() {
        town_->host().fake_clock.advance(30 * 24h - 1s);
        const std::string last = refresh(alice_.refresh_token).at("access_token").asString();
        town_->host().fake_clock.advance(1s);
        assertRefreshRefused(alice_.refresh_token);
        town_->host().fake_clock.advance(59min);
        CPPUNIT_ASSERT(town_->authenticator().verify(last).outcome == Outcome::kAccepted);
    }

    void spentRefreshTokenEndsTheSession() {
        const std::string second = refresh(alice_.refresh_token, true).at("refresh_token").asString();
        const std::string third = refresh(second, true).at("refresh_token").asString();
        CPPUNIT_ASSERT(second != third);
        assertRefreshRefused(alice_.refresh_token);
        assertRefreshRefused(third);
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
    }

    void tokenThatCameBeforeItWasSpentEndsNothing() {
        const sdk::Time came = town_->host().fake_clock.now();
        town_->host().fake_clock.advance(1ms);
        const std::string second = refresh(alice_.refresh_token, true).at("refresh_token").asString();
        for (const bool rotate : {true, false})
            assertRefreshRefused([&] { refresh(alice_.refresh_token, rotate, came); });
        CPPUNIT_ASSERT(refresh(second).contains("access_token"));
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
        // One that was spent before the other was has no part in a race with it.
        const sdk::Time later = town_->host().fake_clock.now();
        town_->host().fake_clock.advance(1ms);
        const std::string third = refresh(second, true).at("refresh_token").asString();
        assertRefreshRefused([&] { refresh(alice_.refresh_token, true, later); });
        assertRefreshRefused(third);
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
    }

    void unrotatedRefreshKeepsTheFirstToken() {
        for (int i = 0; i < 3; ++i) refresh(alice_.refresh_token);
        const Json body = Json::object({{"refresh_token", alice_.refresh_token}, {"rotate", false}});
        CPPUNIT_ASSERT(!town_->post("/refresh", body).contains("refresh_token"));
    }

    void refreshesAnsweredTogetherEachGetTheirOwn() {
        const Citizen bob = town_->signUp("bob@example.com");
        const std::string bobs_second = refresh(bob.refresh_token, true).at("refresh_token").asString();
        const Citizen phone = town_->logIn(alice_.email);
        town_->host().fake_clock.advance(2min);
        const std::array<std::pair<std::string, bool>, 6> asked{{{alice_.refresh_token, false},
                                                                 {phone.refresh_token, true},
                                                                 {phone.refresh_token, true},
                                                                 {bob.refresh_token, false},
                                                                 {"no token", false},
                                                                 {alice_.refresh_token, false}}};
        std::vector<sdk::Request> requests(asked.size());
        std::vector<sdk::PendingRequest> pending;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            requests[i].body = Json::object({{"refresh_token", asked[i].first}, {"rotate", asked[i].second}});
            requests[i].received_at = town_->host().fake_clock.now();
            pending.push_back({requests[i]});
        }
        town_->registrar().find(sdk::Method::kPost, "/api/v1/refresh")->batch(pending);

        const auto granted = [&](std::size_t i) { return pending[i].response.has_value(); };
        CPPUNIT_ASSERT(granted(0) && granted(5));
        CPPUNIT_ASSERT_MESSAGE("one of two that rotate the same token wins", granted(1) && !granted(2));
        CPPUNIT_ASSERT(!granted(3) && !granted(4));
        for (const std::size_t i : {2, 3, 4})
            CPPUNIT_ASSERT(pending[i].error->code() == ErrorCode::kUnauthenticated);
        const Json won = std::get<Json>(sdk::parseJson(pending[1].response->body));
        CPPUNIT_ASSERT(sessionOf({"", won.at("access_token").asString(), ""}) == sessionOf(phone));
        refresh(won.at("refresh_token").asString());
        assertRefreshRefused(bobs_second);
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{120'000'000},
            town_->number("SELECT MAX(s.last_used_at - s.created_at) FROM auth_sessions s JOIN "
                          "auth_users u ON u.id = s.user_id WHERE u.email_key = "
                          "'alice@example.com' AND s.revoked_at IS NULL"));
    }

    void refreshNotesWhenTheSessionWasUsed() {
        town_->host().fake_clock.advance(30s);
        refresh(alice_.refresh_token);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                             town_->number("SELECT last_used_at - created_at FROM auth_sessions"));
        town_->host().fake_clock.advance(30s);
        refresh(alice_.refresh_token);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{60'000'000},
                             town_->number("SELECT last_used_at - created_at FROM auth_sessions"));
    }

    void fastAnswerComesFromMemoryAfterTheFirst() {
        CPPUNIT_ASSERT(town_->authenticator().verifyFast(alice_.access_token).outcome == Outcome::kUnknown);
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
        const auto fast = town_->authenticator().verifyFast(alice_.access_token);
        CPPUNIT_ASSERT(fast.outcome == Outcome::kAccepted);
        CPPUNIT_ASSERT_EQUAL(alice_.id, fast.principal.user);
        CPPUNIT_ASSERT(town_->authenticator().verifyFast(alice_.refresh_token).outcome == Outcome::kRefused);
        CPPUNIT_ASSERT(town_->authenticator().verifyFast("x").outcome == Outcome::kRefused);
    }

    void knownSessionIsBelievedForAMinute() {
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
        town_->host().fake_clock.advance(60s);
        CPPUNIT_ASSERT(fast() == Outcome::kAccepted);
        town_->host().fake_clock.advance(1s);
        CPPUNIT_ASSERT(fast() == Outcome::kUnknown);
    }

    void withoutBusItIsBelievedForASecond() {
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
        town_->host().fake_bus.disconnect();
        town_->host().fake_clock.advance(2s);
        CPPUNIT_ASSERT(fast() == Outcome::kUnknown);
        // Revoked by a node that could not tell us.
        revokeBehindOurBack();
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
    }

    void gapForgetsEverything() {
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
        revokeBehindOurBack();
        CPPUNIT_ASSERT(fast() == Outcome::kAccepted);
        town_->host().fake_bus.announceGap();
        CPPUNIT_ASSERT(fast() == Outcome::kUnknown);
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
    }

    void revocationsThatNobodyAnnouncedAreRead() {
        const Citizen bob = town_->signUp("bob@example.com");
        const auto of_alice = openSocket(alice_);
        const auto of_bob = openSocket(bob);
        runTask("read_revocations");
        CPPUNIT_ASSERT(!of_alice->closeCode());
        revokeBehindOurBack();
        CPPUNIT_ASSERT_MESSAGE("it is known", fast() == Outcome::kAccepted);
        runTask("read_revocations");
        CPPUNIT_ASSERT(of_alice->closeCode() == sdk::CloseCode::kPolicy);
        CPPUNIT_ASSERT(fast() == Outcome::kUnknown);
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
        CPPUNIT_ASSERT(!of_bob->closeCode());
        CPPUNIT_ASSERT(town_->authenticator().verifyFast(bob.access_token).outcome == Outcome::kAccepted);
    }

    void revocationThatIsCommittedLateIsReadToo() {
        const auto socket = openSocket(alice_);
        const auto written_at = town_->host().fake_clock.now();
        for (int second = 0; second < 20; ++second) {
            town_->host().fake_clock.advance(1s);
            runTask("read_revocations");
        }
        revokeBehindOurBack(written_at);
        runTask("read_revocations");
        CPPUNIT_ASSERT(socket->closeCode() == sdk::CloseCode::kPolicy);
    }

    void revocationsWhileTheDatabaseWasAwayAreReadAfterwards() {
        const auto socket = openSocket(alice_);
        revokeBehindOurBack();
        town_->setDatabaseAway(true);
        for (int minute = 0; minute < 10; ++minute) {
            town_->host().fake_clock.advance(1min);
            runTask("read_revocations");
        }
        CPPUNIT_ASSERT(!socket->closeCode());
        town_->setDatabaseAway(false);
        runTask("read_revocations");
        CPPUNIT_ASSERT(socket->closeCode() == sdk::CloseCode::kPolicy);
    }

    void reuseRacedByTwoClientsLeavesOneWinnerAndNoOrphan() {
        for (int round = 0; round < 20; ++round) {
            const Citizen phone = town_->logIn(alice_.email);
            const auto session = town_->authenticator().verify(phone.access_token).principal.session;
            const sdk::Time came = town_->host().fake_clock.now();
            town_->host().fake_clock.advance(1ms);
            std::array<std::optional<std::string>, 2> won;
            std::vector<std::thread> clients;
            for (auto& mine : won) {
                clients.emplace_back([&] {
                    try {
                        mine = refresh(phone.refresh_token, true, came).at("refresh_token").asString();
                    } catch (const sdk::Error& error) {
                        CPPUNIT_ASSERT(error.code() == ErrorCode::kUnauthenticated);
                    }
                });
            }
            for (std::thread& client : clients) client.join();
            CPPUNIT_ASSERT(won[0].has_value() != won[1].has_value());
            CPPUNIT_ASSERT(refresh(won[0].value_or(won[1].value_or(""))).contains("access_token"));
            assertRefreshRefused(phone.refresh_token);
            CPPUNIT_ASSERT_MESSAGE("no orphan", !live(session));
        }
    }

    void revocationReachesOtherNodesAndSockets() {
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
        const auto principal = town_->authenticator().verify(alice_.access_token).principal;
        const auto socket = town_->host().fake_sockets.open("/api/v1/ws/chat", principal);
        revokeBehindOurBack();
        town_->host().fake_bus.publish("session.revoked", principal.session);
        CPPUNIT_ASSERT(fast() == Outcome::kUnknown);
        CPPUNIT_ASSERT(!socket->closeCode());

        const Citizen again = town_->logIn(alice_.email);
        const auto session = town_->authenticator().verify(again.access_token).principal;
        const auto other = town_->host().fake_sockets.open("/api/v1/ws/chat", session);
        town_->post("/logout", Json::object(), again.access_token);
        CPPUNIT_ASSERT(other->closeCode() == sdk::CloseCode::kPolicy);
        const auto published = town_->host().fake_bus.published();
        CPPUNIT_ASSERT_EQUAL(std::string("session.revoked"), published.back().topic);
        CPPUNIT_ASSERT_EQUAL(session.session, published.back().text);
        const auto& hook = town_->host().fake_hooks.runs().back();
        CPPUNIT_ASSERT_EQUAL(std::string("session.revoked"), hook.event);
        CPPUNIT_ASSERT_EQUAL(session.session, hook.payload.at("session_id").asString());
    }

    void logOutEndsThisSessionOnly() {
        const Citizen phone = town_->logIn(alice_.email);
        const Json reply = town_->post("/logout", Json::object(), phone.access_token);
        CPPUNIT_ASSERT_EQUAL(std::string("Logged out"), reply.at("message").asString());
        CPPUNIT_ASSERT(town_->authenticator().verify(phone.access_token).outcome == Outcome::kRefused);
        assertRefreshRefused(phone.refresh_token);
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
    }

    void logOutEverywhere() {
        const Citizen phone = town_->logIn(alice_.email);
        const Citizen bob = town_->signUp("bob@example.com");
        const Json reply = town_->post("/logout-all", Json::object(), phone.access_token);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, reply.at("revoked").asInteger());
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
        CPPUNIT_ASSERT(town_->authenticator().verify(bob.access_token).outcome == Outcome::kAccepted);
    }

    void sessionsAreListedNewestFirst() {
        town_->host().fake_clock.advance(1min);
        const Citizen phone = town_->logIn(alice_.email, AuthTown::kPassword, "198.51.100.1");
        const Json list = town_->get("/sessions", phone.access_token).at("sessions");
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, list.size());
        CPPUNIT_ASSERT(list.items()[0].at("current").asBool());
        CPPUNIT_ASSERT(!list.items()[1].at("current").asBool());
        CPPUNIT_ASSERT_EQUAL(std::string("198.51.100.1"), list.items()[0].at("ip").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("Dart/3.10 (dart:io)"), list.items()[0].at("user_agent").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-24T02:01:00.000000Z"),
                             list.items()[0].at("created_at").asString());
    }

    void sessionOfAnotherUserIsNotFound() {
        const Citizen bob = town_->signUp("bob@example.com");
        const std::string session = town_->authenticator().verify(alice_.access_token).principal.session;
        sdk::Request request;
        request.parameters = Json::object({{"id", session}});
        request.principal = town_->authenticator().verify(bob.access_token).principal;
        const auto drop = [&] {
            town_->registrar().call(sdk::Method::kDelete, "/api/v1/sessions/{id}", request);
        };
        const auto error = errorOf(drop);
        CPPUNIT_ASSERT(error.code() == ErrorCode::kNotFound);
        CPPUNIT_ASSERT_EQUAL(std::string("Session not found"), std::string(error.what()));
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
        request.principal = town_->authenticator().verify(alice_.access_token).principal;
        drop();
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
    }

    void deletedAccountIsRefused() {
        town_->database().transaction(
            [](sdk::Connection& c) { c.execute("UPDATE auth_users SET deleted_at = 1"); });
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
        assertRefreshRefused(alice_.refresh_token);
    }

    void restartKeepsSessionsAndTheirEnds() {
        const Citizen phone = town_->logIn(alice_.email);
        town_->post("/logout", Json::object(), alice_.access_token);
        town_->restart();
        // The key was made up at the first start, and is still the same.
        CPPUNIT_ASSERT(town_->authenticator().verify(phone.access_token).outcome == Outcome::kAccepted);
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
        assertRefreshRefused(alice_.refresh_token);
    }

    void housekeepingRemovesWhatHasExpired() {
        town_->sendCode("carol@example.com");
        town_->host().fake_clock.advance(31 * 24h);
        const Citizen bob = town_->signUp("bob@example.com");
        runTask("remove_expired");
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, town_->number("SELECT COUNT(*) FROM auth_sessions"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM auth_codes"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, town_->number("SELECT COUNT(*) FROM auth_used_tokens"));
        CPPUNIT_ASSERT(town_->authenticator().verify(bob.access_token).outcome == Outcome::kAccepted);
    }

protected:
    virtual AuthBackend backend() const = 0;

    void operatorFindsSessionsByAddressAndById() {
        town_->host().fake_clock.advance(1min);
        const Citizen second = town_->logIn("alice@example.com");
        const Json by_email = command("sessions.list", Json::object({{"email", "Alice@Example.com"}}));
        CPPUNIT_ASSERT_EQUAL(alice_.id, by_email.at("user_id").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, by_email.at("sessions").size());
        CPPUNIT_ASSERT_EQUAL(sessionOf(second), by_email.at("sessions").items()[0].at("id").asString());
        CPPUNIT_ASSERT_EQUAL(std::string(AuthTown::kAddress),
                             by_email.at("sessions").items()[0].at("ip").asString());
        const Json by_id = command("sessions.list", Json::object({{"user_id", alice_.id}}));
        CPPUNIT_ASSERT_EQUAL(by_email.at("sessions").dump(), by_id.at("sessions").dump());
        for (const Json& nobody : {Json::object({{"email", "nobody@example.com"}}),
                                   Json::object({{"user_id", alice_.id + 1}}), Json::object({})}) {
            const Json found = command("sessions.list", nobody);
            CPPUNIT_ASSERT(found.at("user_id").isNull());
            CPPUNIT_ASSERT_EQUAL(std::size_t{0}, found.at("sessions").size());
        }
    }

    void operatorRevokesOneSessionOrAll() {
        const Citizen second = town_->logIn("alice@example.com");
        const auto socket = openSocket(second);
        const auto revoke = [&](sdk::UserId user, const Json& session) {
            return command("sessions.revoke", Json::object({{"user_id", user}, {"session_id", session}}))
                .at("revoked")
                .asInteger();
        };
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, revoke(alice_.id + 1, sessionOf(second)));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, revoke(alice_.id, sessionOf(second)));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, revoke(alice_.id, sessionOf(second)));
        CPPUNIT_ASSERT(socket->closeCode() == sdk::CloseCode::kPolicy);
        CPPUNIT_ASSERT(town_->authenticator().verify(second.access_token).outcome == Outcome::kRefused);
        CPPUNIT_ASSERT(outcome() == Outcome::kAccepted);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, revoke(alice_.id, Json()));
        CPPUNIT_ASSERT(outcome() == Outcome::kRefused);
    }

private:
    Json command(const std::string& event, Json payload) {
        town_->database().transaction([&](sdk::Connection& connection) {
            for (const auto& hook : town_->registrar().hooks) {
                if (hook.event == event) hook.handler(connection, payload);
            }
        });
        return payload;
    }
    /// Noted at the first call: a revoked session's token is not read any more.
    const std::string& sessionOf(const Citizen& citizen) {
        std::string& session = sessions_[citizen.access_token];
        if (session.empty()) session = town_->authenticator().verify(citizen.access_token).principal.session;
        return session;
    }
    Json refresh(const std::string& token, bool rotate = false) {
        return refresh(token, rotate, town_->host().fake_clock.now());
    }
    Json refresh(const std::string& token, bool rotate, sdk::Time came) {
        sdk::Request request;
        request.body = Json::object({{"refresh_token", token}});
        if (rotate) request.body.set("rotate", true);
        request.received_at = came;
        return sdk::parseTrustedJson(
            town_->registrar().call(sdk::Method::kPost, "/api/v1/refresh", std::move(request)).body);
    }
    void assertRefreshRefused(const std::string& token) {
        assertRefreshRefused([&] { refresh(token); });
    }
    void assertRefreshRefused(const std::function<void()>& attempt) {
        const auto error = errorOf(attempt);
        CPPUNIT_ASSERT(error.code() == ErrorCode::kUnauthenticated);
        CPPUNIT_ASSERT_EQUAL(std::string("Invalid refresh token"), std::string(error.what()));
    }
    Outcome outcome() { return town_->authenticator().verify(alice_.access_token).outcome; }
    Outcome fast() { return town_->authenticator().verifyFast(alice_.access_token).outcome; }
    std::shared_ptr<sdk::testing::FakeSocketSession> openSocket(const Citizen& citizen) {
        const auto principal = town_->authenticator().verify(citizen.access_token).principal;
        return town_->host().fake_sockets.open("/api/v1/ws/chat", principal);
    }
    void revokeBehindOurBack() { revokeBehindOurBack(town_->host().fake_clock.now()); }
    void revokeBehindOurBack(sdk::Time when) {
        town_->database().transaction([&](sdk::Connection& c) {
            c.execute("UPDATE auth_sessions SET revoked_at = $1 WHERE user_id = $2",
                      {sdk::toMicros(when), alice_.id});
        });
    }
    bool live(const std::string& session) {
        return sdk::read(town_->database(), [&](sdk::Connection& c) {
            return !c.execute("SELECT id FROM auth_sessions WHERE id = $1 AND revoked_at IS NULL", {session})
                        .empty();
        });
    }
    void runTask(const std::string& name) {
        const auto& tasks = town_->registrar().tasks;
        const auto task = std::find_if(tasks.begin(), tasks.end(),
                                       [&](const sdk::TaskSpec& one) { return one.name == name; });
        CPPUNIT_ASSERT(task != tasks.end());
        task->run({});
    }

    std::unique_ptr<AuthTown> town_;
    std::map<std::string, std::string> sessions_;  ///< by access token
    Citizen alice_;
};

class SessionOnSqlite : public SessionTest {
    CPPUNIT_TEST_SUB_SUITE(SessionOnSqlite, SessionTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kSqlite; }
};
class SessionOnPostgresql : public SessionTest {
    CPPUNIT_TEST_SUB_SUITE(SessionOnPostgresql, SessionTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kPostgresql; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionOnSqlite);
CPPUNIT_TEST_SUITE_REGISTRATION(SessionOnPostgresql);

}  // namespace
