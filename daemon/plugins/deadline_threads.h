#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace linkup::daemon {

/// Runs work for somebody who waits for it only so long. There are as many threads as work was under way at
/// once, and none before the first.
///
/// Threading: any thread.   Lifetime: the destructor waits for work that nobody waits for any more.
class DeadlineThreads {
public:
    DeadlineThreads() = default;
    ~DeadlineThreads();
    DeadlineThreads(const DeadlineThreads&) = delete;
    DeadlineThreads& operator=(const DeadlineThreads&) = delete;

    /// True once `work` has ended, and what it holds is destroyed. False at the deadline: then it goes on, or
    /// never begins. It must not throw. Errors: std::system_error when a thread cannot be had.
    bool run(std::function<void()> work, std::chrono::steady_clock::time_point deadline);

private:
    class Job;
    void runThread();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Job>> waiting_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace linkup::daemon
