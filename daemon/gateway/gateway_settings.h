#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace linkup::daemon {

/// Limits of a WebSocket.
struct SocketSettings {
    std::size_t max_message_bytes = 128 * 1024;  ///< beyond: close 1009
    std::size_t outgoing_budget_bytes = 1024 * 1024;
    std::size_t incoming_events = 64;  ///< waiting for the handler; with more the socket is not read
    std::size_t incoming_bytes = 256 * 1024;
    std::size_t per_user_and_path = 20;  ///< the oldest beyond is closed with 1008
    int bad_events_per_minute = 10;      ///< with the last of these: close 1008
    std::chrono::milliseconds ping_interval{30'000};
    std::chrono::milliseconds ping_timeout{10'000};
    std::chrono::milliseconds close_timeout{3'000};   ///< for the peer's answer to our close
    std::chrono::milliseconds write_timeout{30'000};  ///< one frame that will not go out
};

/// How the gateway listens and what it bears. Every default is fit for production.
struct GatewaySettings {
    std::string address = "0.0.0.0";
    std::uint16_t port = 8002;  ///< 0: the kernel chooses, see Gateway::boundPort
    int backlog = 4096;
    int io_threads = 2;
    std::size_t max_connections =
        50'000;  ///< HTTP and WebSocket together; beyond, a new one is closed at once
    std::size_t max_header_bytes = 16 * 1024;
    std::chrono::milliseconds header_timeout{10'000};      ///< from a request's first byte to its last header
    std::chrono::milliseconds keep_alive_timeout{75'000};  ///< between requests
    std::chrono::milliseconds body_timeout{10'000};        ///< for a body, and on top of it …
    std::size_t body_bytes_per_second = 16 * 1024;         ///< … the time that its size takes at this rate
    std::chrono::milliseconds write_timeout{30'000};
    std::chrono::seconds retry_after{1};  ///< said with a 503
    std::vector<std::string>
        trusted_proxies;  ///< addresses or networks whose X-Forwarded-For and X-Request-Id count
    std::string upload_folder = "/tmp";  ///< of the nameless files that uploads are until a handler has them
    std::size_t max_uploads = 64;        ///< at the same time; beyond, 503
    bool access_log = true;              ///< a line for each request, at level info
    SocketSettings sockets;
};

}  // namespace linkup::daemon
