#pragma once

#include <atomic>

#include "linkup/sdk/clock.h"

namespace linkup::test {

/// Time that passes when the test says so.
class ManualClock : public sdk::Clock {
public:
    sdk::Time now() const override { return sdk::fromMicros(kStart + micros_.load()); }
    std::chrono::steady_clock::time_point steady() const override {
        return std::chrono::steady_clock::time_point(std::chrono::hours(1) +
                                                     std::chrono::microseconds(micros_.load()));
    }
    void advance(std::chrono::microseconds time) { micros_ += time.count(); }

private:
    static constexpr std::int64_t kStart = 1'790'000'000'000'000;
    std::atomic<std::int64_t> micros_{0};
};

}  // namespace linkup::test
