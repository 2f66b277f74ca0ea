#include "database_postgresql_wait.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace linkup::daemon {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

/// In milliseconds, for poll.
int timeLeft(Deadline deadline) {
    if (deadline == Deadline::max()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000'000));
}

bool isReadyBy(PGconn* connection, short events, Deadline deadline) {
    pollfd socket{PQsocket(connection), events, 0};
    int ready = -1;
    do ready = poll(&socket, 1, timeLeft(deadline));
    while (ready < 0 && errno == EINTR);
    return ready != 0;
}

/// Whether PQgetResult has something to say without waiting, which may be that the connection broke.
bool hasResultBy(PGconn* connection, Deadline deadline) {
    int unsent = PQflush(connection);
    while (unsent >= 0 && PQisBusy(connection) != 0) {
        const short events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
        if (!isReadyBy(connection, events, deadline)) return false;
        if (PQconsumeInput(connection) == 0) break;
        // The rest of a record stays inside OpenSSL, where poll does not see it.
        if (PQsslInUse(connection) != 0 && PQconsumeInput(connection) == 0) break;
        if (unsent > 0) unsent = PQflush(connection);
    }
    return true;
}

}  // namespace

PostgresqlResult resultBy(PGconn* connection, Deadline deadline) {
    PostgresqlResult last;
    while (hasResultBy(connection, deadline)) {
        PostgresqlResult next(PQgetResult(connection));
        if (next == nullptr) return last;
        last = std::move(next);
        if (PQstatus(connection) != CONNECTION_OK) return last;
    }
    return nullptr;
}

}  // namespace linkup::daemon
