#include "overload.h"

#include <algorithm>
#include <string>

#include "linkup/sdk/error.h"

namespace linkup::daemon {

namespace {

constexpr std::array<const char*, 4> kNames{"sign_in", "discovery", "live", "core"};

}  // namespace

void OverloadSettings::check(std::size_t which) const {
    const std::chrono::milliseconds limit = limits.at(which);
    if (limit.count() == 0) return;
    std::chrono::milliseconds before{0};
    for (std::size_t i = 0; i < which; ++i) before = std::max(before, limits[i].get());
    if (limit < before)
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "overload." + std::string(kNames[which]) + "_ms: found " +
                             std::to_string(limit.count()) + ", less than the " +
                             std::to_string(before.count()) + " of what is to be given up before");
}

void OverloadSettings::takeLive(const OverloadSettings& next) {
    for (std::size_t i = 0; i < limits.size(); ++i) limits[i].set(next.limits[i]);
}

Overload::Overload(const OverloadSettings& settings, sdk::Log& log, sdk::Metrics& metrics)
    : settings_(settings),
      log_(log),
      closed_gauge_(metrics.gauge(
          "overload_gates_closed",
          "Kinds of work that are given up now: 1 new sign-ins, 2 discovery too, 3 typing and presence too, "
          "4 all.")),
      delay_gauge_(metrics.gauge("standing_delay_seconds",
                                 "The least that new work had to wait at any moment of the last second.")) {
    for (const char* name : kNames)
        shed_.push_back(&metrics.counter("overload_shed_total", "Requests and events that were given up.",
                                         {{"kind", name}}));
    for (std::size_t i = 0; i < kNames.size(); ++i) settings_.check(i);
}

void Overload::look(std::chrono::steady_clock::time_point now, std::chrono::nanoseconds delay) noexcept {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock() || now - looked_ < kLook - kLook / 10) return;
    looked_ = now;
    delays_[next_++ % kLooks] = delay;
    const auto [least, most] = std::minmax_element(delays_.begin(), delays_.end());
    delay_gauge_.set(std::chrono::duration<double>(*least).count());
    const int closed = closed_.load(std::memory_order_relaxed);
    const auto limit = [&](int gate) {
        const std::chrono::nanoseconds set = settings_.limits[static_cast<std::size_t>(gate)].get();
        return set.count() == 0 ? std::chrono::nanoseconds::max() : set;
    };
    if (closed < static_cast<int>(kNames.size()) && *least >= limit(closed)) {
        move(closed + 1, *least);
    } else if (closed > 0 && *most < limit(closed - 1) / 2) {
        move(closed - 1, *most);
    }
}

void Overload::move(int to, std::chrono::nanoseconds delay) noexcept {
    const bool closes = to > closed_.exchange(to, std::memory_order_relaxed);
    closed_gauge_.set(to);
    log_.warning(
        closes ? "too much to do, so a kind of work is given up" : "a kind of work is taken up again",
        {{"kind", kNames[static_cast<std::size_t>(closes ? to - 1 : to)]},
         {"delay_ms", std::chrono::duration_cast<std::chrono::milliseconds>(delay).count()}});
}

}  // namespace linkup::daemon
