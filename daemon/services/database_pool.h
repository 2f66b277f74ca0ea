#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "database_session.h"

namespace linkup::daemon {

/// Hands out sessions, the one used last first, so that few stay warm. A session whose connection is broken
/// is connected anew when it is next wanted; while the server is away callers are refused at once, and one of
/// them tries again every quarter of a second.
///
/// Threading: any thread.
class SessionPool {
    enum class Place { kFirst, kLast };

public:
    SessionPool(std::vector<std::unique_ptr<DatabaseSession>> sessions, std::chrono::milliseconds wait,
                sdk::Log& log);

    SessionPool(const SessionPool&) = delete;
    SessionPool& operator=(const SessionPool&) = delete;

    /// A session, for the lifetime of the lease.
    class Lease {
    public:
        Lease(SessionPool& pool, DatabaseSession& session) : pool_(pool), session_(session) {}
        ~Lease() { pool_.release(session_, Place::kFirst); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        DatabaseSession& operator*() const { return session_; }
        DatabaseSession* operator->() const { return &session_; }

    private:
        SessionPool& pool_;
        DatabaseSession& session_;
    };

    /// A connected session. Errors: Error{kUnavailable} if none gets free in time or the server is away.
    Lease acquire();

    /// Adds this pool's numbers.
    void addTo(DatabaseStatistics& statistics) const;

private:
    DatabaseSession& takeIdle();
    void ensureConnected(DatabaseSession& session);
    bool mayConnect();
    void connected();
    void connectionFailed();
    void release(DatabaseSession& session, Place place) noexcept;

    const std::vector<std::unique_ptr<DatabaseSession>> sessions_;
    const std::chrono::milliseconds wait_;
    sdk::Log& log_;

    mutable std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<DatabaseSession*> idle_;
    std::uint64_t waits_ = 0;
    std::uint64_t refusals_ = 0;
    bool away_ = false;
    bool probing_ = false;
    std::chrono::steady_clock::time_point next_probe_;
};

}  // namespace linkup::daemon
