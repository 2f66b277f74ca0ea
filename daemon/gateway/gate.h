#pragma once

#include <atomic>
#include <cstdint>

namespace linkup::daemon {

/// Lets calls into a plugin through until it is closed; closing waits until the last of them has come back.
///
/// Threading: any.   Lifetime: must outlive every `leave`, so whoever enters keeps a share of its owner.
class Gate {
public:
    /// Born open or closed.
    explicit Gate(bool open = true) noexcept : state_(open ? 0 : kClosed) {}

    /// False when closed; after true, `leave` must follow.
    bool enter() noexcept {
        if ((state_.fetch_add(1, std::memory_order_acquire) & kClosed) == 0) return true;
        leave();
        return false;
    }
    void leave() noexcept {
        if (state_.fetch_sub(1, std::memory_order_acq_rel) - 1 == kClosed) state_.notify_all();
    }
    void open() noexcept { state_.fetch_and(~kClosed, std::memory_order_acq_rel); }
    /// Must not be called from inside the gate.
    void closeAndWait() noexcept {
        std::uint32_t seen = state_.fetch_or(kClosed, std::memory_order_acq_rel) | kClosed;
        while (seen != kClosed) {
            state_.wait(seen, std::memory_order_acquire);
            seen = state_.load(std::memory_order_acquire);
        }
    }

private:
    static constexpr std::uint32_t kClosed = 0x80000000U;
    std::atomic<std::uint32_t> state_;
};

/// Enters a gate for a scope.
class Passage {
public:
    explicit Passage(Gate& gate) noexcept : gate_(gate), inside_(gate.enter()) {}
    ~Passage() {
        if (inside_) gate_.leave();
    }
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;
    explicit operator bool() const noexcept { return inside_; }

private:
    Gate& gate_;
    bool inside_;
};

}  // namespace linkup::daemon
