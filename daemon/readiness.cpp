#include "readiness.h"

#include <functional>

namespace linkup::daemon {

namespace {

bool answers(const std::function<void()>& ping) noexcept {
    try {
        ping();
        return true;
    } catch (...) {
        return false;  // the reason is in the log of the part that threw
    }
}

}  // namespace

Readiness::Readiness(PooledDatabase& database, HostCache& cache, HostBus& bus, sdk::Log& log,
                     sdk::Metrics& metrics)
    : database_(database),
      cache_(cache),
      bus_(bus),
      log_(log),
      ready_gauge_(metrics.gauge("ready", "1 while this node can serve.")),
      meter_(database, bus, metrics) {}

Readiness::~Readiness() {
    stop();
}

void Readiness::start() {
    look();
    thread_ = std::thread([this] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, kInterval, [this] { return stopping_; })) {
            lock.unlock();
            look();
            lock.lock();
        }
    });
}

void Readiness::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Readiness::look() noexcept {
    note(database_ok_, answers([this] { database_.ping(); }), "database");
    note(shared_ok_, bus_.healthy() && answers([this] { cache_.ping(); }), "cache and bus");
    try {
        meter_.measure();
    } catch (const std::exception& error) {
        log_.error("the numbers of database and bus cannot be had", {{"reason", error.what()}});
    }
    ready_gauge_.set(ready() ? 1 : 0);
    progress_.beat();
}

void Readiness::note(std::atomic<bool>& state, bool now, std::string_view what) noexcept {
    if (state.exchange(now) == now) return;
    if (now) {
        log_.info("is back", {{"what", what}});
    } else {
        log_.error("is away, so this node is not ready", {{"what", what}});
    }
}

sdk::Json Readiness::report() const {
    const Phase phase = phase_;
    const char* const process = phase == Phase::kServing    ? "ok"
                                : phase == Phase::kStarting ? "starting"
                                                            : "draining";
    sdk::Json checks =
        sdk::Json::object({{"process", process}, {"database", database()}, {"redis", shared()}});
    return sdk::Json::object({{"status", ready() ? "ready" : "not_ready"}, {"checks", std::move(checks)}});
}

}  // namespace linkup::daemon
