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
    CPPUNIT_TEST(whoComesIsToldHowManyWait);
    CPPUNIT_TEST(severalDevicesAreOneSeatAndAllHearTheResult);
    CPPUNIT_TEST(thirdOfTheSocketsDroppedBeforeTheEndCostsNobodyAnAnswer);
    CPPUNIT_TEST(whoWentWithoutBeforeComesFirst);
    CPPUNIT_TEST(peopleWhoMetInAnEventBeforeAreNotPairedAgain);
    CPPUNIT_TEST(tiedAndBlockedPeopleAreNotPaired);
    CPPUNIT_TEST(peopleOutOfDiscoveryAreAnsweredAndNotPaired);
    CPPUNIT_TEST(partnerWhoWasBlockedSinceIsNotShown);
    CPPUNIT_TEST(partnerWhoseAccountIsGoneIsNotShown);
    CPPUNIT_TEST(preferencesChooseAmongThoseWhoFit);
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
            CPPUNIT_ASSERT(eventually([&] {
                return town_->number("SELECT COUNT(*) FROM lobby_results WHERE told_at IS NOT NULL") == 1;
            }));
            // The look that noted it reads the events next.
            const int before = database_->reads;
            CPPUNIT_ASSERT(eventually([&] { return database_->reads > before; }));
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
        CPPUNIT_ASSERT(eventually([&] { return finished() == 1; }));
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
        CPPUNIT_ASSERT(eventually([&] {
            return town_->number("SELECT MIN(present_until) FROM lobby_seats") ==
                   sdk::toMicros(clock().now() + 15s);
        }));
        clock().advance(10s);
        service_->wake();
        CPPUNIT_ASSERT(eventually([&] { return finished() == 1; }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, resultsStored());
    }

    void eventThatNobodyEndedInTimeIsCalledOff() {
        begin();
        stopService();
        clock().advance(36min);
        startService();
        const auto phone = enter(1);
        service_->wake();
        CPPUNIT_ASSERT(eventually([&] {
            return town_->number("SELECT COUNT(*) FROM lobby_events WHERE state = 'called_off'") == 1;
        }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM lobby_results"));
    }

    void whoComesIsToldHowManyWait() {
        const auto early = enter(1);
        CPPUNIT_ASSERT(events(*early, 1)[0]["waiting"].isNull());
        begin();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, events(*early, 1)[0]["waiting"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, events(*enter(2), 1)[0]["waiting"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, events(*enter(2), 1)[0]["waiting"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, events(*enter(3), 1)[0]["waiting"].asInteger());
    }

    void severalDevicesAreOneSeatAndAllHearTheResult() {
        const auto phone = enter(1);
        const auto tablet = enter(1);
        const auto partner = enter(2);
        begin();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, town_->number("SELECT COUNT(*) FROM lobby_seats"));
        leave(tablet);
        const auto laptop = enter(1);
        end();
        for (const auto& device : {phone, laptop}) {
            const auto its_results = results(*device);
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, its_results.size());
            CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, its_results[0]["candidate"]["id"].asInteger());
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, resultsStored());
    }

    void thirdOfTheSocketsDroppedBeforeTheEndCostsNobodyAnAnswer() {
        constexpr sdk::UserId kPeople = 20;
        std::vector<Device> devices(1);
        for (sdk::UserId id = 1; id <= kPeople; ++id) {
            if (id > 4)
                town_->addPerson(id, id % 2 != 0 ? "Female" : "Male", id % 2 != 0 ? "Male" : "Female");
            devices.push_back(enter(id));
        }
        begin();
        clock().advance(297s);
        waitUntilKept();
        for (sdk::UserId id = 1; id <= 6; ++id) leave(devices[static_cast<std::size_t>(id)]);
        for (sdk::UserId id = 1; id <= 3; ++id) devices[static_cast<std::size_t>(id)] = enter(id);
        clock().advance(3s);
        service_->wake();
        CPPUNIT_ASSERT(eventually([&] { return finished() == 1; }));
        for (sdk::UserId id = 4; id <= 6; ++id) devices[static_cast<std::size_t>(id)] = enter(id);
        for (std::size_t i = 1; i < devices.size(); ++i) {
            const auto its_results = results(*devices[i]);
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, its_results.size());
            CPPUNIT_ASSERT(its_results[0]["matched"].asBool());
        }
        CPPUNIT_ASSERT_EQUAL(kPeople, resultsStored());
    }

    /// Three women and a new man each evening: after three, each has met one.
    void whoWentWithoutBeforeComesFirst() {
        town_->addPerson(5, "Female", "Male");
        town_->addPerson(6, "Male", "Female");
        const std::vector<Device> women = {enter(1), enter(3), enter(5)};
        std::int64_t evenings = 0;
        for (const sdk::UserId man : {2, 4, 6}) {
            const auto his = enter(man);
            begin();
            end(++evenings);
            CPPUNIT_ASSERT(results(*his)[0]["matched"].asBool());
            leave(his);
            clock().advance(1h);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3},
                             town_->number("SELECT COUNT(DISTINCT partner_id) FROM lobby_results WHERE "
                                           "user_id IN (2, 4, 6)"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, town_->number("SELECT MAX(misses) FROM lobby_results"));
    }

    void peopleWhoMetInAnEventBeforeAreNotPairedAgain() {
        const auto one = enter(1);
        const auto two = enter(2);
        begin();
        end(1);
        CPPUNIT_ASSERT(results(*one)[0]["matched"].asBool());
        clock().advance(1h);
        begin();
        end(2);
        CPPUNIT_ASSERT(!results(*one)[0]["matched"].asBool());
    }

    void tiedAndBlockedPeopleAreNotPaired() {
        town_->database().transaction([](sdk::Connection& connection) {
            connection.execute("INSERT INTO match_bonds_v1 (low_id, high_id) VALUES (1, 2)");
            connection.execute("INSERT INTO match_blocks_v1 (blocker_id, blocked_id) VALUES (4, 1), (3, 2)");
        });
        const auto one = enter(1);
        const auto two = enter(2);
        const auto three = enter(3);
        const auto four = enter(4);
        begin();
        end();
        CPPUNIT_ASSERT(!results(*one)[0]["matched"].asBool());
        CPPUNIT_ASSERT(!results(*two)[0]["matched"].asBool());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, results(*three)[0]["candidate"]["id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, results(*four)[0]["candidate"]["id"].asInteger());
    }

    void peopleOutOfDiscoveryAreAnsweredAndNotPaired() {
        run("INSERT INTO match_withdrawn_v1 (user_id) VALUES (1)");
        const auto one = enter(1);
        const auto two = enter(2);
        begin();
        end();
        CPPUNIT_ASSERT(!results(*one)[0]["matched"].asBool());
        CPPUNIT_ASSERT(!results(*two)[0]["matched"].asBool());
    }

    void partnerWhoWasBlockedSinceIsNotShown() {
        CPPUNIT_ASSERT(!matchedAfter("INSERT INTO match_blocks_v1 (blocker_id, blocked_id) VALUES (2, 1)"));
    }

    void partnerWhoseAccountIsGoneIsNotShown() {
        CPPUNIT_ASSERT(!matchedAfter("UPDATE town_people SET deleted = TRUE WHERE user_id = 2"));
    }

    void preferencesChooseAmongThoseWhoFit() {
        town_->database().transaction([](sdk::Connection& connection) {
            connection.execute("UPDATE town_people SET height = 150 + user_id");
            connection.execute("UPDATE town_people SET wished_height = 155 - user_id");  // 1 and 4, 2 and 3
        });
        std::vector<Device> devices;
        for (sdk::UserId id = 1; id <= 4; ++id) devices.push_back(enter(id));
        begin();
        end();
        for (std::int64_t i = 0; i < 4; ++i) {
            const auto result = results(*devices[static_cast<std::size_t>(i)])[0];
            CPPUNIT_ASSERT_EQUAL(4 - i, result["candidate"]["id"].asInteger());
        }
    }

private:
    void run(std::string_view sql) {
        town_->database().transaction([sql](sdk::Connection& connection) { connection.execute(sql); });
    }

    /// One and two are paired, and one is told when this has happened.
    bool matchedAfter(std::string_view sql) {
        const auto one = enter(1);
        const auto two = enter(2);
        begin();
        clock().advance(std::chrono::seconds(290));
        waitUntilKept();
        leave(one);
        clock().advance(std::chrono::seconds(10));
        service_->wake();
        CPPUNIT_ASSERT(results(*two)[0]["matched"].asBool());
        run(sql);
        return results(*enter(1))[0]["matched"].asBool();
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LobbyEventTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(LobbyEventTest<Backend::kPostgresql>);

}  // namespace linkup::test
