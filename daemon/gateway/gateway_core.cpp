#include "gateway_core.h"

namespace linkup::daemon {

namespace {

constexpr int kDiskThreads = 2;

WorkerPool& requestsPool(WorkerPools& pools) {
    WorkerPool* pool = pools.find("requests");
    if (pool == nullptr) throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "the pool 'requests' is missing");
    return *pool;
}

}  // namespace

GatewayMetrics::GatewayMetrics(sdk::Metrics& metrics)
    : connections(metrics.gauge("connections", "Open connections, HTTP and WebSocket.")),
      connections_refused(
          metrics.counter("connections_refused_total", "Connections closed because of the limit.")),
      bad_events(metrics.counter("bad_events_total", "Socket events that were refused.")),
      slow_sockets(
          metrics.counter("slow_sockets_total", "Sockets closed with 1013 because they read too slowly.")) {
    for (const char* status : {"1xx", "2xx", "3xx", "4xx", "5xx"}) {
        by_class.push_back(
            &metrics.counter("replies_total", "HTTP replies by class of status.", {{"class", status}}));
    }
}

GatewayCore::GatewayCore(GatewaySettings options, sdk::Log& logger, sdk::Metrics& maker, sdk::Clock& time,
                         sdk::Bus& bus, WorkerPools& worker_pools)
    : settings(std::move(options)),
      log(logger),
      metric_maker(maker),
      clock(time),
      pools(worker_pools),
      requests(requestsPool(worker_pools)),
      disk("disk", kDiskThreads, settings.max_connections, logger, maker),
      proxies(settings.trusted_proxies),
      metrics(maker),
      hub(bus, hexOf((std::uint64_t{std::random_device{}()} << 32) ^ std::random_device{}()),
          settings.sockets.per_user_and_path) {}

}  // namespace linkup::daemon
