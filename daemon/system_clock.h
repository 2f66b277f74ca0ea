#pragma once

#include "linkup/sdk/clock.h"

namespace linkup::daemon {

/// The machine's clocks.
class SystemClock final : public sdk::Clock {
public:
    sdk::Time now() const override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    std::chrono::steady_clock::time_point steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace linkup::daemon
