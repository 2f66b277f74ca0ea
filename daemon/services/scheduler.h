#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "linkup/sdk/cache.h"
#include "linkup/sdk/clock.h"
#include "linkup/sdk/database.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"
#include "linkup/sdk/task.h"
#include "scheduler_runs.h"

namespace linkup::daemon {

class ScheduledTask;
class Scheduler;

struct SchedulerOptions {
    int threads = 4;                               ///< how many tasks may run at the same time
    std::chrono::milliseconds lease_for{30'000};   ///< how long a node that died keeps others from a task
    std::chrono::milliseconds retry_after{2'000};  ///< when a lease is taken, or cache or database are away
    /// How late a run may begin; later, MissedRun decides: nobody was up for it.
    std::chrono::milliseconds grace{60'000};
};

/// A task's place in the scheduler; destroying it takes the task out and waits for a run to end.
/// From within the task's own run it does not wait.   Lifetime: the Scheduler outlives it.   Threading: any
/// thread.
class TaskRegistration {
public:
    TaskRegistration(Scheduler& scheduler, std::shared_ptr<ScheduledTask> task);
    ~TaskRegistration();
    TaskRegistration(const TaskRegistration&) = delete;
    TaskRegistration& operator=(const TaskRegistration&) = delete;

private:
    Scheduler& scheduler_;
    std::shared_ptr<ScheduledTask> task_;
};

/// Runs tasks when they are due, each on a thread of a small pool, never beside itself.
///
/// A task of the cluster runs at most once for each due time, over all nodes and restarts: a node first gets
/// the task's lease (so that no two run beside each other), then takes on the due time in the database (so
/// that nobody does it a second time), then runs. A node that dies in a run does not make another repeat it.
/// While a run lasts, later due times wait, and of several the last one is run; one that has waited for
/// longer than the grace is missed.
///
/// Lifetime: all that it is given outlives it.   Threading: any thread.
class Scheduler {
public:
    /// The owner under which `migrations` are kept.
    static constexpr std::string_view kMigrationOwner = "daemon.scheduler";
    static std::span<const sdk::Migration> migrations() { return TaskRuns::migrations(); }

    Scheduler(sdk::Database& database, sdk::Cache& cache, const sdk::Clock& clock, sdk::Log& log,
              sdk::Metrics& metrics, SchedulerOptions options = {});
    /// As stop().
    ~Scheduler();

    /// Nothing runs before start(). Errors: Error{kInvalidArgument} for a spec that makes no sense,
    /// Error{kConflict} if the owner has a task of this name; both name them.
    [[nodiscard]] std::unique_ptr<TaskRegistration> add(const std::string& owner, sdk::TaskSpec spec);

    /// Starts the threads. The migrations must have been applied.
    void start();
    /// Waits for the runs under way; nothing runs afterwards.
    void stop() noexcept;

    /// Does what is due by the clock: renews leases, and hands over due tasks to the pool, or runs them on
    /// this thread before it returns if start() was not called. Returns how many. For tests, and what the
    /// scheduler's thread calls.
    std::size_t tick();

private:
    friend class TaskRegistration;
    using TaskPointer = std::shared_ptr<ScheduledTask>;

    void remove(const TaskPointer& task) noexcept;
    void keepTime();
    void work();
    std::chrono::microseconds untilNext();
    void renewLeases();
    std::vector<TaskPointer> takeDue();
    /// From queued to done; what a pool thread does for each task.
    void process(const TaskPointer& task);
    void perform(ScheduledTask& task, sdk::Time due);
    bool performForCluster(ScheduledTask& task, sdk::Time due);
    void runNow(ScheduledTask& task, const sdk::TaskRun& run) noexcept;
    void setHandled(ScheduledTask& task, sdk::Time due);
    void postpone(ScheduledTask& task);

    TaskRuns runs_;
    sdk::Cache& cache_;
    const sdk::Clock& clock_;
    sdk::Log& log_;
    sdk::Metrics& metrics_;
    const SchedulerOptions options_;

    std::mutex mutex_;  ///< guards all below, and what ScheduledTask says it does
    std::condition_variable timer_wake_;
    std::condition_variable work_wake_;
    std::condition_variable run_ended_;
    std::vector<TaskPointer> tasks_;
    std::deque<TaskPointer> queue_;
    bool timer_woken_ = false;
    bool stopping_ = false;
    std::thread timer_;
    std::vector<std::thread> workers_;
};

}  // namespace linkup::daemon
