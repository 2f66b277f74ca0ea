#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "linkup/sdk/log.h"
#include "progress.h"

namespace linkup::daemon {

/// Looks whether every part of the process makes progress, and only then says so to who would restart it.
///
/// A part that is away but says so in time (a database that refuses connections) makes progress: to restart
/// this process would not bring it back, and /readyz tells of it.
///
/// Threading: any thread; `start` and `stop` from one.
class Watchdog {
public:
    /// Must be quick and must not throw; called on the watchdog's thread.
    using Look = std::function<Progress()>;

    explicit Watchdog(sdk::Log& log) : log_(log) {}
    /// As stop().
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// From now on this part counts. Returns what `forget` wants.
    std::uint64_t watch(std::string name, Look look);
    /// `look` is not called any more when this returns.
    void forget(std::uint64_t number) noexcept;

    /// Calls `feed` every `interval` in which each part has come on since the last time that it was called.
    /// A part that has stood still for two intervals is named in the log.
    void start(std::chrono::milliseconds interval, std::function<void()> feed);
    void stop() noexcept;

    /// One look: whether each part has come on since the last look that said so.
    bool allCameOn();

private:
    struct Part {
        std::string name;
        Look look;
        std::uint64_t fed_at = 0;  ///< its count when `allCameOn` last said yes
        int missed = 0;            ///< looks since then that found it there still
        bool fresh = true;         ///< nothing is known of it yet
    };
    void note(Part& part, bool came_on);

    sdk::Log& log_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::map<std::uint64_t, Part> parts_;
    std::uint64_t last_number_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace linkup::daemon
