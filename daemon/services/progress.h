#pragma once

#include <atomic>
#include <cstdint>

#include "linkup/sdk/heartbeat.h"

namespace linkup::daemon {

/// How far a part of the process has come: any two looks at one that works differ in `count`.
struct Progress {
    std::uint64_t count = 0;
    bool idle = false;  ///< it waits for work, so its count may stand still
};

/// Counts the progress of one thread. Threading: any thread.
class ProgressMark final : public sdk::Heartbeat {
public:
    void beat() noexcept override {
        count_.fetch_add(1, std::memory_order_relaxed);
        idle_.store(false, std::memory_order_relaxed);
    }
    void rest() noexcept override { idle_.store(true, std::memory_order_relaxed); }
    Progress look() const noexcept {
        return {count_.load(std::memory_order_relaxed), idle_.load(std::memory_order_relaxed)};
    }

private:
    std::atomic<std::uint64_t> count_{0};
    std::atomic<bool> idle_{true};
};

}  // namespace linkup::daemon
