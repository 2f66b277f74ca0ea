#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <vector>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/live.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"
#include "linkup/sdk/registrar.h"

namespace linkup::daemon {

/// The delay at which each kind of work is given up; in the order of sdk::Importance, none less than the one
/// before. Zero: never.
struct OverloadSettings {
    std::array<sdk::Live<std::chrono::milliseconds>, 4> limits{
        std::chrono::milliseconds(500), std::chrono::milliseconds(1000), std::chrono::milliseconds(1500),
        std::chrono::milliseconds(3000)};

    /// Errors: Error{kInvalidArgument} when this limit is less than one before.
    void check(std::size_t which) const;
    void takeLive(const OverloadSettings& next);
};

/// Whether there is more to do than can be done, and what is given up for it.
///
/// What counts is the delay that stands: a gate closes when the delay was over its limit for a whole second
/// without a break, so that a burst, which a queue is there for, closes nothing (the idea of CoDel, RFC
/// 8289). It opens when the delay was below half of that limit for as long. One gate at a time, in order.
///
/// Threading: any.
class Overload {
public:
    /// Errors: as OverloadSettings::check.
    Overload(const OverloadSettings& settings, sdk::Log& log, sdk::Metrics& metrics);

    static constexpr std::chrono::milliseconds kLook{50};
    static constexpr std::size_t kLooks = 20;  ///< that must agree

    /// Whether `what` is given up now.
    bool sheds(sdk::Importance what) const noexcept {
        return closed_.load(std::memory_order_relaxed) > static_cast<int>(what);
    }
    /// Counts something that was given up.
    void shed(sdk::Importance what) noexcept { shed_[static_cast<std::size_t>(what)]->add(); }
    /// Takes the delay of this moment in; looks closer together than kLook are passed over.
    void look(std::chrono::steady_clock::time_point now, std::chrono::nanoseconds delay) noexcept;

private:
    void move(int to, std::chrono::nanoseconds delay) noexcept;

    const OverloadSettings settings_;
    sdk::Log& log_;
    sdk::Gauge& closed_gauge_;
    sdk::Gauge& delay_gauge_;
    std::vector<sdk::Counter*> shed_;
    std::atomic<int> closed_{0};  // so many gates, from the first
    std::mutex mutex_;            // guards what follows
    std::chrono::steady_clock::time_point looked_{};
    std::array<std::chrono::nanoseconds, kLooks> delays_{};
    std::size_t next_ = 0;
};

}  // namespace linkup::daemon
