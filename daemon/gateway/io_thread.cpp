#include "io_thread.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "tls.h"

namespace linkup::daemon {

namespace {

constexpr int kTicksPerLook = 20;  // at the certificate: once a second

/// "Tue, 24 Nov 2026 02:04:15 GMT" (RFC 9110 §5.6.7), whatever the locale.
std::string httpDate(std::chrono::sys_seconds time) {
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                                     kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                     kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                                     parts.tm_hour, parts.tm_min, parts.tm_sec);
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

Connection::Connection(IoThread& io) : io_(io), listed_(true), next_(io.connections_) {
    if (next_ != nullptr) next_->previous_ = this;
    io.connections_ = this;
    io.core_.connections.fetch_add(1, std::memory_order_relaxed);
    io.core_.metrics.connections.add(1);
}

Connection::~Connection() {
    leave();
}

void Connection::leave() noexcept {
    if (!listed_) return;
    listed_ = false;
    (previous_ != nullptr ? previous_->next_ : io_.connections_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    io_.wheel_.clear(*this);
    io_.core_.connections.fetch_sub(1, std::memory_order_relaxed);
    io_.core_.metrics.connections.add(-1);
}

IoThread::IoThread(GatewayCore& core, int number)
    : core_(core),
      number_(number),
      work_(context_.get_executor()),
      ticker_(context_.get_executor()),
      lag_seconds_(core.metric_maker.histogram(
          "event_loop_lag_seconds", "How late an I/O thread came to its timer, twenty times a second.",
          {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5},
          {{"thread", std::to_string(number)}})),
      wheel_(core.clock.steady()) {}

IoThread::~IoThread() {
    stop();
}

void IoThread::start() {
    tick();
    thread_ = std::thread([this] {
        // A handler that throws has a bug; the loop goes on for all the others.
        while (true) {
            try {
                context_.run();
                return;
            } catch (const std::exception& error) {
                core_.log.error("an I/O handler failed", {{"reason", error.what()}});
            }
        }
    });
    pthread_setname_np(thread_.native_handle(), ("io:" + std::to_string(number_)).c_str());
}

void IoThread::stop() noexcept {
    work_.reset();
    context_.stop();
    if (thread_.joinable()) thread_.join();
    due_.store(0, std::memory_order_relaxed);
}

const RouteTree& IoThread::routes() {
    const std::uint64_t version = core_.router.version();
    if (routes_ == nullptr || version != routes_version_) {
        routes_ = core_.router.snapshot();
        routes_version_ = version;
    }
    return *routes_;
}

std::chrono::nanoseconds IoThread::lag() const noexcept {
    using Clock = std::chrono::steady_clock;
    const auto due = due_.load(std::memory_order_relaxed);
    if (due == 0) return {};  // does not run
    const auto overdue = Clock::now().time_since_epoch().count() - due;
    return Clock::duration(std::max(overdue, late_.load(std::memory_order_relaxed)));
}

void IoThread::measureLag() noexcept {
    using Clock = std::chrono::steady_clock;
    const auto now = Clock::now().time_since_epoch().count();
    const auto due = due_.load(std::memory_order_relaxed);
    if (due != 0) {
        const auto late = std::max<Clock::rep>(now - due, 0);
        late_.store(late, std::memory_order_relaxed);
        lag_seconds_.observe(std::chrono::duration<double>(Clock::duration(late)).count());
    }
    due_.store((Clock::duration(now) + DeadlineWheel::kTick).count(), std::memory_order_relaxed);
}

/// Looks at the files on the pool that may wait for a disk, one look at a time.
void IoThread::watchCertificate() {
    if (watching_->exchange(true)) return;
    const bool posted = core_.disk.post([tls = core_.tls.get(), watching = watching_] {
        tls->reloadIfChanged();
        watching->store(false);
    });
    if (!posted) watching_->store(false);
}

void IoThread::tick() {
    measureLag();
    progress_.beat();
    core_.overload.look(std::chrono::steady_clock::now(), core_.delay());
    if (number_ == 0 && core_.tls != nullptr && ++ticks_ % kTicksPerLook == 0) watchCertificate();
    wheel_.advance(now());
    const auto second = std::chrono::floor<std::chrono::seconds>(core_.clock.now());
    if (second != date_second_ || date_.empty()) {
        date_second_ = second;
        date_ = httpDate(second);
    }
    ticker_.expires_after(DeadlineWheel::kTick);
    ticker_.async_wait([this](const boost::system::error_code& fault) {
        if (!fault) tick();
    });
}

}  // namespace linkup::daemon
