#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <set>

#include "match_fixture.h"

namespace linkup::test {

using Ids = std::vector<sdk::UserId>;

/// Who is put before whom, on both databases.
template <Backend kBackend>
class DiscoveryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DiscoveryTest);
    CPPUNIT_TEST(onlyPeopleWhoseWishIsMutualAreOffered);
    CPPUNIT_TEST(queueHoldsTenAndSurvivesUntilDecided);
    CPPUNIT_TEST(fullQueueIsHandedOutAgainWithoutWriting);
    CPPUNIT_TEST(whoBecomesIneligibleLeavesAFullQueueToo);
    CPPUNIT_TEST(distanceFilterHoldsForAFullQueueToo);
    CPPUNIT_TEST(changedWishesMakeAFullQueueAnew);
    CPPUNIT_TEST(severalWhoAskAtOnceGetTheirOwn);
    CPPUNIT_TEST(decidedPeopleDoNotComeBack);
    CPPUNIT_TEST(whoBecomesIneligibleLeavesTheQueue);
    CPPUNIT_TEST(handedOutCardsCanBeSwipedForADayAfterARefresh);
    CPPUNIT_TEST(leastShownPeopleComeFirst);
    CPPUNIT_TEST(everybodyIsReachedThroughSamples);
    CPPUNIT_TEST(bestFitsComeFirst);
    CPPUNIT_TEST(distanceIsInWholeKilometresAndPositionsStayHere);
    CPPUNIT_TEST(distanceFilterIsHard);
    CPPUNIT_TEST(distanceFilterHoldsAtHandOutToo);
    CPPUNIT_TEST(whereNothingIsKnownNobodyIsWithin);
    CPPUNIT_TEST(deviceCountsBeforeHometown);
    CPPUNIT_TEST(changedHometownIsLookedUp);
    CPPUNIT_TEST(incompleteProfileIsAConflict);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { people_ = std::make_unique<MatchTown>(kBackend); }
    void tearDown() override { people_.reset(); }

    void onlyPeopleWhoseWishIsMutualAreOffered() {
        people_->town.addPerson(6, "Male", "Male");
        CPPUNIT_ASSERT((people_->offered(1) == Ids{2, 4}));
        CPPUNIT_ASSERT((people_->offered(2) == Ids{1, 3}));
        CPPUNIT_ASSERT(people_->offered(6).empty());
    }

    void queueHoldsTenAndSurvivesUntilDecided() {
        for (sdk::UserId id = 10; id < 60; ++id) people_->addPerson(id);
        const auto first = people_->offered(1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, first.size());
        CPPUNIT_ASSERT(people_->offered(1) == first);
    }

    void fullQueueIsHandedOutAgainWithoutWriting() {
        for (sdk::UserId id = 10; id < 60; ++id) people_->addPerson(id);
        const auto first = people_->discovery.candidates(1, match::Queue::kKeep);
        const auto locks = [&] {
            return people_->town.number("SELECT decisions FROM match_members WHERE user_id = 1");
        };
        const auto before = locks();
        people_->likes.swipeLeft(3, people_->offered(3).front());
        const auto second = people_->discovery.candidates(1, match::Queue::kKeep);
        CPPUNIT_ASSERT_EQUAL(before, locks());
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, second["matches"].items().size());
        CPPUNIT_ASSERT_EQUAL(first["preferences_set"].asBool(), second["preferences_set"].asBool());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, second["swipes_remaining"].asInteger());
    }

    void whoBecomesIneligibleLeavesAFullQueueToo() {
        for (sdk::UserId id = 10; id < 60; ++id) people_->addPerson(id);
        const auto queue = people_->offered(1);
        people_->town.deletePerson(queue[0]);
        people_->bonds.block(queue[1], 1);
        people_->bonds.block(1, queue[2]);
        const auto gone = [&](std::size_t nth) {
            const auto now = people_->offered(1);
            CPPUNIT_ASSERT_EQUAL(std::size_t{10}, now.size());
            for (std::size_t i = 0; i <= nth; ++i) {
                CPPUNIT_ASSERT(std::find(now.begin(), now.end(), queue[i]) == now.end());
            }
        };
        const auto change = [&](std::string_view sql, std::size_t nth) {
            people_->town.database().transaction(
                [&](sdk::Connection& connection) { connection.execute(sql, {queue[nth]}); });
            gone(nth);
        };
        change("UPDATE town_people SET interested_gender = 'Male' WHERE user_id = $1", 3);
        change("UPDATE town_people SET gender = 'Female' WHERE user_id = $1", 4);
        change("INSERT INTO match_withdrawn (user_id, withdrawn_at) VALUES ($1, 1)", 5);
        people_->town.database().transaction(
            [&](sdk::Connection& connection) { people_->bonds.create(connection, queue[6], 1); });
        gone(6);
        people_->likes.swipeLeft(1, queue[7]);
        gone(7);
        people_->offered(queue[8]);
        people_->likes.swipeRight(1, queue[8]);
        people_->likes.likeBack(queue[8], 1);
        gone(8);
    }

    void distanceFilterHoldsForAFullQueueToo() {
        for (sdk::UserId id = 10; id < 60; ++id) people_->addPerson(id);
        for (sdk::UserId id = 1; id < 60; id = id < 4 ? id + 1 : std::max<sdk::UserId>(10, id + 1)) {
            moveTo(id, 13.35, 74.79);
        }
        people_->town.setMaxDistance(1, 300);
        const auto queue = people_->offered(1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, queue.size());
        moveTo(queue.front(), 48.85, 2.35);
        const auto now = people_->offered(1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, now.size());
        CPPUNIT_ASSERT(std::find(now.begin(), now.end(), queue.front()) == now.end());
    }

    void changedWishesMakeAFullQueueAnew() {
        for (sdk::UserId id = 10; id < 60; ++id) people_->addPerson(id);
        const auto queue = people_->offered(1);
        people_->town.database().transaction([&](sdk::Connection& connection) {
            // As plugin auth does it: those who are not in the queue have what is wished for now.
            connection.execute("UPDATE town_people SET height = 180");
            for (const auto id : queue) {
                connection.execute("UPDATE town_people SET height = 160 WHERE user_id = $1", {id});
            }
            connection.execute("UPDATE town_people SET wished_height = 180 WHERE user_id = 1");
            match::DiscoveryService::wishesMayHaveChanged(connection, 1);
        });
        const auto now = people_->offered(1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, now.size());
        for (const auto id : queue) CPPUNIT_ASSERT(std::find(now.begin(), now.end(), id) == now.end());
    }

    /// Some have a full queue, and one of those twice; some have none, or want a new one, or may have none.
    void severalWhoAskAtOnceGetTheirOwn() {
        for (sdk::UserId id = 10; id < 60; ++id) people_->addPerson(id);
        std::map<sdk::UserId, Ids> queues;
        for (const sdk::UserId id : {1, 2, 3, 4}) queues[id] = people_->offered(id);
        using Wanted = match::DiscoveryService::Wanted;
        const std::vector<Wanted> wanted = {{1}, {2}, {99}, {1}, {11}, {3, match::Queue::kRefresh}, {4}};
        const auto answers = people_->discovery.candidates(wanted);
        CPPUNIT_ASSERT_EQUAL(wanted.size(), answers.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const auto user = wanted[i].user;
            if (user == 99) {
                CPPUNIT_ASSERT(!answers[i].reply);
                CPPUNIT_ASSERT_EQUAL(std::string("Complete your profile first"),
                                     std::string(answers[i].error.value().what()));
                continue;
            }
            Ids ids;
            for (const auto& one : answers[i].reply.value().at("matches").items()) {
                ids.push_back(one.at("id").asInteger());
                CPPUNIT_ASSERT(ids.back() % 2 != user % 2);
            }
            std::sort(ids.begin(), ids.end());
            CPPUNIT_ASSERT_EQUAL(std::size_t{10}, ids.size());
            if (user <= 4 && user != 3) CPPUNIT_ASSERT(ids == queues[user]);
        }
    }

    void decidedPeopleDoNotComeBack() {
        people_->offered(1);
        people_->likes.swipeLeft(1, 2);
        CPPUNIT_ASSERT(people_->offered(1) == Ids{4});
        CPPUNIT_ASSERT(people_->offered(1, match::Queue::kRefresh) == Ids{4});
    }

    void whoBecomesIneligibleLeavesTheQueue() {
        people_->offered(1);
        people_->town.deletePerson(2);
        people_->bonds.block(4, 1);
        CPPUNIT_ASSERT(people_->offered(1).empty());
    }

    void handedOutCardsCanBeSwipedForADayAfterARefresh() {
        people_->offered(1);
        people_->town.host().fake_clock.advance(std::chrono::hours(30));
        people_->town.setMaxDistance(1, 5);  // nobody is known to be as near
        CPPUNIT_ASSERT(people_->offered(1, match::Queue::kRefresh).empty());
        people_->town.host().fake_clock.advance(std::chrono::hours(23));
        people_->likes.swipeRight(1, 2);
        people_->town.host().fake_clock.advance(std::chrono::hours(2));
        CPPUNIT_ASSERT_EQUAL(std::string("User not in match queue"),
                             messageOf([&] { people_->likes.swipeRight(1, 4); }));
    }

    void leastShownPeopleComeFirst() {
        for (sdk::UserId id = 10; id <= 40; id += 2) people_->addPerson(id);  // 18 men in all
        const auto first = people_->offered(1);
        const auto second = people_->offered(3);
        std::size_t shown_twice = 0;
        for (const auto id : second) {
            if (std::find(first.begin(), first.end(), id) != first.end()) ++shown_twice;
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, shown_twice);
    }

    void everybodyIsReachedThroughSamples() {
        people_ = std::make_unique<MatchTown>(kBackend, 10, 10);
        std::set<sdk::UserId> met;
        for (sdk::UserId id = 10; id < 70; id += 2) people_->addPerson(id);  // 32 men in all
        for (int turn = 0; turn < 4; ++turn) {
            const auto shown = people_->offered(1);
            met.insert(shown.begin(), shown.end());
            for (const auto id : shown) people_->likes.swipeLeft(1, id);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{32}, met.size());
        CPPUNIT_ASSERT(people_->offered(1).empty());
    }

    void bestFitsComeFirst() {
        for (sdk::UserId id = 10; id < 60; id += 2) people_->addPerson(id);
        people_->town.database().transaction([](sdk::Connection& connection) {
            connection.execute("UPDATE town_people SET height = 180 WHERE user_id IN (12, 58)");
            connection.execute("UPDATE town_people SET wished_height = 180 WHERE user_id = 1");
        });
        const auto first = people_->offered(1);
        for (const sdk::UserId fit : {12, 58}) {
            CPPUNIT_ASSERT(std::find(first.begin(), first.end(), fit) != first.end());
        }
    }

    void distanceIsInWholeKilometresAndPositionsStayHere() {
        people_->town.setHometown(1, "Manipal, Karnataka");
        people_->town.setHometown(2, "Bangalore");
        people_->offered(2);
        const auto reply = people_->discovery.candidates(1, match::Queue::kKeep);
        for (const auto& candidate : reply["matches"].items()) {
            if (candidate["id"].asInteger() == 4) {
                CPPUNIT_ASSERT(candidate.contains("distance_km") && candidate["distance_km"].isNull());
                continue;
            }
            CPPUNIT_ASSERT_EQUAL(std::int64_t{307}, candidate["distance_km"].asInteger());
        }
        for (const char* word : {"latitude", "longitude", "12.9", "74."}) {
            CPPUNIT_ASSERT_MESSAGE(reply.dump(), reply.dump().find(word) == std::string::npos);
        }
    }

    void distanceFilterIsHard() {
        moveTo(1, 13.35, 74.79);
        moveTo(2, 13.34, 74.75);
        moveTo(4, 12.97, 77.59);
        people_->town.setMaxDistance(1, 300);
        CPPUNIT_ASSERT(people_->offered(1) == Ids{2});
        people_->town.setMaxDistance(1, 310);
        CPPUNIT_ASSERT((people_->offered(1) == Ids{2, 4}));
        CPPUNIT_ASSERT((people_->offered(4) == Ids{1, 3}));
    }

    void distanceFilterHoldsAtHandOutToo() {
        moveTo(1, 0, 179.99);
        moveTo(2, 0, -179.99);
        people_->town.setMaxDistance(1, 5);
        CPPUNIT_ASSERT(people_->offered(1) == Ids{2});
        moveTo(2, 1, -179.99);
        CPPUNIT_ASSERT(people_->offered(1).empty());
        moveTo(2, 0, -179.99);
        CPPUNIT_ASSERT(people_->offered(1) == Ids{2});
        moveTo(1, -89.99, 0);
        CPPUNIT_ASSERT(people_->offered(1).empty());
    }

    void whereNothingIsKnownNobodyIsWithin() {
        moveTo(2, 13.34, 74.75);
        people_->town.setMaxDistance(1, 20'000);
        CPPUNIT_ASSERT(people_->offered(1).empty());
        moveTo(1, 13.35, 74.79);
        CPPUNIT_ASSERT(people_->offered(1) == Ids{2});
    }

    void deviceCountsBeforeHometown() {
        people_->town.setHometown(1, "Delhi");
        moveTo(1, 13.351234, 74.789876);
        moveTo(2, 13.35, 74.79);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, distanceTo(2));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1335},
                             people_->town.number("SELECT device_latitude FROM match_positions "
                                                  "WHERE user_id = 1"));
        people_->locations.forgetDevice(1);
        CPPUNIT_ASSERT(distanceTo(2) > 1600);
    }

    void changedHometownIsLookedUp() {
        people_->town.setHometown(1, "Delhi");
        people_->town.setHometown(2, "New Delhi, India");
        people_->offered(2);
        CPPUNIT_ASSERT(distanceTo(2) < 5);
        people_->town.setHometown(2, "Paris, France");
        people_->town.database().transaction(
            [&](sdk::Connection& connection) { people_->locations.profileChanged(connection, 2); });
        CPPUNIT_ASSERT(distanceTo(2) > 6000);
    }

    void incompleteProfileIsAConflict() {
        CPPUNIT_ASSERT_EQUAL(std::string("Complete your profile first"),
                             messageOf([&] { people_->offered(99); }));
    }

private:
    void moveTo(sdk::UserId user, double latitude, double longitude) {
        people_->locations.setDevice(user, latitude, longitude);
    }
    /// Of user 1.
    std::int64_t distanceTo(sdk::UserId other) {
        const auto reply = people_->discovery.candidates(1, match::Queue::kKeep);
        for (const auto& candidate : reply["matches"].items()) {
            if (candidate["id"].asInteger() == other) return candidate["distance_km"].asInteger();
        }
        return -1;
    }

    std::unique_ptr<MatchTown> people_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(DiscoveryTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(DiscoveryTest<Backend::kPostgresql>);

}  // namespace linkup::test
