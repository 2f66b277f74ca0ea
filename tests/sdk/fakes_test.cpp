// The fakes keep the promises of the interfaces that they stand for.

#include <cppunit/extensions/HelperMacros.h>

#include "linkup/sdk/testing/fake_bus.h"
#include "linkup/sdk/testing/fake_cache.h"
#include "linkup/sdk/testing/fake_clock.h"
#include "linkup/sdk/testing/null_database.h"
#include "linkup/sdk/testing/recording_log.h"

using namespace linkup::sdk;
using namespace linkup::sdk::testing;
using namespace std::chrono_literals;

namespace {

constexpr const char* kInsert = "INSERT INTO t VALUES ($1)";

class FakesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FakesTest);
    CPPUNIT_TEST(clockMovesOnlyWhenTold);
    CPPUNIT_TEST(logKeepsLines);
    CPPUNIT_TEST(cacheKeysExpire);
    CPPUNIT_TEST(countersLiveFromTheirFirstAddition);
    CPPUNIT_TEST(bucketRefillsAtItsRate);
    CPPUNIT_TEST(leaseIsHeldByOneAndFenced);
    CPPUNIT_TEST(absentCacheThrows);
    CPPUNIT_TEST(busDeliversByTopicUntilUnsubscribed);
    CPPUNIT_TEST(whatACallbackPublishesComesAfterwards);
    CPPUNIT_TEST(brokenBusLosesAndThenAnnouncesAGap);
    CPPUNIT_TEST(subscriptionMayOutliveItsBus);
    CPPUNIT_TEST(actionsRunAfterCommitOnly);
    CPPUNIT_TEST(statementsAreKeptAndAnswered);
    CPPUNIT_TEST_SUITE_END();

public:
    void clockMovesOnlyWhenTold() {
        FakeClock clock;
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-24T02:00:00.000000Z"), formatTime(clock.now()));
        const auto steady = clock.steady();
        clock.advance(90s);
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-24T02:01:30.000000Z"), formatTime(clock.now()));
        CPPUNIT_ASSERT(clock.steady() - steady == 90s);
        clock.advanceTo(*parseTime("2027-01-01T00:00:00Z"));
        CPPUNIT_ASSERT_EQUAL(std::string("2027-01-01T00:00:00.000000Z"), formatTime(clock.now()));
    }

    void logKeepsLines() {
        RecordingLog recording;
        Log& log = recording;
        log.info("started", {{"port", 8002}});
        log.error("failed");
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, recording.lines().size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, recording.count(LogLevel::kError));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{8002}, recording.lines()[0].fields["port"].asInteger());
        CPPUNIT_ASSERT(recording.mentions("8002") && !recording.mentions("secret"));
    }

    void cacheKeysExpire() {
        cache_.set("k", "v", 10s);
        clock_.advance(9999ms);
        CPPUNIT_ASSERT(cache_.get("k") == "v");
        CPPUNIT_ASSERT(!cache_.setIfAbsent("k", "w", 10s));
        clock_.advance(1ms);
        CPPUNIT_ASSERT(!cache_.get("k"));
        CPPUNIT_ASSERT(cache_.setIfAbsent("k", "w", 10s));
        cache_.remove("k");
        CPPUNIT_ASSERT(!cache_.get("k"));
    }

    void countersLiveFromTheirFirstAddition() {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, cache_.add("n", 1, 10s));
        clock_.advance(6s);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, cache_.add("n", 2, 10s));
        clock_.advance(4s);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, cache_.add("n", 1, 10s));
    }

    void bucketRefillsAtItsRate() {
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(cache_.take("b", 2.0, 3) == 0ms);
        CPPUNIT_ASSERT(cache_.take("b", 2.0, 3) == 500ms);
        CPPUNIT_ASSERT(cache_.take("b", 2.0, 3) == 500ms);  // a refusal takes nothing
        clock_.advance(499ms);
        CPPUNIT_ASSERT(cache_.take("b", 2.0, 3) == 1ms);
        clock_.advance(1ms);
        CPPUNIT_ASSERT(cache_.take("b", 2.0, 3) == 0ms);
        clock_.advance(1h);
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(cache_.take("b", 2.0, 3) == 0ms);
        CPPUNIT_ASSERT(cache_.take("b", 2.0, 3) > 0ms);
    }

    void leaseIsHeldByOneAndFenced() {
        const auto first = cache_.acquire("job", 10s);
        CPPUNIT_ASSERT(first && !cache_.acquire("job", 10s));
        clock_.advance(9s);
        CPPUNIT_ASSERT(cache_.renew(*first, 10s));
        clock_.advance(10s);
        CPPUNIT_ASSERT(!cache_.renew(*first, 10s));
        const auto second = cache_.acquire("job", 10s);
        CPPUNIT_ASSERT(second && second->token > first->token);
        cache_.release(*first);  // no longer ours to give back
        CPPUNIT_ASSERT(!cache_.acquire("job", 10s));
        cache_.release(*second);
        cache_.lose();
        CPPUNIT_ASSERT(cache_.acquire("job", 10s)->token > second->token);
    }

    void absentCacheThrows() {
        cache_.set("k", "v", 10s);
        cache_.setAvailable(false);
        CPPUNIT_ASSERT_THROW(cache_.get("k"), Error);
        CPPUNIT_ASSERT_THROW(cache_.take("b", 1, 1), Error);
        CPPUNIT_ASSERT_THROW(cache_.acquire("job", 1s), Error);
        cache_.setAvailable(true);
        CPPUNIT_ASSERT(cache_.get("k") == "v");
    }

    void busDeliversByTopicUntilUnsubscribed() {
        FakeBus bus;
        std::vector<std::string> got;
        auto subscription = bus.subscribe(
            "a", [&](std::string_view text) { got.emplace_back(text); }, [] {});
        bus.publish("a", "1");
        bus.publish("b", "2");
        bus.publishBatch("a", {"3", "4"});
        subscription.reset();
        bus.publish("a", "5");
        CPPUNIT_ASSERT(got == std::vector<std::string>({"1", "3", "4"}));
        CPPUNIT_ASSERT_EQUAL(std::size_t{5}, bus.published().size());
    }

    void whatACallbackPublishesComesAfterwards() {
        FakeBus bus;
        std::vector<std::string> seen;
        std::unique_ptr<Subscription> second;
        auto first = bus.subscribe(
            "a",
            [&](std::string_view text) {
                if (text == "1") bus.publish("a", "2");
                if (text == "2") second.reset();
            },
            [] {});
        second = bus.subscribe(
            "a", [&](std::string_view text) { seen.emplace_back(text); }, [] {});
        bus.publish("a", "1");
        bus.publish("a", "3");
        CPPUNIT_ASSERT(seen == std::vector<std::string>({"1"}));
    }

    void brokenBusLosesAndThenAnnouncesAGap() {
        FakeBus bus;
        int messages = 0;
        int gaps = 0;
        const auto subscription = bus.subscribe(
            "a", [&](std::string_view) { ++messages; }, [&] { ++gaps; });
        bus.disconnect();
        bus.publish("a", "1");
        CPPUNIT_ASSERT(!bus.connected() && bus.hasLost());
        CPPUNIT_ASSERT_EQUAL(0, messages);
        bus.reconnect();
        CPPUNIT_ASSERT_EQUAL(1, gaps);
        CPPUNIT_ASSERT(bus.connected() && !bus.hasLost());
        bus.publish("a", "2");
        CPPUNIT_ASSERT_EQUAL(1, messages);
    }

    void subscriptionMayOutliveItsBus() {
        auto bus = std::make_unique<FakeBus>();
        auto subscription = bus->subscribe(
            "a", [](std::string_view) {}, [] {});
        bus.reset();
        subscription.reset();
    }

    void actionsRunAfterCommitOnly() {
        NullDatabase database;
        std::string order;
        database.transaction([&](Connection& connection) {
            connection.afterCommit([&] { order += database.inTransaction() ? "inside" : "1"; });
            connection.afterCommit([] { throw std::runtime_error("logged"); });
            connection.afterCommit([&] { order += "2"; });
            order += "0";
        });
        CPPUNIT_ASSERT_EQUAL(std::string("012"), order);
        const auto rolled_back = [&](Connection& connection) {
            connection.afterCommit([&] { order += "never"; });
            throw Error(ErrorCode::kConflict, "no");
        };
        CPPUNIT_ASSERT_THROW(database.transaction(rolled_back), Error);
        database.failNextCommit(Error(ErrorCode::kUnavailable, "away"));
        const auto failing = [&](Connection& connection) {
            connection.afterCommit([&] { order += "never"; });
        };
        CPPUNIT_ASSERT_THROW(database.transaction(failing), Error);
        CPPUNIT_ASSERT_EQUAL(std::string("012"), order);
        CPPUNIT_ASSERT_EQUAL(1, database.commits());
        CPPUNIT_ASSERT_EQUAL(2, database.rollbacks());
        CPPUNIT_ASSERT_EQUAL(1, database.failedActions());
    }

    void statementsAreKeptAndAnswered() {
        NullDatabase database(Dialect::kPostgresql);
        const auto insert = [](Connection& connection) { connection.execute(kInsert, {std::int64_t{1}}); };
        CPPUNIT_ASSERT_THROW(database.read(insert), Error);
        database.answerWith(
            [](std::string_view, std::span<const SqlValue> values) { return Rows(1, {values[0]}, 1); });
        const auto id = transaction(database, [](Connection& connection) {
            return connection.execute(kInsert, {std::int64_t{7}}).integer(0, 0);
        });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, id);
        CPPUNIT_ASSERT(database.statements() == std::vector<std::string>({kInsert, kInsert}));
        CPPUNIT_ASSERT(database.dialect() == Dialect::kPostgresql);
    }

private:
    FakeClock clock_;
    FakeCache cache_{clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(FakesTest);

}  // namespace
