#pragma once

#include <memory>
#include <string>

#include "free_port.h"
#include "process.h"

namespace linkup::test {

/// A Redis server of one's own on the loopback address. It keeps nothing: stopped and started, it is empty.
///
/// Errors: every function throws std::runtime_error, with the server's log, when the server does not do its
/// part.
class PrivateRedis {
public:
    /// Starts it and waits until it answers.
    PrivateRedis();

    /// One server for the whole test program, started when first asked for.
    static PrivateRedis& shared();

    /// `redis://127.0.0.1:PORT`
    std::string url() const { return "redis://127.0.0.1:" + std::to_string(port()); }
    std::uint16_t port() const { return port_.number(); }

    /// Sends one command with redis-cli and returns what it prints.
    std::string command(const std::vector<std::string>& words) const;

    /// Stops it; its connections are closed. `start` starts it again on the same port.
    void stop();
    void start();

    /// Stops it from answering, with its connections left open, until `thaw`: a server that hangs.
    void freeze();
    void thaw();

    std::string log() const;

private:
    FreePort port_;
    TemporaryFolder folder_;
    std::unique_ptr<Process> server_;
};

}  // namespace linkup::test
