// What the scheduler promises, run against SQLite and PostgreSQL. Several schedulers on one database are
// several nodes.

#include <thread>

#include "scheduler_fixture.h"

using namespace linkup;
using namespace std::chrono_literals;
using daemon::Scheduler;
using sdk::Cron;
using sdk::Every;
using sdk::MissedRun;
using sdk::TaskRun;
using sdk::TaskScope;

namespace {

class SchedulerTest : public test::SchedulerFixture {
    CPPUNIT_TEST_SUITE(SchedulerTest);
    CPPUNIT_TEST(intervalRunsOnceForEachDueTime);
    CPPUNIT_TEST(cronRunsInItsZone);
    CPPUNIT_TEST(twoNodesTogetherRunEachDueTimeOnce);
    CPPUNIT_TEST(fourNodesRacingRunEachDueTimeOnce);
    CPPUNIT_TEST(restartDoesNotRepeat);
    CPPUNIT_TEST(missedRunIsSkipped);
    CPPUNIT_TEST(missedRunIsMadeUpForOnce);
    CPPUNIT_TEST(taskSeenForTheFirstTimeHasMissedNothing);
    CPPUNIT_TEST(taskOfTheNodeRunsOnEachWithoutCacheOrDatabase);
    CPPUNIT_TEST(taskOfTheNodeRunsAgainWhatWasDueBeforeTheStart);
    CPPUNIT_TEST(whatATaskThrowsIsLoggedAndTheScheduleGoesOn);
    CPPUNIT_TEST(dueTimeOfADeadNodesLeaseIsTakenOver);
    CPPUNIT_TEST(leaseIsKeptWhileRunningAndThenGivenBack);
    CPPUNIT_TEST(lostLeaseIsLogged);
    CPPUNIT_TEST(cacheAwayDelaysTheRunAndIsLoggedOnce);
    CPPUNIT_TEST(lostCacheNeitherRepeatsNorLowersTheToken);
    CPPUNIT_TEST(taskCanRemoveItself);
    CPPUNIT_TEST(wrongTasksAreRefused);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

private:
    void intervalRunsOnceForEachDueTime() {
        advanceTo("2026-11-24T02:00:30Z");
        const auto scheduler = node();
        const auto registration = scheduler->add("plug", task());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, scheduler->tick());
        for (int i = 0; i < 12; ++i) {
            clock_->advance(15s);
            scheduler->tick();
        }
        assertDue({"2026-11-24T02:01:00", "2026-11-24T02:02:00", "2026-11-24T02:03:00"});
        CPPUNIT_ASSERT_EQUAL(3.0, metrics_.value("task_runs_total", {{"task", "plug.job"}}));
    }

    void cronRunsInItsZone() {
        advanceTo("2026-03-28T12:00:00Z");
        const auto scheduler = node();
        const auto registration = scheduler->add("plug", task(Cron{"0 20 * * *", "Europe/Berlin"}));
        for (int i = 0; i < 48 * 60; ++i) {
            clock_->advance(1min);
            scheduler->tick();
        }
        assertDue({"2026-03-28T19:00:00", "2026-03-29T18:00:00"});
    }

    void twoNodesTogetherRunEachDueTimeOnce() {
        const auto one = node();
        const auto two = node();
        const auto first = one->add("plug", task());
        const auto second = two->add("plug", task());
        for (int i = 0; i < 20; ++i) {
            clock_->advance(30s);
            (i % 3 ? one : two)->tick();
            (i % 3 ? two : one)->tick();
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, diary_->size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, diary_->dueTimes().size());
    }

    void fourNodesRacingRunEachDueTimeOnce() {
        std::vector<std::unique_ptr<Scheduler>> nodes;
        std::vector<std::unique_ptr<daemon::TaskRegistration>> registrations;
        for (int i = 0; i < 4; ++i) {
            nodes.push_back(node());
            registrations.push_back(nodes.back()->add("plug", task()));
        }
        for (std::size_t round = 1; round <= 15; ++round) {
            clock_->advance(1min);
            std::vector<std::thread> threads;
            for (auto& one : nodes) threads.emplace_back([&] { one->tick(); });
            for (auto& thread : threads) thread.join();
            CPPUNIT_ASSERT_EQUAL(round, diary_->size());
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{15}, diary_->dueTimes().size());
        std::int64_t token = 0;
        for (const auto& run : diary_->runs()) {
            CPPUNIT_ASSERT(run.fencing_token > token);
            token = run.fencing_token;
        }
    }

    void restartDoesNotRepeat() {
        for (const auto missed : {MissedRun::kSkip, MissedRun::kRunOnce}) {
            diary_ = std::make_unique<test::Diary>();
            for (int restart = 0; restart < 3; ++restart) {
                const auto scheduler = node();
                const auto registration = scheduler->add("plug", task(Every{1h}, missed));
                if (restart == 0) clock_->advance(1h);
                scheduler->tick();
                scheduler->tick();
            }
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, diary_->size());
        }
    }

    /// A node that has run at 03:00, is down until three days later, and is up for two more hours.
    void runBeforeAndAfterAnOutage(MissedRun missed) {
        {
            const auto scheduler = node();
            const auto registration = scheduler->add("plug", task(Every{1h}, missed));
            scheduler->tick();
            advanceTo("2026-11-24T03:00:00Z");
            scheduler->tick();
        }
        advanceTo("2026-11-27T12:30:00Z");
        const auto scheduler = node();
        const auto registration = scheduler->add("plug", task(Every{1h}, missed));
        for (int i = 0; i < 4; ++i) {
            scheduler->tick();
            clock_->advance(30min);
        }
    }
    void missedRunIsSkipped() {
        runBeforeAndAfterAnOutage(MissedRun::kSkip);
        assertDue({"2026-11-24T03:00:00", "2026-11-27T13:00:00", "2026-11-27T14:00:00"});
    }
    void missedRunIsMadeUpForOnce() {
        runBeforeAndAfterAnOutage(MissedRun::kRunOnce);
        assertDue(
            {"2026-11-24T03:00:00", "2026-11-27T12:00:00", "2026-11-27T13:00:00", "2026-11-27T14:00:00"});
    }

    void taskSeenForTheFirstTimeHasMissedNothing() {
        advanceTo("2026-11-24T02:30:00Z");
        {
            const auto scheduler = node();
            const auto registration = scheduler->add("plug", task(Every{1h}, MissedRun::kRunOnce));
            scheduler->tick();
            scheduler->tick();
            CPPUNIT_ASSERT_EQUAL(std::size_t{0}, diary_->size());
        }
        // But from then on it is remembered, though it has not run yet.
        advanceTo("2026-11-24T03:30:00Z");
        const auto scheduler = node();
        const auto registration = scheduler->add("plug", task(Every{1h}, MissedRun::kRunOnce));
        scheduler->tick();
        scheduler->tick();
        assertDue({"2026-11-24T03:00:00"});
    }

    void taskOfTheNodeRunsOnEachWithoutCacheOrDatabase() {
        cache_->setAvailable(false);
        advanceTo("2026-11-24T02:00:10Z");
        const auto one = node();
        const auto two = node();
        const auto first = one->add("plug", task(Every{1min}, MissedRun::kSkip, TaskScope::kNode));
        const auto second = two->add("plug", task(Every{1min}, MissedRun::kSkip, TaskScope::kNode));
        clock_->advance(59s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, one->tick());
        clock_->advance(1s);
        one->tick();
        two->tick();
        assertDue({"2026-11-24T02:01:10", "2026-11-24T02:01:10"});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, diary_->runs()[0].fencing_token);
        database_->read([](sdk::Connection& connection) {
            CPPUNIT_ASSERT(connection.execute("SELECT name FROM linkup_task_runs").empty());
        });
    }

    void taskOfTheNodeRunsAgainWhatWasDueBeforeTheStart() {
        const auto spec = task(Cron{"0 * * * *"}, MissedRun::kRunOnce, TaskScope::kNode);
        advanceTo("2026-11-24T02:30:00Z");
        for (int start = 0; start < 2; ++start) {
            const auto scheduler = node();
            const auto registration = scheduler->add("plug", spec);
            scheduler->tick();
            scheduler->tick();
        }
        assertDue({"2026-11-24T02:00:00", "2026-11-24T02:00:00"});
    }

    void whatATaskThrowsIsLoggedAndTheScheduleGoesOn() {
        const auto scheduler = node();
        auto spec = task();
        int calls = 0;
        spec.run = [&](const TaskRun&) {
            if (++calls == 1) throw std::runtime_error("out of seats");
            if (calls == 2) throw 42;
        };
        const auto registration = scheduler->add("plug", spec);
        for (int i = 0; i < 3; ++i) {
            clock_->advance(1min);
            scheduler->tick();
        }
        CPPUNIT_ASSERT_EQUAL(3, calls);
        CPPUNIT_ASSERT_EQUAL(2.0, metrics_.value("task_failures_total", {{"task", "plug.job"}}));
        CPPUNIT_ASSERT(log_->mentions("out of seats"));
        CPPUNIT_ASSERT(log_->mentions("plug.job"));
    }

    void dueTimeOfADeadNodesLeaseIsTakenOver() {
        const auto dead = cache_->acquire("task/plug/job", 30s + 1min);
        const auto scheduler = node();
        const auto registration = scheduler->add("plug", task(Every{1min}));
        clock_->advance(1min);
        for (int i = 0; i < 14; ++i) {
            scheduler->tick();
            clock_->advance(2s);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, diary_->size());
        clock_->advance(4s);
        scheduler->tick();
        assertDue({"2026-11-24T02:01:00"});
        CPPUNIT_ASSERT(diary_->runs()[0].fencing_token > dead->token);
    }

    void leaseIsKeptWhileRunningAndThenGivenBack() {
        const auto scheduler = node();
        auto spec = task();
        bool free_while_running = false;
        spec.run = [&](const TaskRun&) {
            for (int i = 0; i < 10; ++i) {
                clock_->advance(11s);
                scheduler->tick();
            }
            free_while_running = cache_->acquire("task/plug/job", 1s).has_value();
        };
        const auto registration = scheduler->add("plug", spec);
        clock_->advance(1min);
        scheduler->tick();
        CPPUNIT_ASSERT(!free_while_running);
        CPPUNIT_ASSERT(cache_->acquire("task/plug/job", 1s).has_value());
    }

    void lostLeaseIsLogged() {
        const auto scheduler = node();
        auto spec = task();
        spec.run = [&](const TaskRun&) {
            cache_->lose();
            clock_->advance(11s);
            scheduler->tick();
        };
        const auto registration = scheduler->add("plug", spec);
        clock_->advance(1min);
        scheduler->tick();
        CPPUNIT_ASSERT(log_->mentions("lost its lease"));
    }

    void cacheAwayDelaysTheRunAndIsLoggedOnce() {
        const auto scheduler = node();
        const auto registration = scheduler->add("plug", task());
        cache_->setAvailable(false);
        clock_->advance(1min);
        for (int i = 0; i < 5; ++i) {
            scheduler->tick();
            clock_->advance(2s);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, diary_->size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log_->count(sdk::LogLevel::kWarning));
        cache_->setAvailable(true);
        scheduler->tick();
        assertDue({"2026-11-24T02:01:00"});
    }

    void lostCacheNeitherRepeatsNorLowersTheToken() {
        {
            const auto scheduler = node();
            const auto registration = scheduler->add("plug", task());
            cache_->acquire("other", 1s);
            for (int i = 0; i < 3; ++i) {
                clock_->advance(1min);
                scheduler->tick();
            }
        }
        cache_ = std::make_unique<sdk::testing::FakeCache>(*clock_);  // its tokens begin at 1 again
        const auto scheduler = node();
        const auto registration = scheduler->add("plug", task());
        scheduler->tick();
        clock_->advance(1min);
        scheduler->tick();
        assertDue(
            {"2026-11-24T02:01:00", "2026-11-24T02:02:00", "2026-11-24T02:03:00", "2026-11-24T02:04:00"});
        CPPUNIT_ASSERT(diary_->runs()[3].fencing_token > diary_->runs()[2].fencing_token);
    }

    void taskCanRemoveItself() {
        const auto scheduler = node();
        auto spec = task();
        std::unique_ptr<daemon::TaskRegistration> registration;
        int calls = 0;
        spec.run = [&](const TaskRun&) {
            ++calls;
            registration.reset();
        };
        registration = scheduler->add("plug", spec);
        clock_->advance(1min);
        scheduler->tick();
        clock_->advance(1min);
        scheduler->tick();
        CPPUNIT_ASSERT_EQUAL(1, calls);
    }

    void wrongTasksAreRefused() {
        const auto scheduler = node();
        const auto codeOf = [&](const sdk::TaskSpec& spec) {
            return test::codeOf([&] { const auto registration = scheduler->add("plug", spec); });
        };
        using sdk::ErrorCode;
        CPPUNIT_ASSERT(codeOf(task(Every{0ms})) == ErrorCode::kInvalidArgument);
        CPPUNIT_ASSERT(codeOf(task(Every{-5ms})) == ErrorCode::kInvalidArgument);
        CPPUNIT_ASSERT(codeOf(task(Cron{"* * *", "UTC"})) == ErrorCode::kInvalidArgument);
        auto nameless = task();
        nameless.name.clear();
        CPPUNIT_ASSERT(codeOf(nameless) == ErrorCode::kInvalidArgument);
        auto empty = task();
        empty.run = nullptr;
        CPPUNIT_ASSERT(codeOf(empty) == ErrorCode::kInvalidArgument);
        const auto registration = scheduler->add("plug", task());
        CPPUNIT_ASSERT(codeOf(task()) == ErrorCode::kConflict);
        const auto other = scheduler->add("other", task());
    }
};

class SchedulerOnSqliteTest : public SchedulerTest {
    CPPUNIT_TEST_SUB_SUITE(SchedulerOnSqliteTest, SchedulerTest);
    CPPUNIT_TEST_SUITE_END();
    test::SqliteSource source_;
    test::DatabaseSource& source() override { return source_; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SchedulerOnSqliteTest);

class SchedulerOnPostgresqlTest : public SchedulerTest {
    CPPUNIT_TEST_SUB_SUITE(SchedulerOnPostgresqlTest, SchedulerTest);
    CPPUNIT_TEST_SUITE_END();
    test::PostgresqlSource source_;
    test::DatabaseSource& source() override { return source_; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SchedulerOnPostgresqlTest);

}  // namespace
