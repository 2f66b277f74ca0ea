#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/services/bus.h"
#include "daemon/services/cache.h"
#include "daemon/services/database.h"
#include "daemon/services/progress.h"
#include "linkup/sdk/json.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"
#include "parts_meter.h"

namespace linkup::daemon {

/// Whether this node can serve. Looks at database, cache and bus once a second on a thread of its own, so
/// that asking costs nothing and works on an I/O thread.
///
/// Lifetime: what it is given outlives it.   Threading: any thread.
class Readiness {
public:
    enum class Phase { kStarting, kServing, kDraining };
    static constexpr std::chrono::milliseconds kInterval{1000};

    Readiness(PooledDatabase& database, HostCache& cache, HostBus& bus, sdk::Log& log, sdk::Metrics& metrics);
    /// As stop().
    ~Readiness();

    /// Looks once, then starts the thread.
    void start();
    void stop() noexcept;
    void setPhase(Phase phase) noexcept { phase_ = phase; }

    bool ready() const noexcept { return phase_ == Phase::kServing && database_ok_ && shared_ok_; }
    /// The body of /readyz.
    sdk::Json report() const;
    /// "ok" or "error".
    std::string database() const { return database_ok_ ? "ok" : "error"; }
    /// Counts the looks that came back, whatever they saw.
    Progress progress() const noexcept { return progress_.look(); }
    /// Of cache and bus, whichever they are.
    std::string shared() const { return shared_ok_ ? "ok" : "error"; }

private:
    void look() noexcept;
    void note(std::atomic<bool>& state, bool now, std::string_view what) noexcept;

    PooledDatabase& database_;
    HostCache& cache_;
    HostBus& bus_;
    sdk::Log& log_;
    sdk::Gauge& ready_gauge_;
    std::atomic<Phase> phase_{Phase::kStarting};
    std::atomic<bool> database_ok_{true};
    std::atomic<bool> shared_ok_{true};
    ProgressMark progress_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    PartsMeter meter_;  // of the thread
    std::thread thread_;
};

}  // namespace linkup::daemon
