// The scheduler with its threads running, against SQLite and PostgreSQL.

#include <atomic>
#include <future>
#include <thread>

#include "scheduler_fixture.h"

using namespace linkup;
using namespace std::chrono_literals;
using daemon::Scheduler;
using sdk::Every;
using sdk::TaskRun;

namespace {

class RealClock final : public sdk::Clock {
public:
    sdk::Time now() const override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    std::chrono::steady_clock::time_point steady() const override { return std::chrono::steady_clock::now(); }
};

class SchedulerThreadsTest : public test::SchedulerFixture {
    CPPUNIT_TEST_SUITE(SchedulerThreadsTest);
    CPPUNIT_TEST(runNeverOverlapsItself);
    CPPUNIT_TEST(removalWaitsForTheRunAndEndsIt);
    CPPUNIT_TEST(stopWaitsForTheRun);
    CPPUNIT_TEST(runsByItselfOnceStarted);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

private:
    /// A task that says when it has begun and waits to be let go.
    struct Gate {
        std::promise<void> begun;
        std::promise<void> open;
        std::atomic<int> calls{0};
        std::atomic<bool> ended{false};
        void pass() {
            if (++calls > 1) return;
            begun.set_value();
            open.get_future().wait();
            ended = true;
        }
        void awaitBegin() {
            CPPUNIT_ASSERT(begun.get_future().wait_for(test::kPatience) == std::future_status::ready);
        }
    };

    void runNeverOverlapsItself() {
        Gate gate;
        const auto scheduler = node();
        auto spec = task(Every{1s});
        spec.run = [&](const TaskRun&) { gate.pass(); };
        const auto registration = scheduler->add("plug", spec);
        scheduler->start();
        clock_->advance(1s);
        scheduler->tick();
        gate.awaitBegin();
        for (int i = 0; i < 5; ++i) {
            clock_->advance(1s);
            CPPUNIT_ASSERT_EQUAL(std::size_t{0}, scheduler->tick());
        }
        CPPUNIT_ASSERT_EQUAL(1, gate.calls.load());
        gate.open.set_value();
        // Of the five that came due meanwhile, the last is run.
        CPPUNIT_ASSERT(test::waitFor([&] { return gate.calls == 2; }));
        scheduler->stop();
        CPPUNIT_ASSERT_EQUAL(2, gate.calls.load());
    }

    void removalWaitsForTheRunAndEndsIt() {
        Gate gate;
        const auto scheduler = node();
        auto spec = task(Every{1s});
        spec.run = [&](const TaskRun&) { gate.pass(); };
        auto registration = scheduler->add("plug", spec);
        scheduler->start();
        clock_->advance(1s);
        scheduler->tick();
        gate.awaitBegin();
        std::atomic<bool> removed{false};
        std::atomic<bool> ended_before{false};
        std::thread remover([&] {
            registration.reset();
            ended_before = gate.ended.load();
            removed = true;
        });
        std::this_thread::yield();
        CPPUNIT_ASSERT(!removed);
        gate.open.set_value();
        remover.join();
        CPPUNIT_ASSERT(ended_before);
        clock_->advance(1min);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, scheduler->tick());
        CPPUNIT_ASSERT_EQUAL(1, gate.calls.load());
        const auto again = scheduler->add("plug", task());  // the name is free
    }

    void stopWaitsForTheRun() {
        Gate gate;
        const auto scheduler = node();
        auto spec = task(Every{1s});
        spec.run = [&](const TaskRun&) { gate.pass(); };
        const auto registration = scheduler->add("plug", spec);
        scheduler->start();
        clock_->advance(1s);
        scheduler->tick();
        gate.awaitBegin();
        std::atomic<bool> ended_before{false};
        std::thread stopper([&] {
            scheduler->stop();
            ended_before = gate.ended.load();
        });
        gate.open.set_value();
        stopper.join();
        CPPUNIT_ASSERT(ended_before);
        clock_->advance(1min);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, scheduler->tick());
        CPPUNIT_ASSERT(cache_->acquire("task/plug/job", 1s).has_value());
    }

    void runsByItselfOnceStarted() {
        const RealClock clock;
        sdk::testing::FakeCache cache(clock);
        Scheduler scheduler(*database_, cache, clock, *log_, metrics_);
        const auto registration = scheduler.add("plug", task(Every{50ms}));
        scheduler.start();
        CPPUNIT_ASSERT(test::waitFor([&] { return diary_->size() >= 4; }));
        scheduler.stop();
        CPPUNIT_ASSERT_EQUAL(diary_->size(), diary_->dueTimes().size());
    }
};

class SchedulerThreadsOnSqliteTest : public SchedulerThreadsTest {
    CPPUNIT_TEST_SUB_SUITE(SchedulerThreadsOnSqliteTest, SchedulerThreadsTest);
    CPPUNIT_TEST_SUITE_END();
    test::SqliteSource source_;
    test::DatabaseSource& source() override { return source_; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SchedulerThreadsOnSqliteTest);

class SchedulerThreadsOnPostgresqlTest : public SchedulerThreadsTest {
    CPPUNIT_TEST_SUB_SUITE(SchedulerThreadsOnPostgresqlTest, SchedulerThreadsTest);
    CPPUNIT_TEST_SUITE_END();
    test::PostgresqlSource source_;
    test::DatabaseSource& source() override { return source_; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SchedulerThreadsOnPostgresqlTest);

}  // namespace
