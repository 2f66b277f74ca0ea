#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/gateway/gateway.h"
#include "daemon/services/bus.h"
#include "daemon/services/cache.h"
#include "daemon/services/database.h"
#include "daemon/services/logging.h"
#include "daemon/services/mailer.h"
#include "daemon/services/metrics.h"
#include "daemon/services/scheduler.h"
#include "daemon/services/worker_pool.h"
#include "settings.h"
#include "system_clock.h"

namespace linkup::daemon {

/// Whether the outside world is wanted: `--check` and the like need neither database nor Redis nor a port.
enum class PartsMode { kConnected, kOffline };

/// What the plugins stand on. Built in the order of the members, and destroyed in reverse.
struct DaemonParts {
    /// Log, metrics and clock; the rest comes with `open`.
    explicit DaemonParts(const Settings& settings);

    /// Errors: sdk::Error{kUnavailable} when the database cannot be reached, {kInvalidArgument} for a setting
    /// that cannot work; both with a message for the operator.
    void open(const Settings& settings, PartsMode mode);

    /// What is wrong with settings that stand for more than a value: addresses, networks. Changes nothing.
    static void check(const Settings& settings, std::vector<SettingFault>& faults);
    /// Takes over what is live, but for the log's level. The settings have passed all checks.
    void applyLive(const Settings& settings);
    void setLogLevel(std::string_view name);

    Logging logging;
    std::unique_ptr<sdk::Log> log;
    MetricsRegistry registry;
    std::unique_ptr<sdk::Metrics> metrics;
    SystemClock clock;
    DatabaseSettings database_settings;  ///< shares what is live with the database
    std::unique_ptr<PooledDatabase> database;
    std::unique_ptr<HostCache> cache;
    std::unique_ptr<HostBus> bus;
    std::unique_ptr<WorkerPools> pools;
    GatewaySettings gateway_settings;  ///< shares what is live with the gateway
    std::unique_ptr<Gateway> gateway;
    std::unique_ptr<QueuedMailer> mailer;
    std::unique_ptr<Scheduler> scheduler;
};

}  // namespace linkup::daemon
