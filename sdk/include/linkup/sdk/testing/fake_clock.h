#pragma once

#include <atomic>

#include "linkup/sdk/clock.h"

namespace linkup::sdk::testing {

/// A clock that stands still until the test moves it. Both of its faces move together.
///
/// Threading: any thread.   Since: ABI 1.0.
class FakeClock : public Clock {
public:
    /// Begins at 2026-11-24T02:00:00Z unless told otherwise.
    explicit FakeClock(Time start = fromMicros(1'795'485'600'000'000)) : start_(start) {}

    Time now() const override { return start_ + std::chrono::microseconds(passed_.load()); }
    std::chrono::steady_clock::time_point steady() const override {
        return std::chrono::steady_clock::time_point(std::chrono::microseconds(passed_.load()) +
                                                     std::chrono::hours(1));
    }
    /// Lets time pass.
    void advance(std::chrono::microseconds by) { passed_ += by.count(); }
    /// Lets time pass until it is `time`.
    void advanceTo(Time time) { passed_ = (time - start_).count(); }

private:
    const Time start_;
    std::atomic<std::int64_t> passed_{0};
};

}  // namespace linkup::sdk::testing
