#pragma once

#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "daemon/services/worker_pool.h"
#include "io_thread.h"

namespace linkup::daemon {

/// Runs `function`, which must not throw, on a pool, and goes on here afterwards. False, at once, if the pool
/// is full. `function` and what it refers to live in the awaiting coroutine.
template <class Function>
Awaitable<bool> onPool(WorkerPool& pool, IoThread& io, Function& function) {
    return asio::async_initiate<const asio::use_awaitable_t<IoExecutor>, void(bool)>(
        [&pool, &io, &function](auto handler) {
            using Handler = decltype(handler);
            class Step final : public Work {
            public:
                Step(Handler handler, Function& function, IoThread& io)
                    : handler_(std::move(handler)), function_(function), io_(io) {}
                void run() noexcept override {
                    const std::unique_ptr<Step> self(this);
                    function_();
                    resume(true);
                }
                void resume(bool ran) {
                    asio::post(io_.context().get_executor(),
                               [handler = std::move(handler_), ran]() mutable { std::move(handler)(ran); });
                }

            private:
                Handler handler_;
                Function& function_;
                IoThread& io_;
            };
            auto step = std::make_unique<Step>(std::move(handler), function, io);
            if (pool.post(*step)) {
                static_cast<void>(step.release());
            } else {
                step->resume(false);
            }
        },
        kAwait);
}

}  // namespace linkup::daemon
