#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace linkup::bench {

/// Requests without end on `connections` kept-alive connections: on each of them the next one goes out when
/// the reply to the one before is complete, or, with a `rate`, when it is due.
struct HttpLoad {
    std::uint16_t port = 0;
    std::string path = {};
    std::string token = {};  ///< sent as a bearer token unless empty
    int connections = 32;
    std::chrono::milliseconds duration = std::chrono::seconds{2};
    /// Requests a second, come what may, as from people who know nothing of one another. A reply's time
    /// counts from when its request was due, also if all connections were busy then. 0: as many as go.
    double rate = 0;
    std::string method = "GET";
    std::string body = {};
    std::string content_type = "application/json";  ///< of the body
    /// Makes the load's nth request from 0 on another one, by changing these; empty: all are the same.
    std::function<void(std::size_t nth, HttpLoad& request)> vary = {};
};

/// What came of it. All replies had status 200.
struct HttpLoadResult {
    double per_second = 0;
    std::chrono::microseconds median{0};
    std::chrono::microseconds p99{0};
};

/// Runs it on this thread. Errors: std::runtime_error when a connection is refused or closed, or a reply has
/// another status than 200.
HttpLoadResult run(const HttpLoad& load);

/// A TCP connection to the loopback address, without delay. Errors: std::runtime_error.
int dial(std::uint16_t port);

}  // namespace linkup::bench
