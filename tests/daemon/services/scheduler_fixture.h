#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "daemon/services/migrations.h"
#include "daemon/services/scheduler.h"
#include "database_fixture.h"
#include "linkup/sdk/testing/fake_cache.h"
#include "linkup/sdk/testing/fake_clock.h"
#include "linkup/sdk/testing/fake_metrics.h"
#include "linkup/sdk/testing/recording_log.h"

namespace linkup::test {

/// The runs that a task has made, on whichever node.
class Diary {
public:
    void note(const sdk::TaskRun& run) {
        const std::lock_guard lock(mutex_);
        runs_.push_back(run);
    }
    std::vector<sdk::TaskRun> runs() const {
        const std::lock_guard lock(mutex_);
        return runs_;
    }
    std::size_t size() const { return runs().size(); }
    std::set<sdk::Time> dueTimes() const {
        std::set<sdk::Time> times;
        for (const auto& run : runs()) times.insert(run.due);
        return times;
    }

private:
    mutable std::mutex mutex_;
    std::vector<sdk::TaskRun> runs_;
};

/// A database and all else that several nodes share, and a task that keeps a diary.
class SchedulerFixture : public CppUnit::TestFixture {
public:
    void setUp() override {
        log_ = std::make_unique<sdk::testing::RecordingLog>();
        clock_ = std::make_unique<sdk::testing::FakeClock>();
        cache_ = std::make_unique<sdk::testing::FakeCache>(*clock_);
        diary_ = std::make_unique<Diary>();
        url_ = source().newUrl();
        database_ = daemon::openDatabase(settingsFor(url_), *log_);
        daemon::Migrator(*database_, *log_)
            .apply(daemon::Scheduler::kMigrationOwner, daemon::Scheduler::migrations());
    }
    void tearDown() override { database_.reset(); }

protected:
    virtual DatabaseSource& source() = 0;

    sdk::testing::FakeMetrics metrics_;
    std::unique_ptr<sdk::testing::RecordingLog> log_;
    std::unique_ptr<sdk::testing::FakeClock> clock_;
    std::unique_ptr<sdk::testing::FakeCache> cache_;
    std::unique_ptr<Diary> diary_;
    std::string url_;
    std::unique_ptr<daemon::PooledDatabase> database_;

    std::unique_ptr<daemon::Scheduler> node() {
        return std::make_unique<daemon::Scheduler>(*database_, *cache_, *clock_, *log_, metrics_);
    }
    sdk::TaskSpec task(std::variant<sdk::Every, sdk::Cron> schedule = sdk::Every{std::chrono::minutes(1)},
                       sdk::MissedRun missed = sdk::MissedRun::kSkip,
                       sdk::TaskScope scope = sdk::TaskScope::kCluster) {
        return {"job", std::move(schedule), scope, missed,
                [this](const sdk::TaskRun& run) { diary_->note(run); }};
    }
    void advanceTo(const char* time) { clock_->advanceTo(*sdk::parseTime(time)); }
    void assertDue(const std::vector<std::string>& expected) {
        const auto runs = diary_->runs();
        CPPUNIT_ASSERT_EQUAL(expected.size(), runs.size());
        for (std::size_t i = 0; i < runs.size(); ++i) {
            CPPUNIT_ASSERT_EQUAL(expected[i], sdk::formatTime(runs[i].due).substr(0, 19));
        }
    }
};

}  // namespace linkup::test
