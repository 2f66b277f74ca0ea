#include "scheduler.h"

#include <algorithm>
#include <utility>

#include "linkup/sdk/error.h"
#include "logging.h"
#include "scheduler_timetable.h"

namespace linkup::daemon {
namespace {

constexpr std::chrono::seconds kLongestSleep{1};  // a clock that was set is noticed within this time

}  // namespace

/// A task and where it stands. Guarded by the scheduler's mutex from `handled` on; the rest never changes.
class ScheduledTask {
public:
    ScheduledTask(std::string task_owner, sdk::TaskSpec task_spec, sdk::Time now, sdk::Metrics& metrics)
        : owner(std::move(task_owner)),
          label(owner + "." + task_spec.name),
          spec(std::move(task_spec)),
          timetable(spec, now),
          runs(metrics.counter("task_runs_total", "Runs of a task on this node.", {{"task", label}})),
          failures(metrics.counter("task_failures_total", "Runs that threw.", {{"task", label}})),
          seconds(metrics.histogram("task_seconds", "How long runs took.", {0.01, 0.1, 1, 10, 60, 600},
                                    {{"task", label}})),
          handled(now),
          next(timetable.next(now)),
          needs_history(spec.missed == sdk::MissedRun::kRunOnce) {}

    bool inCluster() const { return spec.scope == sdk::TaskScope::kCluster; }

    const std::string owner;
    const std::string label;
    const sdk::TaskSpec spec;
    const Timetable timetable;
    sdk::Counter& runs;
    sdk::Counter& failures;
    sdk::Histogram& seconds;

    sdk::Time handled;      ///< due times up to this one are done, by whomever, or given up
    sdk::Time next;         ///< the first due time after it
    bool needs_history;     ///< what nobody was up for is still to be found out
    sdk::Time not_before;   ///< when to try again
    bool troubled = false;  ///< that it could not be tried has been logged
    bool queued = false;
    bool running = false;
    bool removed = false;
    std::thread::id runner;
    std::optional<sdk::Lease> lease;
    sdk::Time renew_at;
};

TaskRegistration::TaskRegistration(Scheduler& scheduler, std::shared_ptr<ScheduledTask> task)
    : scheduler_(scheduler), task_(std::move(task)) {}
TaskRegistration::~TaskRegistration() {
    scheduler_.remove(task_);
}

Scheduler::Scheduler(sdk::Database& database, sdk::Cache& cache, const sdk::Clock& clock, sdk::Log& log,
                     sdk::Metrics& metrics, SchedulerOptions options)
    : runs_(database), cache_(cache), clock_(clock), log_(log), metrics_(metrics), options_(options) {}

Scheduler::~Scheduler() {
    stop();
}

std::unique_ptr<TaskRegistration> Scheduler::add(const std::string& owner, sdk::TaskSpec spec) {
    if (spec.name.empty() || !spec.run) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "task \"" + spec.name + "\" of \"" + owner + "\": needs a name and a function");
    }
    auto task = std::make_shared<ScheduledTask>(owner, std::move(spec), clock_.now(), metrics_);
    {
        const std::lock_guard lock(mutex_);
        if (std::ranges::any_of(tasks_, [&](const TaskPointer& other) {
                return other->owner == owner && other->spec.name == task->spec.name;
            })) {
            throw sdk::Error(sdk::ErrorCode::kConflict,
                             "task \"" + task->spec.name + "\" of \"" + owner + "\" is registered already");
        }
        tasks_.push_back(task);
        timer_woken_ = true;
    }
    timer_wake_.notify_one();
    return std::make_unique<TaskRegistration>(*this, std::move(task));
}

void Scheduler::remove(const TaskPointer& task) noexcept {
    std::unique_lock lock(mutex_);
    task->removed = true;
    std::erase(tasks_, task);
    std::erase(queue_, task);
    if (task->running && task->runner == std::this_thread::get_id()) return;
    run_ended_.wait(lock, [&] { return !task->running; });
}

void Scheduler::start() {
    const std::lock_guard lock(mutex_);
    if (timer_.joinable()) return;
    for (int i = 0; i < options_.threads; ++i) workers_.emplace_back([this] { work(); });
    timer_ = std::thread([this] { keepTime(); });
}

void Scheduler::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        queue_.clear();
    }
    timer_wake_.notify_all();
    work_wake_.notify_all();
    if (timer_.joinable()) timer_.join();
    for (auto& worker : workers_) worker.join();
    workers_.clear();
}

void Scheduler::keepTime() {
    for (;;) {
        tick();
        const auto sleep = untilNext();
        std::unique_lock lock(mutex_);
        if (!stopping_) {
            timer_wake_.wait_for(lock, sleep, [&] { return timer_woken_ || stopping_; });
        } else if (std::ranges::any_of(tasks_, [](const TaskPointer& task) { return task->running; })) {
            run_ended_.wait_for(lock,
                                sleep);  // the leases of runs that stop() waits for are still kept alive
        } else {
            return;
        }
        timer_woken_ = false;
    }
}

void Scheduler::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const TaskPointer task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        process(task);
        lock.lock();
    }
}

std::chrono::microseconds Scheduler::untilNext() {
    const sdk::Time now = clock_.now();
    sdk::Time next = now + kLongestSleep;
    const std::lock_guard lock(mutex_);
    for (const auto& task : tasks_) {
        if (task->lease) next = std::min(next, task->renew_at);
        if (task->queued || task->running) continue;
        const sdk::Time due = task->needs_history ? now : task->next;
        next = std::min(next, std::max(due, task->not_before));
    }
    return std::max<std::chrono::microseconds>(next - now, std::chrono::milliseconds(stopping_ ? 20 : 1));
}

std::size_t Scheduler::tick() {
    renewLeases();
    const auto due = takeDue();
    bool pooled = false;
    {
        const std::lock_guard lock(mutex_);
        pooled = !workers_.empty();
        if (pooled && !stopping_) queue_.insert(queue_.end(), due.begin(), due.end());
    }
    if (pooled) {
        work_wake_.notify_all();
    } else {
        for (const auto& task : due) process(task);
    }
    return due.size();
}

std::vector<Scheduler::TaskPointer> Scheduler::takeDue() {
    const sdk::Time now = clock_.now();
    std::vector<TaskPointer> due;
    const std::lock_guard lock(mutex_);
    if (stopping_) return due;
    for (const auto& task : tasks_) {
        if (task->queued || task->running || now < task->not_before) continue;
        if (!task->needs_history && now < task->next) continue;
        task->queued = true;
        due.push_back(task);
    }
    return due;
}

void Scheduler::renewLeases() {
    const sdk::Time now = clock_.now();
    std::vector<std::pair<TaskPointer, sdk::Lease>> leases;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& task : tasks_) {
            if (!task->lease || now < task->renew_at) continue;
            task->renew_at = now + options_.lease_for / 3;
            leases.emplace_back(task, *task->lease);
        }
    }
    for (const auto& [task, lease] : leases) {
        bool ours = false;
        try {
            ours = cache_.renew(lease, options_.lease_for);
        } catch (const std::exception& error) {
            log_.warning("a task's lease could not be renewed",
                         {{"task", task->label}, {"reason", error.what()}});
            continue;
        }
        if (ours) continue;
        const std::lock_guard lock(mutex_);
        // Ended while we asked: then it was given back, not lost.
        if (task->lease && task->lease->token == lease.token) {
            task->lease.reset();
            log_.warning("a task lost its lease while running; its fencing token tells",
                         {{"task", task->label}});
        }
    }
}

void Scheduler::process(const TaskPointer& task) {
    const sdk::Time now = clock_.now();
    std::optional<sdk::Time> due;
    {
        const std::lock_guard lock(mutex_);
        task->queued = false;
        if (task->removed || stopping_) return;
        task->running = true;
        task->runner = std::this_thread::get_id();
    }
    try {
        if (task->needs_history) {
            const sdk::Time last =
                task->inCluster() ? runs_.lastDueOrSeen(task->owner, task->spec.name, now) : sdk::Time();
            setHandled(*task, last);
            const std::lock_guard lock(mutex_);
            task->needs_history = false;
        }
        due = task->timetable.last(now);
        if (due && *due > task->handled) perform(*task, *due);
        const std::lock_guard lock(mutex_);
        if (std::exchange(task->troubled, false))
            log_.info("a task can be tried again", {{"task", task->label}});
    } catch (const std::exception& error) {
        postpone(*task);
        const std::lock_guard lock(mutex_);
        if (!std::exchange(task->troubled, true)) {
            log_.warning("a task cannot be tried; trying on",
                         {{"task", task->label}, {"reason", error.what()}});
        }
    }
    {
        const std::lock_guard lock(mutex_);
        task->running = false;
        timer_woken_ = true;
    }
    run_ended_.notify_all();
    timer_wake_.notify_one();
}

void Scheduler::perform(ScheduledTask& task, sdk::Time due) {
    const bool late = clock_.now() - due > options_.grace;
    if (late && task.spec.missed == sdk::MissedRun::kSkip) {
        setHandled(task, due);
        log_.info("a run was missed", {{"task", task.label}, {"due", sdk::formatTime(due)}});
        return;
    }
    if (!task.inCluster()) {
        setHandled(task, due);
        runNow(task, {due, 0});
    } else if (performForCluster(task, due)) {
        setHandled(task, due);
    } else {
        postpone(task);
    }
}

/// False if another node holds the lease: it may be about to take on this due time, or dead.
bool Scheduler::performForCluster(ScheduledTask& task, sdk::Time due) {
    const std::string& name = task.spec.name;
    if (const auto last = runs_.lastDue(task.owner, name); last && *last >= due) return true;
    const std::optional<sdk::Lease> lease =
        cache_.acquire("task/" + task.owner + "/" + name, options_.lease_for);
    if (!lease) return false;
    const auto release = [&] {
        try {
            cache_.release(*lease);
        } catch (const std::exception&) {
            // It ends by itself.
        }
    };
    std::optional<std::int64_t> token;
    try {
        token = runs_.claim(task.owner, name, due, lease->token);
    } catch (...) {
        release();
        throw;
    }
    if (token) {
        {
            const std::lock_guard lock(mutex_);
            task.lease = lease;
            task.renew_at = clock_.now() + options_.lease_for / 3;
        }
        timer_wake_.notify_one();
        runNow(task, {due, *token});
        const std::lock_guard lock(mutex_);
        task.lease.reset();
    }
    release();
    return true;
}

void Scheduler::runNow(ScheduledTask& task, const sdk::TaskRun& run) noexcept {
    const RequestScope scope(task.label);
    const auto begin = clock_.steady();
    task.runs.add();
    try {
        task.spec.run(run);
    } catch (const std::exception& error) {
        task.failures.add();
        log_.error("a task failed", {{"task", task.label}, {"reason", error.what()}});
    } catch (...) {
        task.failures.add();
        log_.error("a task failed", {{"task", task.label}, {"reason", "not a std::exception"}});
    }
    task.seconds.observe(std::chrono::duration<double>(clock_.steady() - begin).count());
}

void Scheduler::setHandled(ScheduledTask& task, sdk::Time due) {
    const sdk::Time next = task.timetable.next(due);
    const std::lock_guard lock(mutex_);
    task.handled = due;
    task.next = next;
    task.not_before = {};
}

void Scheduler::postpone(ScheduledTask& task) {
    const sdk::Time again = clock_.now() + options_.retry_after;
    const std::lock_guard lock(mutex_);
    task.not_before = again;
}

}  // namespace linkup::daemon
