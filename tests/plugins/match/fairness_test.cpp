#include "fairness_service.h"

#include <cppunit/extensions/HelperMacros.h>

#include "match_fixture.h"

namespace linkup::test {

class GiniTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(GiniTest);
    CPPUNIT_TEST(isZeroIfAllAreEqual);
    CPPUNIT_TEST(nearsOneIfOneHasEverything);
    CPPUNIT_TEST(isHalfTheRelativeMeanDifference);
    CPPUNIT_TEST_SUITE_END();

public:
    void isZeroIfAllAreEqual() {
        for (const auto& numbers : std::vector<std::vector<std::int64_t>>{{}, {0, 0, 0}, {7}, {3, 3, 3, 3}}) {
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0, match::giniOf(numbers), 1e-12);
        }
    }
    void nearsOneIfOneHasEverything() {
        std::vector<std::int64_t> numbers(1000, 0);
        numbers[17] = 5;
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.999, match::giniOf(numbers), 1e-12);
    }
    void isHalfTheRelativeMeanDifference() {
        const std::vector<std::int64_t> numbers{9, 0, 4, 4, 1, 30, 2};
        double differences = 0;
        double sum = 0;
        for (const auto one : numbers) {
            sum += static_cast<double>(one);
            for (const auto other : numbers) differences += static_cast<double>(std::abs(one - other));
        }
        const auto count = static_cast<double>(numbers.size());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(differences / (2 * count * sum), match::giniOf(numbers), 1e-12);
    }
};

/// What /metrics says of discovery and likes, on both databases.
template <Backend kBackend>
class FairnessTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FairnessTest);
    CPPUNIT_TEST(nobodyMakesZeros);
    CPPUNIT_TEST(candidatesWhoWereNeverShownCount);
    CPPUNIT_TEST(sampleOfManyIsLikeAllOfThem);
    CPPUNIT_TEST(whatHappensIsCountedOnceItIsStored);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        people_ = std::make_unique<MatchTown>(kBackend);
        fairness_ = std::make_unique<match::FairnessService>(people_->town.database(),
                                                             people_->town.host().metrics());
    }
    void tearDown() override {
        fairness_.reset();
        people_.reset();
    }

    void nobodyMakesZeros() {
        for (sdk::UserId id = 1; id <= 4; ++id) people_->town.deletePerson(id);
        fairness_->measure();
        for (const char* name : {"exposure_gini", "exposure_mean", "exposure_candidates"}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, 0.0, value(name));
        }
        CPPUNIT_ASSERT_EQUAL(0.0, quantile("0.5"));
    }

    void candidatesWhoWereNeverShownCount() {
        people_->offered(1);  // shows the two men
        people_->town.addPerson(5, "Male", "Male");
        people_->town.addPerson(7, "Male", "Male");
        people_->town.deletePerson(7);
        fairness_->measure();
        CPPUNIT_ASSERT_EQUAL(5.0, value("exposure_candidates"));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.4, value("exposure_mean"), 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.6, value("exposure_gini"), 1e-12);
        CPPUNIT_ASSERT_EQUAL(0.0, quantile("0"));
        CPPUNIT_ASSERT_EQUAL(0.0, quantile("0.5"));
        CPPUNIT_ASSERT_EQUAL(1.0, quantile("0.9"));
        CPPUNIT_ASSERT_EQUAL(1.0, quantile("1"));
    }

    /// A third was never shown, a third once, a third eight times: the coefficient of all is 16/27.
    void sampleOfManyIsLikeAllOfThem() {
        people_->town.database().transaction([](sdk::Connection& connection) {
            connection.execute(
                "WITH RECURSIVE numbers (n) AS (SELECT 1001 UNION ALL SELECT n + 1 FROM numbers WHERE n < "
                "13000) "
                "INSERT INTO town_people (user_id, gender, interested_gender, deleted, hometown, sample_key) "
                "SELECT n, 'Male', 'Female', FALSE, '', n FROM numbers");
            connection.execute(
                "INSERT INTO match_exposure (user_id, times_queued) SELECT user_id, CASE user_id % 3 WHEN 1 "
                "THEN 1 "
                "ELSE 8 END FROM town_people WHERE user_id % 3 > 0");
        });
        fairness_->measure();
        CPPUNIT_ASSERT(value("exposure_candidates") > 1700);
        CPPUNIT_ASSERT(value("exposure_candidates") <= 2000);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(16.0 / 27, value("exposure_gini"), 0.05);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(3.0, value("exposure_mean"), 0.5);
        CPPUNIT_ASSERT_EQUAL(1.0, quantile("0.5"));
    }

    void whatHappensIsCountedOnceItIsStored() {
        people_->offered(1);
        people_->offered(1);
        people_->offered(2);
        CPPUNIT_ASSERT_EQUAL(4.0, value("exposures_total"));
        people_->likes.swipeRight(1, 2);
        CPPUNIT_ASSERT_EQUAL(std::string("User not in match queue"),
                             messageOf([&] { people_->likes.swipeRight(1, 2); }));
        people_->likes.swipeLeft(1, 4);
        CPPUNIT_ASSERT_EQUAL(0.0, value("matches_total"));
        people_->likes.likeBack(2, 1);
        CPPUNIT_ASSERT_EQUAL(2.0, value("likes_total"));
        CPPUNIT_ASSERT_EQUAL(1.0, value("passes_total"));
        CPPUNIT_ASSERT_EQUAL(1.0, value("matches_total"));
        people_->town.database().transaction(
            [&](sdk::Connection& connection) { people_->bonds.create(connection, 3, 4); });
        CPPUNIT_ASSERT_EQUAL(2.0, value("matches_total"));
    }

private:
    double value(const char* name) { return people_->town.host().fake_metrics.value(name); }
    double quantile(const char* part) {
        return people_->town.host().fake_metrics.value("exposure", {{"quantile", part}});
    }

    std::unique_ptr<MatchTown> people_;
    std::unique_ptr<match::FairnessService> fairness_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GiniTest);
CPPUNIT_TEST_SUITE_REGISTRATION(FairnessTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(FairnessTest<Backend::kPostgresql>);

}  // namespace linkup::test
