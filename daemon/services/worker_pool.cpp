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

Queued::~Queued() = default;

void QueuedList::push(Queued& item) noexcept {
    item.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &item;
    last_ = &item;
}

Queued& QueuedList::pop() noexcept {
    Queued& item = *std::exchange(first_, first_->next_);
    if (first_ == nullptr) last_ = nullptr;
    return item;
}

WorkLane::WorkLane(WorkerPool& pool, std::size_t most) : pool_(pool), most_(most) {
    const std::lock_guard lock(pool_.mutex_);
    pool_.lanes_.push_back(this);
}

WorkLane::~WorkLane() {
    const std::lock_guard lock(pool_.mutex_);
    std::erase(pool_.lanes_, this);
}

void WorkLane::Call::run() noexcept {
    lane->pool_.serve(*this);
}

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

/// With the lock held, as all up to `progress`: that so many more pieces wait than did.
void WorkerPool::note(std::ptrdiff_t more) noexcept {
    using Clock = std::chrono::steady_clock;
    const auto depth = depth_.load(std::memory_order_relaxed) + static_cast<std::size_t>(more);
    depth_.store(depth, std::memory_order_relaxed);
    depth_gauge_.set(static_cast<double>(depth));
    auto first = queue_.empty() ? Clock::time_point::max() : queue_.front().since_;
    for (const WorkLane* const lane : lanes_) {
        if (!lane->waiting_.empty()) first = std::min(first, lane->waiting_.front().since_);
    }
    first_queued_.store(first == Clock::time_point::max() ? 0 : first.time_since_epoch().count(),
                        std::memory_order_relaxed);
}

bool WorkerPool::admits(Admission admission) {
    if (stopped_.load(std::memory_order_relaxed)) return false;
    if (admission == Admission::kAlways || depth_.load(std::memory_order_relaxed) < capacity_) return true;
    refused_.add();
    return false;
}

/// Whether a thread has to be woken: somebody must come for what waits, and may.
bool WorkerPool::call(WorkLane& lane) {
    if (lane.waiting_count_ <= lane.called_ * lane.most_) return false;
    if (lane.called_ + lane.running_ == WorkLane::kAtOnce) return false;
    WorkLane::Call& call = *std::find_if(lane.calls_.begin(), lane.calls_.end(),
                                         [](const auto& each) { return each.lane == nullptr; });
    call.lane = lane.shared_from_this();
    call.since_ = lane.waiting_.front().since_;
    queue_.push(call);
    ++lane.called_;
    return idle_ > 0;
}

bool WorkerPool::push(Work& work, Admission admission) {
    bool wake = false;
    work.since_ = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(mutex_);
        if (!admits(admission)) return false;
        queue_.push(work);
        note(1);
        wake = idle_ > 0;
    }
    if (wake) wake_.notify_one();
    return true;
}

bool WorkerPool::post(Queued& piece, WorkLane& lane) {
    bool wake = false;
    piece.since_ = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(mutex_);
        if (!admits(Admission::kBounded)) return false;
        lane.waiting_.push(piece);
        ++lane.waiting_count_;
        note(1);
        wake = call(lane);
    }
    if (wake) wake_.notify_one();
    return true;
}

void WorkerPool::serve(WorkLane::Call& call) noexcept {
    std::vector<Queued*> pieces;
    std::unique_lock lock(mutex_);
    const std::shared_ptr<WorkLane> lane = std::move(call.lane);
    --lane->called_;
    ++lane->running_;
    while (!lane->waiting_.empty()) {
        pieces.clear();
        while (!lane->waiting_.empty() && pieces.size() < lane->most_)
            pieces.push_back(&lane->waiting_.pop());
        lane->waiting_count_ -= pieces.size();
        taken_ += pieces.size();
        note(-static_cast<std::ptrdiff_t>(pieces.size()));
        lock.unlock();
        for (const Queued* const piece : pieces) observeWait(*piece);
        lane->run(pieces);
        lock.lock();
        if (!queue_.empty()) break;  // others had to wait, so this goes to the end of the queue
    }
    --lane->running_;
    const bool wake = this->call(*lane);
    lock.unlock();
    if (wake) wake_.notify_one();
}

void WorkerPool::observeWait(const Queued& piece) noexcept {
    wait_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - piece.since_).count());
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
        while (queue_.empty()) {
            if (stopped_.load(std::memory_order_relaxed)) return;
            ++idle_;
            wake_.wait(lock);
            --idle_;
        }
        Work& work = static_cast<Work&>(queue_.pop());
        const bool counts = work.counts_;
        note(counts ? -1 : 0);
        if (counts) ++taken_;
        lock.unlock();
        if (counts) observeWait(work);
        work.run();
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
