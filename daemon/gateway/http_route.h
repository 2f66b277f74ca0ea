#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "daemon/services/worker_pool.h"
#include "gate.h"
#include "linkup/sdk/http.h"
#include "linkup/sdk/metrics.h"
#include "linkup/sdk/registrar.h"
#include "request_validator.h"
#include "route_batch.h"

namespace linkup::daemon {

/// A route as the gateway keeps it.
struct HttpRoute {
    HttpRoute(std::string owner_name, sdk::RouteSpec route, sdk::HttpHandler function,
              WorkerPool* worker_pool, sdk::Histogram& histogram)
        : owner(std::move(owner_name)),
          spec(std::move(route)),
          handler(std::move(function)),
          validator(spec),
          pool(worker_pool),
          seconds(histogram) {}

    const std::string owner;
    const sdk::RouteSpec spec;
    const sdk::HttpHandler handler;  ///< of one request; null if `batch` is there
    const RequestValidator validator;
    WorkerPool* const pool;  ///< null: runs on the I/O thread, even under overload and while draining
    sdk::Histogram& seconds;
    std::atomic<sdk::Importance> importance{sdk::Importance::kCore};
    std::array<sdk::Counter*, 5> replies{};  ///< of its plugin, by class of status; set by the gateway
    Gate gate;
    std::shared_ptr<RouteBatch> batch;  ///< has requests answered together; set by the gateway

    /// The largest body, with all that an upload may have.
    std::uint64_t maxBodyBytes() const noexcept {
        return spec.max_body_bytes + (spec.upload.has_value() ? spec.upload->max_bytes : 0);
    }
};

}  // namespace linkup::daemon
