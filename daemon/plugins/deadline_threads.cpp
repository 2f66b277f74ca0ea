#include "deadline_threads.h"

#include <pthread.h>

#include <utility>

namespace linkup::daemon {

/// One piece of work, shared by who waits and who does it.
class DeadlineThreads::Job {
public:
    explicit Job(std::function<void()> work) : work_(std::move(work)) {}

    bool waitUntil(std::chrono::steady_clock::time_point deadline) {
        std::function<void()> unwanted;  // destroyed outside the lock
        std::unique_lock lock(mutex_);
        if (ended_.wait_until(lock, deadline, [this] { return done_; })) return true;
        unwanted.swap(work_);
        return false;
    }

    void perform() {
        std::function<void()> work;
        {
            const std::lock_guard lock(mutex_);
            work.swap(work_);
        }
        if (!work) return;
        work();
        work = nullptr;
        // Told under the lock: the one who waits may drop its share as soon as it knows.
        const std::lock_guard lock(mutex_);
        done_ = true;
        ended_.notify_one();
    }

private:
    std::mutex mutex_;
    std::condition_variable ended_;
    std::function<void()> work_;
    bool done_ = false;
};

DeadlineThreads::~DeadlineThreads() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

bool DeadlineThreads::run(std::function<void()> work, std::chrono::steady_clock::time_point deadline) {
    const auto job = std::make_shared<Job>(std::move(work));
    {
        const std::lock_guard lock(mutex_);
        if (idle_ <= waiting_.size()) threads_.emplace_back([this] { runThread(); });
        waiting_.push_back(job);
    }
    wake_.notify_one();
    return job->waitUntil(deadline);
}

void DeadlineThreads::runThread() {
    pthread_setname_np(pthread_self(), "hooks");
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        --idle_;
        if (waiting_.empty()) return;
        const auto job = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        job->perform();
        lock.lock();
    }
}

}  // namespace linkup::daemon
