#pragma once

#include <condition_variable>
#include <mutex>

namespace linkup::daemon {

/// Counts calls into something, so that whoever takes it away can wait for them.
///
/// Threading: any thread.   Lifetime: each call shares in it.
class CallGate {
public:
    /// False once it has been closed; after true, `leave` must follow.
    bool enter() {
        const std::lock_guard lock(mutex_);
        if (closed_) return false;
        ++inside_;
        return true;
    }
    void leave() noexcept {
        const std::lock_guard lock(mutex_);
        if (--inside_ == 0) empty_.notify_all();
    }
    /// Lets nobody in any more and waits until all have left. Not to be called from inside.
    void close() noexcept {
        std::unique_lock lock(mutex_);
        closed_ = true;
        empty_.wait(lock, [this] { return inside_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable empty_;
    int inside_ = 0;
    bool closed_ = false;
};

/// Leaves at the end of a scope.
class LeaveGate {
public:
    explicit LeaveGate(CallGate& gate) noexcept : gate_(gate) {}
    ~LeaveGate() { gate_.leave(); }
    LeaveGate(const LeaveGate&) = delete;
    LeaveGate& operator=(const LeaveGate&) = delete;

private:
    CallGate& gate_;
};

}  // namespace linkup::daemon
