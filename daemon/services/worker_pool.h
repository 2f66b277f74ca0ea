#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"
#include "progress.h"

namespace linkup::daemon {

class WorkerPool;

/// What carries its own place in a queue, so that queueing it allocates nothing.
class Queued {
public:
    virtual ~Queued();

protected:
    Queued() = default;

private:
    friend class QueuedList;
    friend class WorkerPool;
    friend class WorkLane;
    Queued* next_ = nullptr;
    std::chrono::steady_clock::time_point since_;
    bool counts_ = true;  ///< as work that waits
};

/// First in, first out. Owns nothing.
class QueuedList {
public:
    bool empty() const noexcept { return first_ == nullptr; }
    Queued& front() const noexcept { return *first_; }
    void push(Queued& item) noexcept;
    Queued& pop() noexcept;

private:
    Queued* first_ = nullptr;
    Queued* last_ = nullptr;
};

/// A piece of work.
///
/// Ownership: whoever posts it; it must live until `run` is called, and may delete itself there.
class Work : public Queued {
public:
    virtual void run() noexcept = 0;
};

/// Pieces of work of one kind that a pool takes up together: those that came while a few calls before were
/// under way. One that comes alone waits for no other.
///
/// Lifetime: shared with the pool while something waits or runs; the pool outlives it.
class WorkLane : public std::enable_shared_from_this<WorkLane> {
public:
    /// Up to `most` pieces in one call.
    WorkLane(WorkerPool& pool, std::size_t most);
    virtual ~WorkLane();
    WorkLane(const WorkLane&) = delete;
    WorkLane& operator=(const WorkLane&) = delete;

protected:
    /// Does them all; each must live until then, and may be deleted here.
    virtual void run(std::span<Queued* const> pieces) noexcept = 0;

private:
    friend class WorkerPool;
    /// A thread's way here; holds the lane while it stands in the pool's queue.
    class Call final : public Work {
    public:
        Call() { counts_ = false; }  // the pieces do
        void run() noexcept override;
        std::shared_ptr<WorkLane> lane;
    };
    /// One more than one, so that a slow call does not keep everybody waiting.
    static constexpr std::size_t kAtOnce = 2;

    WorkerPool& pool_;
    const std::size_t most_;
    // All below: with the pool's lock held.
    QueuedList waiting_;
    std::size_t waiting_count_ = 0;
    std::size_t called_ = 0;   ///< threads that have been called and not come yet
    std::size_t running_ = 0;  ///< threads that are here
    std::array<Call, kAtOnce> calls_;
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
    /// As the first, together with others that wait in the same lane, which has to be one of this pool.
    [[nodiscard]] bool post(Queued& piece, WorkLane& lane);
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
    friend class WorkLane;
    enum class Admission { kBounded, kAlways };
    bool admits(Admission admission);
    bool push(Work& work, Admission admission);
    bool call(WorkLane& lane);
    void serve(WorkLane::Call& call) noexcept;
    void note(std::ptrdiff_t more) noexcept;
    void observeWait(const Queued& piece) noexcept;
    void runThread() noexcept;

    const std::string name_;
    const std::size_t capacity_;
    sdk::Log& log_;
    sdk::Gauge& depth_gauge_;
    sdk::Histogram& wait_;
    sdk::Counter& refused_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    QueuedList queue_;  ///< of Work
    std::vector<WorkLane*> lanes_;
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
