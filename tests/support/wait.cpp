#include "wait.h"

#include <thread>

namespace linkup::test {

bool waitFor(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds kLongestPause{20};
    const auto end = Clock::now() + deadline;
    std::chrono::milliseconds pause{1};
    while (!condition()) {
        if (Clock::now() >= end) return false;
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
    return true;
}

}  // namespace linkup::test
