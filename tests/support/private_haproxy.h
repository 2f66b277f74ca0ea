#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "free_port.h"
#include "process.h"

namespace linkup::test {

/// HAProxy with the configuration that operators are given, etc/haproxy/linkup.cfg, on the loopback address
/// and before two nodes there.
///
/// Errors: every function throws std::runtime_error, with what HAProxy printed, when it does not do its part.
class PrivateHaproxy {
public:
    /// Starts it and waits until it has found both nodes to be ready.
    PrivateHaproxy(std::uint16_t node_a, std::uint16_t node_b);

    std::uint16_t port() const { return public_.number(); }
    /// `http://127.0.0.1:PORT`
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

    /// A field of its statistics: of server "a" or "b", or of "BACKEND", which has the sums.
    std::string statistic(const std::string& server, const std::string& field) const;
    bool isUp(const std::string& server) const { return statistic(server, "status") == "UP"; }
    std::string log() const { return server_->output(); }

private:
    FreePort public_;
    FreePort statistics_;
    std::unique_ptr<Process> server_;
};

}  // namespace linkup::test
