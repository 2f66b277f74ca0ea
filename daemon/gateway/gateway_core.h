#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "authenticator_slot.h"
#include "daemon/services/worker_pool.h"
#include "gateway_settings.h"
#include "linkup/sdk/clock.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"
#include "request_ids.h"
#include "router.h"
#include "socket_hub.h"

namespace linkup::daemon {

class TlsIdentity;

struct GatewayMetrics {
    explicit GatewayMetrics(sdk::Metrics& metrics);
    sdk::Counter& replies(int status) const {
        return *by_class[static_cast<std::size_t>(status / 100 - 1) % 5];
    }

    std::vector<sdk::Counter*> by_class;
    sdk::Gauge& connections;
    sdk::Counter& connections_refused;
    sdk::Counter& failed_handshakes;
    sdk::Counter& bad_events;
    sdk::Counter& slow_sockets;
};

/// What all connections share. Outlives them.
struct GatewayCore {
    GatewayCore(GatewaySettings options, sdk::Log& logger, sdk::Metrics& metric_maker, sdk::Clock& time,
                sdk::Bus& bus, WorkerPools& worker_pools);
    ~GatewayCore();

    /// Where the listening socket goes on to the next process: time for the first request of who came last.
    static constexpr std::chrono::milliseconds kLastRequest{2000};

    /// Time for a peer's answer to our close. A process that ends has less of it than one that goes on.
    std::chrono::milliseconds closePatience() const {
        const std::chrono::milliseconds patience = settings.sockets.close_timeout;
        return draining ? patience / 6 : patience;
    }

    const GatewaySettings settings;
    sdk::Log& log;
    sdk::Metrics& metric_maker;
    sdk::Clock& clock;
    WorkerPools& pools;
    WorkerPool& requests;  ///< the pool "requests"
    GatewayMetrics metrics;
    const std::unique_ptr<TlsIdentity> tls;  ///< null: plain HTTP
    AddressLimits addresses;
    Overload overload;
    /// How long new work would wait now, for I/O threads or the pool "requests". Set before the threads run.
    std::function<std::chrono::nanoseconds()> delay;
    Router router;
    AuthenticatorSlot authenticator;
    RequestIds ids;
    NodeSocketHub hub;
    std::atomic<bool> draining{false};
    std::atomic<bool> refusing{false};  ///< what is new gets 503
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> uploads{0};
    /// Reads and writes files; each connection has one piece of work there at most, which bounds its queue.
    /// Last, as that work uses all the others.
    WorkerPool disk;
};

}  // namespace linkup::daemon
