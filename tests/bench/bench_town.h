#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "free_port.h"
#include "linkup_daemon.h"
#include "private_postgres.h"

namespace linkup::bench {

/// The built daemon with demo accounts, ready to be measured: on SQLite, or on PostgreSQL with commits that
/// wait for the disk.
class BenchTown {
public:
    enum class Store { kSqlite, kPostgresql };

    /// `settings` are given to the daemon over those that make sign-ins cheap and unthrottled,
    /// `postgres_settings` to PostgreSQL. Errors: std::runtime_error with the daemon's log.
    BenchTown(Store store, int people, const std::map<std::string, std::string>& settings = {},
              std::vector<std::string> postgres_settings = {});

    test::LinkupDaemon& daemon() { return *daemon_; }
    std::uint16_t port() const { return daemon_->port(); }
    /// Of kPostgresql alone; its database is called `linkup`.
    test::PrivatePostgres& postgres() { return *postgres_; }
    /// What the daemon was started with, for another node of the same town.
    const test::DaemonOptions& options() const { return options_; }
    /// Access tokens of the first `count` people.
    std::vector<std::string> tokens(int count);

private:
    test::TemporaryFolder folder_;
    std::unique_ptr<test::PrivatePostgres> postgres_;
    test::DaemonOptions options_;
    std::unique_ptr<test::LinkupDaemon> daemon_;
};

/// The bare server of this build, on a free port.
class BareServer {
public:
    explicit BareServer(int threads);

    std::uint16_t port() const { return port_.number(); }
    pid_t pid() const { return process_->pid(); }

private:
    test::FreePort port_;
    std::unique_ptr<test::Process> process_;
};

/// How many bytes of memory a process holds.
std::size_t residentBytes(pid_t process);
/// How many threads it has.
int threadCount(pid_t process);
/// What the machine had to do in the last minute, as the kernel counts it.
double machineLoad();

/// The middle one.
double median(std::vector<double> values);

/// Whether a figure meets what is asked of it, as a word for the end of a line.
const char* verdict(bool met);

}  // namespace linkup::bench
