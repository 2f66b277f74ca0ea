#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

#include "linkup/sdk/error.h"

namespace linkup::daemon {

/// Both caches take arguments alike. A time to live is at least one millisecond, so that what has just
/// expired can be written like anything else, and at most ten years.
inline std::chrono::milliseconds clampTtl(std::chrono::milliseconds ttl) {
    using namespace std::chrono_literals;
    constexpr std::chrono::milliseconds kMax = 24h * 3650;
    return std::min(std::max(ttl, std::chrono::milliseconds(1)), kMax);
}

/// Microseconds between two tokens. Errors: Error{kInternal} for a bucket that could never give one, or that
/// would take longer than eleven days to.
inline double tokenInterval(double per_second, int burst) {
    if (!(per_second >= 1e-6) || !std::isfinite(per_second) || burst < 1)
        throw sdk::Error(sdk::ErrorCode::kInternal,
                         "A token bucket needs a positive rate and a positive burst.");
    return 1e6 / per_second;
}

/// Half a microsecond, so that rounding never refuses the last token of a full bucket.
inline constexpr double kTokenTolerance = 0.5;

/// A counter that would overflow, or whose key holds something else. Both are faults of the program.
inline sdk::Error notACounter() {
    return {sdk::ErrorCode::kInternal, "The value cannot be counted."};
}

}  // namespace linkup::daemon
