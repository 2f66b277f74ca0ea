#include "route_batch.h"

#include <exception>
#include <utility>
#include <vector>

#include "daemon/services/request_scope.h"
#include "gateway_core.h"
#include "http_route.h"
#include "replies.h"

namespace linkup::daemon {

RouteBatch::RouteBatch(GatewayCore& core, HttpRoute& route, WorkerPool& pool, std::size_t most,
                       sdk::HttpBatchHandler handler)
    : WorkLane(pool, most), core_(core), route_(route), handler_(std::move(handler)) {}

void RouteBatch::run(std::span<Queued* const> pieces) noexcept {
    const auto piece_at = [&](std::size_t i) -> BatchPiece& { return static_cast<BatchPiece&>(*pieces[i]); };
    std::vector<sdk::PendingRequest> pending;
    pending.reserve(pieces.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) pending.push_back({piece_at(i).request});
    std::optional<sdk::Response> failure;
    {
        // What is logged carries the ids of the first: it stands for all.
        const RequestScope scope(piece_at(0).request.id, piece_at(0).trace);
        answer(pending, failure);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            auto& [request, response, error] = pending[i];
            std::optional<sdk::Response>& reply = piece_at(i).response;
            if (error.has_value()) {
                reply = replyTo(*error);
            } else if (response.has_value()) {
                reply = std::move(response);
            } else {
                reply = failure.has_value() ? *failure : fault("left a request without an answer");
            }
        }
    }
    // The last of them may take the route along; the pool holds this object.
    for (std::size_t i = 0; i < pieces.size(); ++i) piece_at(i).goOn();
}

void RouteBatch::answer(std::span<sdk::PendingRequest> pending,
                        std::optional<sdk::Response>& failure) noexcept {
    const Passage passage(route_.gate);
    if (!passage) {
        failure = replies::busy(core_.settings.retry_after);
        return;
    }
    try {
        handler_(pending);
    } catch (const sdk::Error& error) {
        failure = replyTo(error);
    } catch (const std::exception& error) {
        failure = fault(error.what());
    } catch (...) {
        failure = fault("not a std::exception");
    }
}

sdk::Response RouteBatch::replyTo(const sdk::Error& error) const {
    sdk::Response reply = replies::of(error, core_.settings.retry_after);
    return reply.status == 500 ? fault(error.what()) : reply;
}

sdk::Response RouteBatch::fault(std::string_view reason) const {
    core_.log.error("a handler failed",
                    {{"plugin", route_.owner}, {"route", route_.spec.path}, {"reason", reason}});
    return replies::internal();
}

}  // namespace linkup::daemon
