#pragma once

#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "daemon/services/worker_pool.h"
#include "io_thread.h"
#include "route_batch.h"

namespace linkup::daemon {

/// Goes on, on its own I/O thread, with a coroutine that waits for what another thread does.
template <class Handler>
class Resumption {
public:
    Resumption(Handler handler, IoThread& io) : handler_(std::move(handler)), io_(io) {}
    void operator()(bool ran) {
        asio::post(io_.context().get_executor(),
                   [handler = std::move(handler_), ran]() mutable { std::move(handler)(ran); });
    }

private:
    Handler handler_;
    IoThread& io_;
};

/// Runs `function`, which must not throw, on a pool, and goes on here afterwards. False, at once, if the pool
/// is full. `function` and what it refers to live in the awaiting coroutine.
template <class Function>
Awaitable<bool> onPool(WorkerPool& pool, IoThread& io, Function& function) {
    return asio::async_initiate<const asio::use_awaitable_t<IoExecutor>, void(bool)>(
        [&pool, &io, &function](auto handler) {
            class Step final : public Work {
            public:
                Step(Resumption<decltype(handler)> after, Function& work)
                    : resume(std::move(after)), function_(work) {}
                void run() noexcept override {
                    const std::unique_ptr<Step> self(this);
                    function_();
                    resume(true);
                }
                Resumption<decltype(handler)> resume;

            private:
                Function& function_;
            };
            auto step = std::make_unique<Step>(Resumption(std::move(handler), io), function);
            if (pool.post(*step)) {
                static_cast<void>(step.release());
            } else {
                step->resume(false);
            }
        },
        kAwait);
}

/// Has `request` answered together with others of its route, and goes on here afterwards. False, at once, if
/// the pool is full. What the arguments refer to lives in the awaiting coroutine.
inline Awaitable<bool> inBatch(WorkerPool& pool, RouteBatch& batch, IoThread& io, const sdk::Request& request,
                               const sdk::TraceContext& trace, std::optional<sdk::Response>& response) {
    return asio::async_initiate<const asio::use_awaitable_t<IoExecutor>, void(bool)>(
        [&](auto handler) {
            class Piece final : public BatchPiece {
            public:
                Piece(Resumption<decltype(handler)> after, const sdk::Request& asked,
                      const sdk::TraceContext& of, std::optional<sdk::Response>& reply)
                    : BatchPiece(asked, of, reply), resume(std::move(after)) {}
                void goOn() noexcept override {
                    const std::unique_ptr<Piece> self(this);
                    resume(true);
                }
                Resumption<decltype(handler)> resume;
            };
            auto piece =
                std::make_unique<Piece>(Resumption(std::move(handler), io), request, trace, response);
            if (pool.post(*piece, batch)) {
                static_cast<void>(piece.release());
            } else {
                piece->resume(false);
            }
        },
        kAwait);
}

}  // namespace linkup::daemon
