#include <cppunit/extensions/HelperMacros.h>

#include "lobby_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;

/// An evening from its start to the results, on both databases, by a clock that the test moves.
template <Backend kBackend>
class LobbyEventTest : public LobbyFixture {
    CPPUNIT_TEST_SUITE(LobbyEventTest);
    CPPUNIT_TEST(startReachesWhoIsThereAndLatecomers);
    CPPUNIT_TEST(beginningTwiceMakesOneEvent);
    CPPUNIT_TEST(everybodySeatedGetsOneResult);
    CPPUNIT_TEST(resultNotAnsweredIsToldOnTheNextConnection);
    CPPUNIT_TEST(answeredResultIsNotToldAgain);
    CPPUNIT_TEST(answerNotedWhileTheNextConnectionReadsIsNotForgotten);
    CPPUNIT_TEST(seatOutlivesAShortDropButNotALongOne);
    CPPUNIT_TEST(leavingWhileTheDatabaseIsAwayKeepsTheSeat);
    CPPUNIT_TEST(eventThatNobodyEndedInTimeIsCalledOff);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { open(kBackend); }

    void startReachesWhoIsThereAndLatecomers() {
        const auto early = enter(1);
        CPPUNIT_ASSERT_EQUAL(std::string("event-end"), events(*early, 1)[0]["event"].asString());
        begin();
        const auto start = events(*early, 1)[0];
        CPPUNIT_ASSERT_EQUAL(std::string("event-start"), start["event"].asString());
        const auto late = enter(2);
        CPPUNIT_ASSERT(events(*late, 1)[0]["ends_at"] == start["ends_at"]);
    }

    void beginningTwiceMakesOneEvent() {
        const auto due = clock().now();
        service_->begin("evening", due, 5min);
        service_->begin("evening", due, 5min);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, events());
    }

    void everybodySeatedGetsOneResult() {
        const auto one = enter(1);
        const auto two = enter(2);
        const auto three = enter(3);
        const auto stranger = enter(99);  // no profile, and still an answer
        begin();
        end();
        int matched = 0;
        for (const auto& device : {one, two, three, stranger}) {
            const auto result = results(*device);
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, result.size());
            if (result[0]["matched"].asBool()) ++matched;
        }
        CPPUNIT_ASSERT_EQUAL(2, matched);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, town_->number("SELECT COUNT(*) FROM lobby_results"));
    }

    void resultNotAnsweredIsToldOnTheNextConnection() {
        const auto phone = enter(1);
        begin();
        end();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
        leave(phone);
        const auto again = enter(1);
        const auto frames = events(*again, 2);
        CPPUNIT_ASSERT_EQUAL(std::string("event-end"), frames[0]["event"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("match-event"), frames[1]["event"].asString());
    }

    void answeredResultIsNotToldAgain() {
        const auto phone = enter(1);
        begin();
        end();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
        phone->answer();
        leave(phone);
        const auto again = enter(1);
        events(*again, 1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, again->sent().size());
    }

    void answerNotedWhileTheNextConnectionReadsIsNotForgotten() {
        const auto phone = enter(1);
        begin();
        end();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
        database_->away = true;
        phone->answer();
        leave(phone);
        database_->away = false;
        database_->afterMyNextRead([this] {
            service_->wake();
            CPPUNIT_ASSERT(waitFor([&] {
                return town_->number("SELECT COUNT(*) FROM lobby_results WHERE told_at IS NOT NULL") == 1;
            }));
            // The look that noted it reads the events next.
            const int before = database_->reads;
            CPPUNIT_ASSERT(waitFor([&] { return database_->reads > before; }));
        });
        const auto again = enter(1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, again->sent().size());
    }

    void seatOutlivesAShortDropButNotALongOne() {
        const auto gone = enter(1);
        const auto dropped = enter(2);
        begin();
        clock().advance(280s);
        leave(gone);  // 20 s before the end
        clock().advance(10s);
        leave(dropped);  // 10 s before the end
        clock().advance(10s);
        service_->wake();
        CPPUNIT_ASSERT(waitFor([&] { return finished() == 1; }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, town_->number("SELECT COUNT(*) FROM lobby_results"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, town_->number("SELECT MIN(user_id) FROM lobby_results"));
    }

    void leavingWhileTheDatabaseIsAwayKeepsTheSeat() {
        const auto phone = enter(1);
        begin();
        clock().advance(290s);
        database_->away = true;
        leave(phone);
        database_->away = false;
        service_->wake();
        CPPUNIT_ASSERT(waitFor([&] {
            return town_->number("SELECT MIN(present_until) FROM lobby_seats") ==
                   sdk::toMicros(clock().now() + 15s);
        }));
        clock().advance(10s);
        service_->wake();
        CPPUNIT_ASSERT(waitFor([&] { return finished() == 1; }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, resultsStored());
    }

    void eventThatNobodyEndedInTimeIsCalledOff() {
        begin();
        stopService();
        clock().advance(36min);
        startService();
        const auto phone = enter(1);
        service_->wake();
        CPPUNIT_ASSERT(waitFor([&] {
            return town_->number("SELECT COUNT(*) FROM lobby_events WHERE state = 'called_off'") == 1;
        }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM lobby_results"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LobbyEventTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(LobbyEventTest<Backend::kPostgresql>);

}  // namespace linkup::test
