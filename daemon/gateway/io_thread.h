#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <thread>

#include "daemon/services/progress.h"
#include "deadline_wheel.h"
#include "front_socket.h"
#include "gateway_core.h"

namespace linkup::daemon {

class IoThread;

/// A connection of one I/O thread; all its calls are made there.
class Connection : public Timed {
public:
    /// Asks it to end as soon as it is not in the middle of something.
    virtual void shutDown() noexcept = 0;
    /// Ends it now.
    virtual void kill() noexcept = 0;
    ~Connection() override;

protected:
    explicit Connection(IoThread& io);
    /// Takes it out of the thread's list and wheel, counted no more. On the I/O thread, before the last share
    /// goes.
    void leave() noexcept;
    IoThread& io() const noexcept { return io_; }

private:
    friend class IoThread;
    IoThread& io_;
    bool listed_ = false;
    Connection* next_ = nullptr;
    Connection* previous_ = nullptr;
};

/// One event loop with its thread, its connections and their deadlines.
class IoThread {
public:
    IoThread(GatewayCore& core, int number);
    ~IoThread();
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    void start();
    /// Returns when the loop has ended. What it had not done is dropped.
    void stop() noexcept;

    GatewayCore& core() const noexcept { return core_; }
    asio::io_context& context() noexcept { return context_; }
    DeadlineWheel& wheel() noexcept { return wheel_; }
    SteadyTime now() const { return core_.clock.steady(); }
    /// How late the loop is: what came now would wait about so long. Grows without end while a handler does
    /// not come back. Any thread.
    std::chrono::nanoseconds lag() const noexcept;
    /// Counts on as long as the loop gets round. Any thread.
    Progress progress() const noexcept { return progress_.look(); }

    // On the I/O thread only.
    /// The routes as they are now.
    const RouteTree& routes();
    /// For the Date header.
    std::string_view date() const noexcept { return date_; }
    /// Calls `each` for every connection; it may end that one.
    template <class Each>
    void forEachConnection(Each&& each) {
        for (Connection* one = connections_; one != nullptr;) {
            Connection& current = *one;
            one = one->next_;
            each(current);
        }
    }

private:
    friend class Connection;
    void tick();
    void measureLag() noexcept;
    void watchCertificate();

    GatewayCore& core_;
    const int number_;
    asio::io_context context_{1};
    asio::executor_work_guard<IoExecutor> work_;
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                               IoExecutor>
        ticker_;
    sdk::Histogram& lag_seconds_;
    // Of the real clock, which is the timer's: when the loop should have come by again, and how late it was.
    std::atomic<std::chrono::steady_clock::rep> due_{0};
    std::atomic<std::chrono::steady_clock::rep> late_{0};
    int ticks_ = 0;
    std::shared_ptr<std::atomic<bool>> watching_ = std::make_shared<std::atomic<bool>>(false);
    DeadlineWheel wheel_;
    ProgressMark progress_;
    Connection* connections_ = nullptr;
    std::shared_ptr<const RouteTree> routes_;
    std::uint64_t routes_version_ = 0;
    std::string date_;
    std::chrono::sys_seconds date_second_{};
    std::thread thread_;
};

}  // namespace linkup::daemon
