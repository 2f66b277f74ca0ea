#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "linkup/sdk/database.h"
#include "linkup/sdk/live.h"
#include "linkup/sdk/log.h"

namespace linkup::daemon {

/// Where the database is, and how patient to be with it.
struct DatabaseSettings {
    std::string url;     ///< `sqlite:FILE` or `postgresql://user:password@host:port/name?option=value`
    int sessions = 8;    ///< PostgreSQL: connections; SQLite: readers beside the one writer
    int wait_ms = 2000;  ///< how long a call waits for a free session before it is refused
    int connect_timeout_ms = 3000;  ///< PostgreSQL rounds it up to seconds, at least two
    /// A statement that runs longer is broken off; PostgreSQL counts as away if it has not even said so 5 s
    /// later.
    int statement_timeout_ms = 15000;
    /// One that takes longer is logged, with the request that it is part of; 0: none is.
    sdk::Live<std::chrono::milliseconds> slow_statement = std::chrono::milliseconds(500);
    /// PostgreSQL: transactions show their trace as application_name.
    sdk::Live<bool> show_trace = false;
};

/// Counters since the start, and gauges of this moment.
struct DatabaseStatistics {
    int sessions = 0;            ///< in the pool, connected or not
    int busy = 0;                ///< in use now
    std::uint64_t waits = 0;     ///< calls that had to wait for a session
    std::uint64_t refusals = 0;  ///< calls that got none in time, or while the server was away
    std::uint64_t connects = 0;  ///< connections made, the first ones included
    std::uint64_t prepared = 0;  ///< statements prepared, over all sessions
    std::uint64_t retries = 0;   ///< transactions run again after a lost race
};

/// A connection that also takes texts of several statements. Only migrations use it: such a text is not kept.
class ScriptConnection : public sdk::Connection {
public:
    /// Runs all statements of `text`, which has no placeholders. Errors: as execute.
    virtual void runScript(std::string_view text) = 0;
};

/// The database as the daemon sees it: what plugins get, and what only the host may do.
///
/// Lifetime: nothing that uses it may outlive it.   Threading: any thread that may block.
class PooledDatabase : public sdk::Database {
public:
    /// One transaction without statement timeout, for changes of the schema; retried as `transaction` is.
    virtual void script(const std::function<void(ScriptConnection&)>& work) = 0;
    /// Returns if the database answers, PostgreSQL within connect_timeout_ms; else throws
    /// Error{kUnavailable}. For readiness.
    virtual void ping() = 0;
    virtual DatabaseStatistics statistics() const = 0;
};

/// Opens the database and makes one connection, so that a wrong setting shows at the start.
/// Errors: Error{kInvalidArgument} for a URL that is none, Error{kUnavailable} when the database cannot be
/// reached; the driver's reason goes to `log`, without the password.
std::unique_ptr<PooledDatabase> openDatabase(const DatabaseSettings& settings, sdk::Log& log);

}  // namespace linkup::daemon
