#include "gateway_core.h"

#include <limits>

#include "linkup/sdk/error.h"
#include "tls.h"

namespace linkup::daemon {

namespace {

constexpr int kDiskThreads = 2;

std::unique_ptr<TlsIdentity> identityOf(const GatewaySettings& settings, sdk::Log& log,
                                        sdk::Metrics& metrics) {
    if (settings.tls_certificate_file.empty() != settings.tls_key_file.empty())
        throw sdk::Error(
            sdk::ErrorCode::kInvalidArgument,
            "server.tls.certificate_file and server.tls.key_file: one is set and the other is not");
    if (settings.tls_certificate_file.empty()) return nullptr;
    return std::make_unique<TlsIdentity>(settings.tls_certificate_file, settings.tls_key_file, log, metrics);
}

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
      failed_handshakes(
          metrics.counter("tls_handshakes_failed_total", "Connections that could not agree on TLS.")),
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
      metrics(maker),
      tls(identityOf(settings, logger, maker)),
      addresses(settings.addresses, maker),
      overload(settings.overload, logger, maker),
      hub(bus, hexOf((std::uint64_t{std::random_device{}()} << 32) ^ std::random_device{}()),
          settings.sockets.per_user_and_path),
      disk("disk", kDiskThreads, std::numeric_limits<std::size_t>::max(), logger, maker) {}

GatewayCore::~GatewayCore() = default;

}  // namespace linkup::daemon
