#include <cppunit/extensions/HelperMacros.h>

#include <thread>

#include "account_service.h"
#include "match_fixture.h"
#include "reports_service.h"

namespace linkup::test {

using Ids = std::vector<sdk::UserId>;

/// What people say of others to the operators, and what follows, on both databases.
template <Backend kBackend>
class ReportsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ReportsTest);
    CPPUNIT_TEST(reportIsKeptUntilReviewed);
    CPPUNIT_TEST(oneselfAndUnknownPeopleCannotBeReported);
    CPPUNIT_TEST(reportsOfADayAreLimited);
    CPPUNIT_TEST(limitIsExactUnderConcurrency);
    CPPUNIT_TEST(enoughPeopleTakeSomeoneOutOfDiscovery);
    CPPUNIT_TEST(onePersonCannotTakeSomeoneOut);
    CPPUNIT_TEST(reportsOutsideTheWindowDoNotCount);
    CPPUNIT_TEST(reportsAtTheSameMomentAllCount);
    CPPUNIT_TEST(likesOfSomeoneTakenOutWait);
    CPPUNIT_TEST(reviewPutsBackAndStartsCountingAnew);
    CPPUNIT_TEST(zeroNeverTakesAnybodyOut);
    CPPUNIT_TEST(deletedAccountsReportsGoAndWhatTheySaidStays);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        people_ = std::make_unique<MatchTown>(kBackend);
        people_->addPerson(5);
        people_->addPerson(7);
        useRules({.per_day = 5, .withdraw_at = 3, .window = std::chrono::days(30)});
    }
    void tearDown() override {
        reports_.reset();
        people_.reset();
    }

    void reportIsKeptUntilReviewed() {
        reports_->report(1, 2, "spam", "sends links");
        tick();
        reports_->report(3, 2, "other", "rude");
        const auto reported = listed();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reported.items().size());
        const auto& person = reported.items()[0];
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, person["user_id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::string("Person 2"), person["username"].asString());
        CPPUNIT_ASSERT(!person["withdrawn"].asBool());
        const auto& newest = person["reports"].items().at(0);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, newest["reporter_id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::string("other"), newest["category"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("rude"), newest["reason"].asString());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, person["reports"].items().size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, review(2));
        CPPUNIT_ASSERT(listed().items().empty());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, review(2));
    }

    void oneselfAndUnknownPeopleCannotBeReported() {
        CPPUNIT_ASSERT_EQUAL(std::string("You cannot report yourself"),
                             messageOf([&] { reports_->report(1, 1, "spam", "x"); }));
        CPPUNIT_ASSERT_EQUAL(std::string("User not found"),
                             messageOf([&] { reports_->report(1, 99, "spam", "x"); }));
        people_->town.deletePerson(2);
        CPPUNIT_ASSERT_EQUAL(std::string("User not found"),
                             messageOf([&] { reports_->report(1, 2, "spam", "x"); }));
        CPPUNIT_ASSERT(listed().items().empty());
    }

    void reportsOfADayAreLimited() {
        useRules({.per_day = 1, .withdraw_at = 3, .window = std::chrono::days(30)});
        reports_->report(1, 2, "spam", "x");
        advance(std::chrono::hours(23));
        try {
            reports_->report(1, 4, "spam", "x");
            CPPUNIT_FAIL("the limit did not hold");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT(error.code() == sdk::ErrorCode::kTooManyRequests);
            CPPUNIT_ASSERT(error.retryAfter() == std::chrono::hours(1));
        }
        advance(std::chrono::hours(1));
        reports_->report(1, 4, "spam", "x");
    }

    void limitIsExactUnderConcurrency() {
        for (sdk::UserId id = 10; id < 40; ++id) people_->addPerson(id);
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 6; ++thread) {
            threads.emplace_back([&, thread] {
                for (sdk::UserId id = 10 + thread; id < 40; id += 6) {
                    messageOf([&] { reports_->report(1, id, "spam", "x"); });
                }
            });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, people_->town.number("SELECT COUNT(*) FROM match_reports"));
    }

    void enoughPeopleTakeSomeoneOutOfDiscovery() {
        CPPUNIT_ASSERT((people_->offered(1) == Ids{2, 4}));
        reportBy({3, 5}, 2);
        CPPUNIT_ASSERT((people_->offered(1) == Ids{2, 4}));
        reportBy({7}, 2);
        CPPUNIT_ASSERT(people_->offered(1) == Ids{4});
        CPPUNIT_ASSERT(people_->offered(3) == Ids{4});
        CPPUNIT_ASSERT(listed().items().at(0)["withdrawn"].asBool());
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, people_->offered(2).size());
    }

    void onePersonCannotTakeSomeoneOut() {
        for (int i = 0; i < 5; ++i) {
            reportBy({1}, 2);
            tick();
        }
        CPPUNIT_ASSERT((people_->offered(3) == Ids{2, 4}));
    }

    void reportsOutsideTheWindowDoNotCount() {
        reportBy({1, 3}, 2);
        advance(std::chrono::days(30));
        reportBy({5, 7}, 2);
        CPPUNIT_ASSERT((people_->offered(1) == Ids{2, 4}));
        reportBy({1}, 2);
        CPPUNIT_ASSERT(people_->offered(1) == Ids{4});
    }

    void reportsAtTheSameMomentAllCount() {
        std::vector<std::thread> threads;
        for (const sdk::UserId reporter : {1, 3, 5}) {
            threads.emplace_back([&, reporter] { reports_->report(reporter, 2, "harassment", "x"); });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, people_->town.number("SELECT COUNT(*) FROM match_reports"));
        CPPUNIT_ASSERT(people_->offered(1) == Ids{4});
    }

    void likesOfSomeoneTakenOutWait() {
        people_->offered(2);
        people_->likes.swipeRight(2, 1);
        reportBy({3, 5, 7}, 2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, people_->likes.received(1, 0)["total_count"].asInteger());
        review(2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, people_->likes.received(1, 0)["total_count"].asInteger());
    }

    void reviewPutsBackAndStartsCountingAnew() {
        reportBy({3, 5, 7}, 2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, review(2));
        CPPUNIT_ASSERT((people_->offered(1) == Ids{2, 4}));
        tick();
        reportBy({3, 5}, 2);
        CPPUNIT_ASSERT((people_->offered(1) == Ids{2, 4}));
        reportBy({7}, 2);
        CPPUNIT_ASSERT(people_->offered(1) == Ids{4});
    }

    void zeroNeverTakesAnybodyOut() {
        useRules({.per_day = 5, .withdraw_at = 0, .window = std::chrono::days(30)});
        reportBy({1, 3, 5, 7}, 2);
        CPPUNIT_ASSERT((people_->offered(1) == Ids{2, 4}));
    }

    void deletedAccountsReportsGoAndWhatTheySaidStays() {
        reportBy({3, 5, 7}, 2);
        reports_->report(2, 4, "spam", "x");
        match::AccountService accounts(people_->events);
        people_->town.database().transaction([&](sdk::Connection& c) {
            accounts.remove(c, sdk::Json::object({{"user_id", 2}}));
        });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, people_->town.number("SELECT COUNT(*) FROM match_withdrawn"));
        const auto reported = listed();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reported.items().size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, reported.items()[0]["user_id"].asInteger());
    }

private:
    void useRules(match::ReportRules rules) {
        auto& host = people_->town.host();
        reports_ = std::make_unique<match::ReportsService>(people_->town.database(), host.clock(),
                                                           people_->neighbours, rules);
    }
    void reportBy(const Ids& reporters, sdk::UserId reported) {
        for (const auto reporter : reporters) reports_->report(reporter, reported, "spam", "x");
    }
    void advance(std::chrono::microseconds time) { people_->town.host().fake_clock.advance(time); }
    void tick() { advance(std::chrono::seconds(1)); }

    sdk::Json listed() {
        sdk::Json payload = sdk::Json::object({});
        people_->town.database().transaction([&](sdk::Connection& c) { reports_->list(c, payload); });
        return payload["reported"];
    }
    std::int64_t review(sdk::UserId user) {
        sdk::Json payload = sdk::Json::object({{"user_id", user}});
        people_->town.database().transaction([&](sdk::Connection& c) { reports_->clear(c, payload); });
        return payload["cleared"].asInteger();
    }

    std::unique_ptr<MatchTown> people_;
    std::unique_ptr<match::ReportsService> reports_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReportsTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(ReportsTest<Backend::kPostgresql>);

}  // namespace linkup::test
