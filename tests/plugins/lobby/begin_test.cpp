// How an event begins: once in the cluster, rather late than never, and with everybody who is there.

#include <cppunit/extensions/HelperMacros.h>

#include "daemon/services/scheduler.h"
#include "lobby_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;

template <Backend kBackend>
class LobbyBeginTest : public LobbyFixture {
    CPPUNIT_TEST_SUITE(LobbyBeginTest);
    CPPUNIT_TEST(clusterThatWasDownAtTheStartBeginsLateAndOnce);
    CPPUNIT_TEST(nodeThatDiedBeforeTheFirstRowBeginsItWhenItIsBack);
    CPPUNIT_TEST(lateEventEndsWhenItWouldHave);
    CPPUNIT_TEST(eventWhoseTimeHasPassedDoesNotBegin);
    CPPUNIT_TEST(beginIsTriedOnWhileTheDatabaseIsAway);
    CPPUNIT_TEST(personWhoIsThereBeforeTheStartKeepsTheSeat);
    CPPUNIT_TEST(personWhoLeftAMomentBeforeTheStartHasASeatForAWhile);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { open(kBackend); }

    void clusterThatWasDownAtTheStartBeginsLateAndOnce() {
        clock().advanceTo(*sdk::parseTime("2030-05-01T12:00:00Z"));
        {
            const auto before = node();
            const auto task = before->add("lobby", spec());
            before->tick();
        }
        clock().advanceTo(*sdk::parseTime("2030-05-01T14:31:30Z"));  // 20:01:30 in Kolkata
        const auto one = node(), other = node();
        const auto task = one->add("lobby", spec());
        const auto other_task = other->add("lobby", spec());
        for (int i = 0; i < 3; ++i) {
            one->tick();
            other->tick();
            clock().advance(3s);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, events());
        CPPUNIT_ASSERT_EQUAL(sdk::toMicros(*sdk::parseTime("2030-05-01T14:30:00Z")),
                             town_->number("SELECT MIN(starts_at) FROM lobby_events"));
    }

    void nodeThatDiedBeforeTheFirstRowBeginsItWhenItIsBack() {
        clock().advanceTo(*sdk::parseTime("2030-05-01T14:29:59Z"));
        {
            auto dying = spec();
            bool ran = false;
            dying.run = [&](const sdk::TaskRun&) { ran = true; };
            const auto before = node();
            const auto task = before->add("lobby", dying);
            before->tick();
            clock().advance(2s);
            before->tick();
            CPPUNIT_ASSERT(ran);
        }
        clock().advance(30s);
        const auto after = node();
        const auto task = after->add("lobby", spec());
        after->tick();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, events());
    }

    void lateEventEndsWhenItWouldHave() {
        const auto phone = enter(1);
        CPPUNIT_ASSERT_EQUAL(std::string("event-end"), events(*phone, 1)[0]["event"].asString());
        const auto due = clock().now() - 60s;
        service_->begin("evening", due, 5min);
        const auto start = events(*phone, 1)[0];
        CPPUNIT_ASSERT_EQUAL(std::string("event-start"), start["event"].asString());
        CPPUNIT_ASSERT_EQUAL(sdk::formatTime(due + 5min), start["ends_at"].asString());
    }

    void eventWhoseTimeHasPassedDoesNotBegin() {
        service_->begin("evening", clock().now() - 5min, 5min);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, events());
        service_->begin("evening", clock().now() - 5min + 1s, 5min);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, events());
    }

    void beginIsTriedOnWhileTheDatabaseIsAway() {
        database_->away = true;
        service_->begin("evening", clock().now(), 5min);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, events());
        database_->away = false;
        CPPUNIT_ASSERT(eventually([&] { return events() == 1; }));
        CPPUNIT_ASSERT(eventually([&] { return service_->current().has_value(); }));
    }

    void personWhoIsThereBeforeTheStartKeepsTheSeat() {
        const auto early = enter(1);
        clock().advance(1h);
        begin();
        end();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*early).size());
    }

    void personWhoLeftAMomentBeforeTheStartHasASeatForAWhile() {
        const auto phone = enter(1);
        const auto gone = enter(2);
        leave(gone);
        clock().advance(10s);
        leave(phone);
        clock().advance(6s);  // so that the first is gone for longer than a seat is kept
        service_->begin("evening", clock().now(), 5s);
        CPPUNIT_ASSERT(eventually([&] { return town_->number("SELECT COUNT(*) FROM lobby_seats") == 1; }));
        clock().advance(5s);
        service_->wake();
        CPPUNIT_ASSERT(eventually([&] { return finished() == 1; }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, town_->number("SELECT MIN(user_id) FROM lobby_results"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, resultsStored());
    }

private:
    using LobbyFixture::events;

    std::unique_ptr<daemon::Scheduler> node() {
        return std::make_unique<daemon::Scheduler>(*database_, town_->host().cache(), clock(),
                                                   town_->host().log(), town_->host().metrics());
    }
    /// As the plugin registers it.
    sdk::TaskSpec spec() {
        return {.name = "event.evening",
                .schedule = sdk::Cron{"0 20 * * *", "Asia/Kolkata"},
                .scope = sdk::TaskScope::kNode,
                .missed = sdk::MissedRun::kRunOnce,
                .run = [this](const sdk::TaskRun& run) { service_->begin("evening", run.due, 5min); }};
    }
};

/// What the lobby does when something fails between two lines.
template <Backend kBackend>
class LobbyFaultsTest : public LobbyFixture {
    CPPUNIT_TEST_SUITE(LobbyFaultsTest);
    CPPUNIT_TEST(databaseAwayAtTheEndCostsNobodyTheSeat);
    CPPUNIT_TEST(resultsReachWhoIsThereWhenTheDatabaseComesBack);
    CPPUNIT_TEST(socketOpenedWhileTheDatabaseIsAwayGetsItsFramesAndItsSeat);
    CPPUNIT_TEST(coupleThatAHookRefusesDoesNotStopTheEvening);
    CPPUNIT_TEST(whoComesAfterAnotherNodeEndedItIsNotToldThatItGoesOn);
    CPPUNIT_TEST(endIsNeverToldAfterAResult);
    CPPUNIT_TEST(answeredResultIsNotedWhenTheDatabaseComesBack);
    CPPUNIT_TEST(answeredResultIsNotedBeforeTheEnd);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { open(kBackend); }

    void databaseAwayAtTheEndCostsNobodyTheSeat() {
        const auto one = enter(1);
        const auto two = enter(2);
        begin();
        clock().advance(250s);
        database_->away = true;
        service_->wake();
        clock().advance(60s);  // ten seconds after the end
        database_->away = false;
        waitUntilKept();
        clock().advance(10s);
        waitUntilKept();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, finished());  // people get the time to come back
        clock().advance(10s);
        service_->wake();
        CPPUNIT_ASSERT(results(*one)[0]["matched"].asBool());
        CPPUNIT_ASSERT(results(*two)[0]["matched"].asBool());
    }

    void resultsReachWhoIsThereWhenTheDatabaseComesBack() {
        const auto one = enter(1);
        const auto two = enter(2);
        begin();
        // Another node ends it while this one cannot look.
        database_->away = true;
        finishAsAnotherNode(1, 2);
        clock().advance(10s);
        database_->away = false;
        service_->wake();
        CPPUNIT_ASSERT(results(*one)[0]["matched"].asBool());
        CPPUNIT_ASSERT(results(*two)[0]["matched"].asBool());
    }

    void socketOpenedWhileTheDatabaseIsAwayGetsItsFramesAndItsSeat() {
        begin();
        database_->away = true;
        const auto phone = enter(1);
        CPPUNIT_ASSERT_EQUAL(std::string("event-start"), events(*phone, 1)[0]["event"].asString());
        database_->away = false;
        service_->wake();
        CPPUNIT_ASSERT(eventually([&] { return town_->number("SELECT COUNT(*) FROM lobby_seats") == 1; }));
        end();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
    }

    void coupleThatAHookRefusesDoesNotStopTheEvening() {
        matches_.vetoed = {{1, 2}, {1, 4}};
        const auto one = enter(1);
        const auto two = enter(2);
        const auto three = enter(3);
        begin();
        end();
        CPPUNIT_ASSERT(!results(*one)[0]["matched"].asBool());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, results(*two)[0]["candidate"]["id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, results(*three)[0]["candidate"]["id"].asInteger());
    }

    void whoComesAfterAnotherNodeEndedItIsNotToldThatItGoesOn() {
        begin();
        finishAsAnotherNode(3, 4);
        const auto late = enter(1);
        CPPUNIT_ASSERT_EQUAL(std::string("event-end"), events(*late, 1)[0]["event"].asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM lobby_seats"));
    }

    void endIsNeverToldAfterAResult() {
        const auto phone = enter(1);
        begin();
        end();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
        const auto other = enter(2);
        events(*other, 1);
        clock().advance(1h);
        begin();
        CPPUNIT_ASSERT_EQUAL(std::string("event-start"), events(*phone, 1)[0]["event"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("event-start"), events(*other, 1)[0]["event"].asString());
        town_->database().transaction([](sdk::Connection& connection) {
            const auto event = connection.execute("SELECT MAX(id) FROM lobby_events").integer(0, 0);
            CPPUNIT_ASSERT(lobby::lobby_store::callOff(connection, event));
        });
        service_->wake();
        CPPUNIT_ASSERT_EQUAL(std::string("event-end"), events(*other, 1)[0]["event"].asString());
        CPPUNIT_ASSERT(!results(*phone)[0]["matched"].asBool());
    }

    void answeredResultIsNotedWhenTheDatabaseComesBack() {
        const auto phone = enter(1);
        begin();
        end();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
        database_->away = true;
        phone->answer();
        service_->wake();
        database_->away = false;
        leave(phone);
        const auto again = enter(1);
        events(*again, 1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, again->sent().size());  // though the database may not know yet
        CPPUNIT_ASSERT(eventually([&] { return told() == 1; }));
    }

    void answeredResultIsNotedBeforeTheEnd() {
        const auto phone = enter(1);
        begin();
        end();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
        phone->answer();
        stopService();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, told());
    }

private:
    using LobbyFixture::events;

    std::int64_t told() {
        return town_->number("SELECT COUNT(*) FROM lobby_results WHERE told_at IS NOT NULL");
    }
    void finishAsAnotherNode(sdk::UserId one, sdk::UserId other) {
        const auto event = town_->number("SELECT MAX(id) FROM lobby_events");
        town_->database().transaction([&](sdk::Connection& connection) {
            const auto token = lobby::lobby_store::claim(connection, event, clock().now(), 1s);
            CPPUNIT_ASSERT(lobby::lobby_store::finish(connection, event, token.value()));
            lobby::lobby_store::insertResults(connection, event, {{event, one, other}, {event, other, one}},
                                              clock().now());
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LobbyBeginTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(LobbyBeginTest<Backend::kPostgresql>);
CPPUNIT_TEST_SUITE_REGISTRATION(LobbyFaultsTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(LobbyFaultsTest<Backend::kPostgresql>);

}  // namespace linkup::test
