#include <cppunit/extensions/HelperMacros.h>

#include "match_fixture.h"

namespace linkup::test {

using Ids = std::vector<sdk::UserId>;

/// Who is put before whom, on both databases.
template <Backend kBackend>
class DiscoveryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DiscoveryTest);
    CPPUNIT_TEST(onlyPeopleWhoseWishIsMutualAreOffered);
    CPPUNIT_TEST(queueHoldsTenAndSurvivesUntilDecided);
    CPPUNIT_TEST(decidedPeopleDoNotComeBack);
    CPPUNIT_TEST(whoBecomesIneligibleLeavesTheQueue);
    CPPUNIT_TEST(handedOutCardsCanBeSwipedForADayAfterARefresh);
    CPPUNIT_TEST(leastShownPeopleComeFirst);
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
        people_->town.database().transaction(
            [](sdk::Connection& connection) { connection.execute("UPDATE match_cards SET queued = FALSE"); });
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

    void incompleteProfileIsAConflict() {
        CPPUNIT_ASSERT_EQUAL(std::string("Complete your profile first"),
                             messageOf([&] { people_->offered(99); }));
    }

private:
    std::unique_ptr<MatchTown> people_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(DiscoveryTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(DiscoveryTest<Backend::kPostgresql>);

}  // namespace linkup::test
