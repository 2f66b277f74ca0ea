#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "free_port.h"
#include "process.h"
#include "temporary_folder.h"

namespace linkup::test {

struct PostgresOptions {
    bool fsync = false;  ///< whether a commit waits for the disk; benches want it, tests do not
    std::vector<std::string> settings = {};  ///< more of them, as "name=value"
};

/// A PostgreSQL server of one's own, listening on the loopback address only, with its data in a temporary
/// folder.
///
/// Run as root it runs as the user `postgres`, as it refuses root. The first one of a build makes a cluster
/// with initdb and keeps it in the build folder; the others start from a copy, in a quarter of the time.
///
/// Errors: every function throws std::runtime_error, with the server's log, when the server does not do its
/// part.
class PrivatePostgres {
public:
    /// Starts it and waits until it takes connections.
    explicit PrivatePostgres(PostgresOptions options = {});
    ~PrivatePostgres();

    /// One server for the whole test program, started when first asked for. Tests that use it make a database
    /// each.
    static PrivatePostgres& shared();

    /// The address of the database `postgres`: `postgresql://postgres@127.0.0.1:PORT/postgres`.
    std::string url() const { return url("postgres"); }
    /// The address of `database`.
    std::string url(const std::string& database) const;

    /// Makes an empty database and returns its address.
    std::string createDatabase(const std::string& name);
    /// As above, with a name that no other database of this server has.
    std::string createDatabase();

    /// Runs SQL with psql. Returns what it prints: no header, columns separated by `|`.
    std::string query(const std::string& sql, const std::string& database = "postgres",
                      std::chrono::milliseconds deadline = std::chrono::seconds{60});

    /// Cuts all connections and stops it in good order; its data stay.
    void stop();
    /// Starts it again, on the same port, with the data it had.
    void start();
    /// Ends it without a checkpoint or a farewell, as a crash would. `start` recovers what was committed:
    /// without `fsync` too, as the machine itself lives on.
    void kill();

    std::uint16_t port() const { return port_.number(); }
    /// The server's log since its last start.
    std::string log() const;

private:
    bool accepts();

    PostgresOptions options_;
    FreePort port_;
    TemporaryFolder folder_;
    std::unique_ptr<Process> server_;
    int databases_ = 0;
};

}  // namespace linkup::test
