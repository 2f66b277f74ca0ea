#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "address_limits.h"
#include "linkup/sdk/live.h"
#include "overload.h"
#include "trusted_proxies.h"

namespace linkup::daemon {

/// Limits of a WebSocket.
struct SocketSettings {
    sdk::Live<std::size_t> max_message_bytes = 128 * 1024;  ///< beyond: close 1009
    sdk::Live<std::size_t> outgoing_budget_bytes = 1024 * 1024;
    sdk::Live<std::size_t> incoming_events =
        64;  ///< waiting for the handler; with more the socket is not read
    sdk::Live<std::size_t> incoming_bytes = 256 * 1024;
    sdk::Live<std::size_t> per_user_and_path = 20;  ///< the oldest beyond is closed with 1008
    sdk::Live<int> bad_events_per_minute = 10;      ///< with the last of these: close 1008
    sdk::Live<std::chrono::milliseconds> ping_interval = std::chrono::milliseconds(30'000);
    sdk::Live<std::chrono::milliseconds> ping_timeout = std::chrono::milliseconds(10'000);
    /// For the peer's answer to our close.
    sdk::Live<std::chrono::milliseconds> close_timeout = std::chrono::milliseconds(3'000);
    /// One frame that will not go out.
    sdk::Live<std::chrono::milliseconds> write_timeout = std::chrono::milliseconds(30'000);

    void takeLive(const SocketSettings& next);
};

/// How the gateway listens and what it bears. Every default is fit for production. What is Live holds for
/// what begins after a change, and is shared by all copies.
struct GatewaySettings {
    std::string address = "0.0.0.0";
    std::uint16_t port = 8002;  ///< 0: the kernel chooses, see Gateway::boundPort
    int backlog = 4096;
    int io_threads = 2;
    /// HTTP and WebSocket together; beyond, a new one is closed at once.
    sdk::Live<std::size_t> max_connections = 50'000;
    sdk::Live<std::size_t> max_header_bytes = 16 * 1024;
    /// From a request's first byte to its last header.
    sdk::Live<std::chrono::milliseconds> header_timeout = std::chrono::milliseconds(10'000);
    /// Between requests.
    sdk::Live<std::chrono::milliseconds> keep_alive_timeout = std::chrono::milliseconds(75'000);
    /// For a body, and on top of it the time that its size takes at body_bytes_per_second.
    sdk::Live<std::chrono::milliseconds> body_timeout = std::chrono::milliseconds(10'000);
    sdk::Live<std::size_t> body_bytes_per_second = 16 * 1024;
    sdk::Live<std::chrono::milliseconds> write_timeout = std::chrono::milliseconds(30'000);
    sdk::Live<std::chrono::seconds> retry_after = std::chrono::seconds(1);  ///< said with a 503
    LiveProxies trusted_proxies;  ///< addresses or networks whose X-Forwarded-For and X-Request-Id count
    std::string upload_folder = "/tmp";  ///< of the nameless files that uploads are until a handler has them
    sdk::Live<std::size_t> max_uploads = 64;  ///< at the same time; beyond, 503
    std::string tls_certificate_file;         ///< with intermediate ones, in PEM; empty: plain HTTP
    std::string tls_key_file;
    OverloadSettings overload;
    AddressSettings addresses;
    sdk::Live<bool> access_log = true;  ///< a line for each request, at level info
    SocketSettings sockets;

    /// Sets the live values as `next` has them, for all copies.
    void takeLive(const GatewaySettings& next);
};

}  // namespace linkup::daemon
