#include "database_pool.h"

#include <utility>

namespace linkup::daemon {

namespace {

constexpr std::chrono::milliseconds kProbeInterval{250};

}  // namespace

SessionPool::SessionPool(std::vector<std::unique_ptr<DatabaseSession>> sessions,
                         std::chrono::milliseconds wait, sdk::Log& log)
    : sessions_(std::move(sessions)), wait_(wait), log_(log) {
    idle_.reserve(sessions_.size());
    for (const auto& session : sessions_) idle_.push_back(session.get());
}

SessionPool::Lease SessionPool::acquire() {
    DatabaseSession& session = takeIdle();
    try {
        ensureConnected(session);
    } catch (...) {
        release(session, Place::kLast);
        throw;
    }
    return Lease(*this, session);
}

DatabaseSession& SessionPool::takeIdle() {
    std::unique_lock lock(mutex_);
    if (idle_.empty()) {
        ++waits_;
        if (!freed_.wait_for(lock, wait_, [&] { return !idle_.empty(); })) {
            ++refusals_;
            throw databaseError(sdk::ErrorCode::kUnavailable);
        }
    }
    DatabaseSession& session = *idle_.back();
    idle_.pop_back();
    return session;
}

void SessionPool::ensureConnected(DatabaseSession& session) {
    if (session.usable()) return;
    if (!mayConnect()) throw databaseError(sdk::ErrorCode::kUnavailable);
    try {
        session.connect();
    } catch (...) {
        connectionFailed();
        throw;
    }
    connected();
}

bool SessionPool::mayConnect() {
    const std::lock_guard lock(mutex_);
    if (!away_) return true;
    if (probing_ || std::chrono::steady_clock::now() < next_probe_) {
        ++refusals_;
        return false;
    }
    probing_ = true;
    return true;
}

void SessionPool::connected() {
    bool was_away = false;
    {
        const std::lock_guard lock(mutex_);
        probing_ = false;
        was_away = std::exchange(away_, false);
    }
    if (was_away) log_.info("database is back");
}

void SessionPool::connectionFailed() {
    bool was_away = false;
    {
        const std::lock_guard lock(mutex_);
        ++refusals_;
        probing_ = false;
        was_away = std::exchange(away_, true);
        next_probe_ = std::chrono::steady_clock::now() + kProbeInterval;
    }
    if (!was_away) log_.error("database is away; calls are refused until it is back");
}

void SessionPool::release(DatabaseSession& session, Place place) noexcept {
    {
        const std::lock_guard lock(mutex_);
        idle_.insert(place == Place::kFirst ? idle_.end() : idle_.begin(), &session);  // has room for all
    }
    freed_.notify_one();
}

void SessionPool::addTo(DatabaseStatistics& statistics) const {
    const std::lock_guard lock(mutex_);
    statistics.sessions += static_cast<int>(sessions_.size());
    statistics.busy += static_cast<int>(sessions_.size() - idle_.size());
    statistics.waits += waits_;
    statistics.refusals += refusals_;
}

}  // namespace linkup::daemon
