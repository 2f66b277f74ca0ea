#pragma once

#include <chrono>
#include <mutex>

namespace linkup::daemon {

/// Spares publishers a handler that is always late: after three calls in a row past their budget it is left
/// out for ten seconds, and for as long as one of its calls is still running; then one call tries it again.
///
/// Threading: any thread.
class HookBreaker {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr int kLateCalls = 3;
    static constexpr std::chrono::seconds kPause{10};

    /// Whether the handler may be called; if so, `left` must follow when the call is over, however late.
    bool enter(Time now) {
        const std::lock_guard lock(mutex_);
        const bool tripped = late_in_a_row_ >= kLateCalls;
        if (tripped && (now < until_ || running_ > 0)) return false;
        ++running_;
        return true;
    }
    void left() noexcept {
        const std::lock_guard lock(mutex_);
        --running_;
    }

    void inTime() noexcept {
        const std::lock_guard lock(mutex_);
        late_in_a_row_ = 0;
    }
    void late(Time now) noexcept {
        const std::lock_guard lock(mutex_);
        ++late_in_a_row_;
        until_ = now + kPause;
    }

private:
    std::mutex mutex_;
    int late_in_a_row_ = 0;
    int running_ = 0;
    Time until_{};
};

}  // namespace linkup::daemon
