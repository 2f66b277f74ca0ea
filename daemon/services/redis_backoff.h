#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>

namespace linkup::daemon {

/// How long to wait before trying again: longer each time, and never the same for all nodes, so that a Redis
/// that has just come back is not met by all of them at once.
class RedisBackoff {
public:
    /// The next wait: between half and all of 50 ms, 100 ms, … 2 s.
    std::chrono::milliseconds next() {
        const auto most = std::exchange(limit_, std::min(limit_ * 2, kLongest));
        return std::chrono::milliseconds(
            std::uniform_int_distribution<std::int64_t>(most.count() / 2, most.count())(random_));
    }
    /// It worked: begin anew.
    void reset() { limit_ = kShortest; }

private:
    static constexpr std::chrono::milliseconds kShortest{50};
    static constexpr std::chrono::milliseconds kLongest{2000};
    std::chrono::milliseconds limit_ = kShortest;
    std::minstd_rand random_{std::random_device()()};
};

}  // namespace linkup::daemon
