#include "daemon/services/worker_pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "daemon/services/request_scope.h"
#include "linkup/sdk/error.h"

namespace linkup::daemon {

namespace {

class FunctionWork final : public Work {
public:
    FunctionWork(std::function<void()> function, sdk::Log& log, const std::string& pool)
        : function_(std::move(function)), log_(log), pool_(pool) {}

    void run() noexcept override {
        const std::unique_ptr<FunctionWork> self(this);
        const RequestScope scope(origin_.request_id, origin_.trace);
        try {
            function_();
        } catch (const std::exception& error) {
            log_.error("work on a pool failed", {{"pool", pool_}, {"reason", error.what()}});
        } catch (...) {
            log_.error("work on a pool failed", {{"pool", pool_}, {"reason", "no std::exception"}});
        }
    }

private:
    std::function<void()> function_;
    const WorkOrigin origin_;
    sdk::Log& log_;
    const std::string& pool_;
};

/// The kernel keeps 15 characters of a thread's name.
std::string threadName(const std::string& pool) {
    return ("w:" + pool).substr(0, 15);
}

}  // namespace

Work::~Work() = default;

WorkerPool::WorkerPool(std::string name, int threads, std::size_t queue, sdk::Log& log, sdk::Metrics& metrics)
    : name_(std::move(name)),
      capacity_(queue),
      log_(log),
      depth_gauge_(metrics.gauge("pool_depth", "Pieces of work that wait for a thread.", {{"pool", name_}})),
      wait_(metrics.histogram("pool_wait_seconds", "How long work waited for a thread.",
                              {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
                              {{"pool", name_}})),
      refused_(metrics.counter("pool_refused_total", "Pieces of work refused because the queue was full.",
                               {{"pool", name_}})) {
    threads_.reserve(static_cast<std::size_t>(threads));
    try {
        for (int i = 0; i < threads; ++i) {
            threads_.emplace_back([this] { runThread(); });
            pthread_setname_np(threads_.back().native_handle(), threadName(name_).c_str());
        }
    } catch (...) {
        stop();
        throw;
    }
}

WorkerPool::~WorkerPool() {
    stop();
}

bool WorkerPool::post(Work& work) {
    return push(work, Admission::kBounded);
}

bool WorkerPool::post(std::function<void()> work) {
    auto owned = std::make_unique<FunctionWork>(std::move(work), log_, name_);
    if (!push(*owned, Admission::kBounded)) return false;
    static_cast<void>(owned.release());
    return true;
}

void WorkerPool::submit(Work& work) {
    if (!push(work, Admission::kAlways)) work.run();
}

std::chrono::nanoseconds WorkerPool::age() const noexcept {
    const auto first = first_queued_.load(std::memory_order_relaxed);
    if (first == 0) return {};
    const std::chrono::nanoseconds age =
        std::chrono::steady_clock::now().time_since_epoch() - std::chrono::steady_clock::duration(first);
    return std::max(age, std::chrono::nanoseconds(0));
}

/// With the lock held.
void WorkerPool::noteFirst() noexcept {
    first_queued_.store(first_ == nullptr ? 0 : first_->queued_.time_since_epoch().count(),
                        std::memory_order_relaxed);
}

bool WorkerPool::push(Work& work, Admission admission) {
    bool wake = false;
    work.queued_ = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(mutex_);
        const std::size_t depth = depth_.load(std::memory_order_relaxed);
        if (stopped_.load(std::memory_order_relaxed)) return false;
        if (admission == Admission::kBounded && depth >= capacity_) {
            refused_.add();
            return false;
        }
        work.next_ = nullptr;
        (last_ != nullptr ? last_->next_ : first_) = &work;
        last_ = &work;
        if (first_ == &work) noteFirst();
        depth_.store(depth + 1, std::memory_order_relaxed);
        depth_gauge_.set(static_cast<double>(depth + 1));
        wake = idle_ > 0;
    }
    if (wake) wake_.notify_one();
    return true;
}

Progress WorkerPool::progress() const {
    const std::lock_guard lock(mutex_);
    return {taken_, idle_ > 0};
}

void WorkerPool::runThread() noexcept {
    // A thread that is woken for work must not push the one aside that brings it: that one has more to bring,
    // and one wake then serves several. A wish: should the kernel refuse it, all goes on as before.
    const sched_param priority{};
    static_cast<void>(pthread_setschedparam(pthread_self(), SCHED_BATCH, &priority));
    std::unique_lock lock(mutex_);
    while (true) {
        while (first_ == nullptr) {
            if (stopped_.load(std::memory_order_relaxed)) return;
            ++idle_;
            wake_.wait(lock);
            --idle_;
        }
        Work* work = std::exchange(first_, first_->next_);
        if (first_ == nullptr) last_ = nullptr;
        noteFirst();
        const std::size_t depth = depth_.load(std::memory_order_relaxed) - 1;
        depth_.store(depth, std::memory_order_relaxed);
        depth_gauge_.set(static_cast<double>(depth));
        ++taken_;
        lock.unlock();
        const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - work->queued_;
        wait_.observe(waited.count());
        work->run();
        lock.lock();
    }
}

void WorkerPool::stop() noexcept {
    const std::lock_guard join(join_mutex_);
    {
        const std::lock_guard lock(mutex_);
        stopped_.store(true, std::memory_order_relaxed);
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

WorkerPool& WorkerPools::create(const std::string& name, int threads, std::size_t queue) {
    if (threads < 1 || queue < 1) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "pool '" + name + "' needs at least one thread and a queue of at least one");
    }
    const std::lock_guard lock(mutex_);
    if (pools_.contains(name))
        throw sdk::Error(sdk::ErrorCode::kConflict, "pool '" + name + "' exists already");
    auto pool = std::make_unique<WorkerPool>(name, threads, queue, log_, metrics_);
    return *pools_.emplace(name, std::move(pool)).first->second;
}

WorkerPool* WorkerPools::find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = pools_.find(name);
    return found == pools_.end() ? nullptr : found->second.get();
}

void WorkerPools::remove(std::string_view name) noexcept {
    std::unique_ptr<WorkerPool> gone;
    const std::lock_guard lock(mutex_);
    const auto found = pools_.find(name);
    if (found == pools_.end()) return;
    gone = std::move(found->second);
    pools_.erase(found);
}

void WorkerPools::stop() noexcept {
    std::vector<WorkerPool*> all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, pool] : pools_) all.push_back(pool.get());
    }
    for (WorkerPool* pool : all) pool->stop();
}

}  // namespace linkup::daemon
