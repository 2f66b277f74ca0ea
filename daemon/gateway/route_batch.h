#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "daemon/services/worker_pool.h"
#include "linkup/sdk/http.h"
#include "linkup/sdk/trace.h"

namespace linkup::daemon {

struct GatewayCore;
struct HttpRoute;

/// One request that waits for its reply together with others.
class BatchPiece : public Queued {
public:
    BatchPiece(const sdk::Request& asked, const sdk::TraceContext& of, std::optional<sdk::Response>& reply)
        : request(asked), trace(of), response(reply) {}
    /// The reply is there. The piece may be gone when this returns.
    virtual void goOn() noexcept = 0;

    const sdk::Request& request;
    const sdk::TraceContext& trace;
    std::optional<sdk::Response>& response;
};

/// Has requests of one route answered together by a plugin's batch handler.
///
/// Threading: `post` from any thread.   Lifetime: the route's, which each request that waits holds.
class RouteBatch final : public WorkLane {
public:
    RouteBatch(GatewayCore& core, HttpRoute& route, WorkerPool& pool, std::size_t most,
               sdk::HttpBatchHandler handler);

private:
    void run(std::span<Queued* const> pieces) noexcept override;
    void answer(std::span<sdk::PendingRequest> pending, std::optional<sdk::Response>& failure) noexcept;
    sdk::Response replyTo(const sdk::Error& error) const;
    sdk::Response fault(std::string_view reason) const;

    GatewayCore& core_;
    HttpRoute& route_;
    const sdk::HttpBatchHandler handler_;
};

}  // namespace linkup::daemon
