#include "idle_sockets.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "http_load.h"

namespace linkup::bench {
namespace {

constexpr int kPatienceMs = 10'000;

/// What there is to read, waited for; empty at the end.
std::string receive(int handle) {
    pollfd socket{handle, POLLIN, 0};
    if (::poll(&socket, 1, kPatienceMs) != 1) throw std::runtime_error("the server says nothing");
    std::array<char, 4096> bytes{};
    const ssize_t count = ::recv(handle, bytes.data(), bytes.size(), 0);
    return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : std::string();
}

/// The code of the close frame among short, unmasked frames (RFC 6455 §5.2); 0 if there is none.
int closeCode(std::string_view frames) {
    constexpr unsigned char kClose = 0x88;
    while (frames.size() >= 4) {
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(frames[at]); };
        if (byte(0) == kClose) return byte(2) * 256 + byte(3);
        const std::size_t length = byte(1) == 126 ? 4 + byte(2) * 256u + byte(3) : 2u + byte(1);
        if (length >= frames.size()) break;
        frames.remove_prefix(length);
    }
    return 0;
}

}  // namespace

IdleSockets::~IdleSockets() {
    for (const int handle : handles_) ::close(handle);
}

void IdleSockets::open(std::uint16_t port, const std::string& path, const std::string& token) {
    handles_.push_back(dial(port));
    std::string request = "GET " + path;
    if (!token.empty()) request += "?token=" + token;
    request +=
        " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    if (::send(handles_.back(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        throw std::runtime_error("the server closed a connection");
    }
    const std::string answer = receive(handles_.back());
    if (!answer.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("a WebSocket was refused:\n" + answer);
}

std::size_t IdleSockets::closedWith(int code) {
    std::size_t told = 0;
    for (const int handle : handles_) {
        std::string received;
        for (std::string more = receive(handle); !more.empty(); more = receive(handle)) received += more;
        if (closeCode(received) == code) ++told;
    }
    return told;
}

std::size_t IdleSockets::allowFilesUpTo(std::size_t count) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= count) return limit.rlim_cur;
    rlimit wanted{count, std::max<rlim_t>(limit.rlim_max, count)};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return count;
    wanted = {limit.rlim_max, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &wanted);
    return limit.rlim_max;
}

void IdleSockets::allowFiles(std::size_t count) {
    if (allowFilesUpTo(count) < count)
        throw std::runtime_error("this needs " + std::to_string(count) + " open files (ulimit -n)");
}

}  // namespace linkup::bench
