#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>

namespace linkup::daemon {

struct PostgresqlResultClearer {
    void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresqlResult = std::unique_ptr<PGresult, PostgresqlResultClearer>;

/// The last result of what was sent on a connection that does not block; null if the server has not answered
/// by `deadline`, after which the connection is of no use. libpq's own calls wait for ever for a server that
/// hangs without its machine being gone: a stopped process, a disk that does not come back.
PostgresqlResult resultBy(PGconn* connection, std::chrono::steady_clock::time_point deadline);

}  // namespace linkup::daemon
