#include "http_load.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace linkup::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    int handle = -1;
    std::string received;
    Clock::time_point due;  ///< of the request under way
};

std::string requestText(const HttpLoad& load) {
    std::string text = load.method + " " + load.path + " HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n";
    if (!load.token.empty()) text += "Authorization: Bearer " + load.token + "\r\n";
    if (!load.body.empty()) {
        text += "Content-Type: " + load.content_type +
                "\r\nContent-Length: " + std::to_string(load.body.size()) + "\r\n";
    }
    return text + "\r\n" + load.body;
}

/// Where the reply at the beginning of `text` ends; 0 if it is not complete.
std::size_t replyLength(const std::string& text) {
    const std::size_t head = text.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    if (!text.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("the server answered:\n" + text);
    for (const char* const name : {"Content-Length: ", "content-length: "}) {
        const std::size_t field = text.find(name);
        if (field == std::string::npos || field > head) continue;
        std::size_t length = 0;
        std::from_chars(text.data() + field + 16, text.data() + head, length);
        return text.size() >= head + 4 + length ? head + 4 + length : 0;
    }
    throw std::runtime_error("a reply without Content-Length:\n" + text);
}

void send(Connection& connection, const std::string& request, Clock::time_point due) {
    connection.due = due;
    if (::send(connection.handle, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        throw std::system_error(errno, std::generic_category(), "sending a request");
    }
}

constexpr std::chrono::milliseconds kIdleWait{100};

/// How many of the events happened, of those that `poll` waits for, before `time` is over.
int waitFor(int poll, std::array<epoll_event, 256>& events, std::chrono::nanoseconds time) {
    const auto left = std::max(time, std::chrono::nanoseconds(0));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{seconds.count(), (left - seconds).count()};
    return ::epoll_pwait2(poll, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
}

}  // namespace

int dial(std::uint16_t port) {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (handle < 0 || ::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::system_error(errno, std::generic_category(), "connecting to port " + std::to_string(port));
    }
    const int on = 1;
    ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return handle;
}

HttpLoadResult run(const HttpLoad& load) {
    HttpLoad request = load;
    std::string text = requestText(request);
    std::size_t sent = 0;
    const auto sendNext = [&](Connection& connection, Clock::time_point due) {
        if (load.vary) {
            load.vary(sent, request);
            text = requestText(request);
        }
        ++sent;
        send(connection, text, due);
    };
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Connection> connections(static_cast<std::size_t>(load.connections));
    for (std::size_t i = 0; i < connections.size(); ++i) {
        connections[i].handle = dial(load.port);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].handle, &event);
    }
    std::vector<std::chrono::nanoseconds> times;
    times.reserve(1 << 18);
    const Clock::time_point begin = Clock::now();
    const bool paced = load.rate > 0;
    const auto nextDue = [&] {
        const std::chrono::duration<double> after(static_cast<double>(sent) / load.rate);
        return begin + std::chrono::duration_cast<Clock::duration>(after);
    };
    std::vector<Connection*> free;
    for (Connection& connection : connections) free.push_back(&connection);
    std::array<epoll_event, 256> events{};
    std::array<char, 65536> bytes{};
    for (Clock::time_point now = begin; now - begin < load.duration; now = Clock::now()) {
        for (; !free.empty() && (!paced || nextDue() <= now); free.pop_back()) {
            sendNext(*free.back(), paced ? nextDue() : Clock::now());
        }
        const int count =
            waitFor(poll, events, paced && !free.empty() ? nextDue() - Clock::now() : kIdleWait);
        for (int i = 0; i < count; ++i) {
            Connection& connection = connections[events[static_cast<std::size_t>(i)].data.u64];
            const ssize_t read = ::recv(connection.handle, bytes.data(), bytes.size(), 0);
            if (read <= 0) throw std::runtime_error("the server closed a connection");
            connection.received.append(bytes.data(), static_cast<std::size_t>(read));
            const std::size_t length = replyLength(connection.received);
            if (length == 0) continue;
            connection.received.erase(0, length);
            times.push_back(Clock::now() - connection.due);
            free.push_back(&connection);
        }
    }
    const std::chrono::duration<double> taken = Clock::now() - begin;
    for (const Connection& connection : connections) ::close(connection.handle);
    ::close(poll);
    if (times.empty()) throw std::runtime_error("no reply came");
    std::sort(times.begin(), times.end());
    const auto at = [&](double part) {
        const auto index = static_cast<std::size_t>(part * static_cast<double>(times.size() - 1));
        return std::chrono::duration_cast<std::chrono::microseconds>(times[index]);
    };
    return {static_cast<double>(times.size()) / taken.count(), at(0.5), at(0.99)};
}

}  // namespace linkup::bench
