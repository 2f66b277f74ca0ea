#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"
#include "progress.h"

namespace linkup::daemon {

/// A piece of work that carries its own place in the queue, so that queueing it allocates nothing.
///
/// Ownership: whoever posts it; it must live until `run` is called, and may delete itself there.
class Work {
public:
    virtual ~Work();
    virtual void run() noexcept = 0;

private:
    friend class WorkerPool;
    Work* next_ = nullptr;
    std::chrono::steady_clock::time_point queued_;
};

/// A fixed number of threads behind one bounded queue, first in, first out.
///
/// Threading: any thread; nothing blocks but `stop`.   Lifetime: outlives whoever posts.
class WorkerPool {
public:
    /// Starts the threads, named after the pool. Errors: std::system_error when a thread cannot be had.
    WorkerPool(std::string name, int threads, std::size_t queue, sdk::Log& log, sdk::Metrics& metrics);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False, and nothing happens, when the queue is full or the pool has stopped.
    [[nodiscard]] bool post(Work& work);
    /// As above; what `work` throws is logged. What it logs carries the caller's request id and trace.
    [[nodiscard]] bool post(std::function<void()> work);
    /// Takes the work even when the queue is full: for what is bounded by itself, such as one entry for each
    /// socket. After `stop` it runs at once, in the caller's thread.
    void submit(Work& work);

    /// Whether `post` would be refused now.
    bool full() const noexcept { return depth() >= capacity_ || stopped_.load(std::memory_order_relaxed); }
    /// How much work waits.
    std::size_t depth() const noexcept { return depth_.load(std::memory_order_relaxed); }
    /// How long the first in the queue has waited; zero when nothing waits. It grows without end when no
    /// thread comes back.
    std::chrono::nanoseconds age() const noexcept;
    const std::string& name() const noexcept { return name_; }
    /// Counts the work that was taken up; idle while a thread has none.
    Progress progress() const;

    /// Refuses what comes now, does what was queued, and joins the threads. May be called again; not by a
    /// worker.
    void stop() noexcept;

private:
    enum class Admission { kBounded, kAlways };
    bool push(Work& work, Admission admission);
    void noteFirst() noexcept;
    void runThread() noexcept;

    const std::string name_;
    const std::size_t capacity_;
    sdk::Log& log_;
    sdk::Gauge& depth_gauge_;
    sdk::Histogram& wait_;
    sdk::Counter& refused_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    Work* first_ = nullptr;
    Work* last_ = nullptr;
    int idle_ = 0;
    std::uint64_t taken_ = 0;
    std::atomic<std::size_t> depth_{0};
    std::atomic<std::chrono::steady_clock::rep> first_queued_{0};  // 0: the queue is empty
    std::atomic<bool> stopped_{false};
    std::mutex join_mutex_;
    std::vector<std::thread> threads_;
};

/// The pools of the process by name. "requests" is the host's; a plugin's own are called "PLUGIN.NAME".
///
/// Threading: any.   Lifetime of what `find` returns: until `remove` or the end of this object.
class WorkerPools {
public:
    WorkerPools(sdk::Log& log, sdk::Metrics& metrics) : log_(log), metrics_(metrics) {}

    /// Errors: Error{kConflict} when the name is taken, Error{kInvalidArgument} for no threads or no queue.
    WorkerPool& create(const std::string& name, int threads, std::size_t queue);
    /// Null when there is none.
    WorkerPool* find(std::string_view name) const;
    /// Does what is queued, then forgets the pool.
    void remove(std::string_view name) noexcept;
    /// Stops all; see WorkerPool::stop.
    void stop() noexcept;

private:
    sdk::Log& log_;
    sdk::Metrics& metrics_;
    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<WorkerPool>, std::less<>> pools_;
};

}  // namespace linkup::daemon
