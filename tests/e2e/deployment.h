#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "linkup_daemon.h"
#include "private_postgres.h"
#include "private_redis.h"

namespace linkup::test {

/// What users meet: one daemon on SQLite and memory, one on PostgreSQL and memory, or two that share one
/// PostgreSQL and one Redis. PostgreSQL is the one of the test program.
class Deployment {
public:
    enum class Kind { kEmbedded, kPostgres, kTwoNodes };
    /// `settings` are added to those that tests need: quick password hashes, no throttle on codes.
    explicit Deployment(Kind kind, const std::map<std::string, std::string>& settings = {});

    /// The same one for each kind with one node.
    LinkupDaemon& first() { return *daemons_.front(); }
    LinkupDaemon& second() { return *daemons_.back(); }
    /// Where so many phones go that take one node and the other in turns.
    std::vector<std::string> inTurns(std::size_t phones) const;
    /// Its database on PrivatePostgres::shared(), unless it is kEmbedded.
    const std::string& database() const { return database_; }
    /// Of kTwoNodes alone.
    PrivateRedis& redis() { return *redis_; }
    /// The code in the newest mail to `address` but for the `used` first ones, on whichever node sent it.
    std::string codeFor(const std::string& address, std::size_t used = 0);
    /// Runs the program with these arguments and the deployment's settings, until it ends.
    ProcessResult command(const std::vector<std::string>& arguments);
    /// Ends all and returns the worst exit code.
    int stop();

private:
    DaemonOptions options_;
    std::string database_;
    std::unique_ptr<PrivateRedis> redis_;
    std::vector<std::unique_ptr<LinkupDaemon>> daemons_;
};

}  // namespace linkup::test
