#include "socket_swarm.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace linkup::test {
namespace {

constexpr int kNoCloseFrame = 1006;
constexpr int kNoStatus = 1005;
constexpr std::size_t kReadSize = 65536;
constexpr int kSlowReceiveBuffer = 4096;
constexpr unsigned kFinal = 0x80;
constexpr unsigned kMasked = 0x80;

// RFC 6455 §5.2
enum Opcode : unsigned { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

void appendBytes(std::string& out, std::uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i) & 0xFF);
}

/// A frame of a client. Its mask is zero, which leaves the text as it is.
void appendFrame(std::string& out, unsigned opcode, std::string_view payload) {
    out += static_cast<char>(kFinal | opcode);
    if (payload.size() < 126) {
        out += static_cast<char>(kMasked | payload.size());
    } else if (payload.size() < 65536) {
        out += static_cast<char>(kMasked | 126);
        appendBytes(out, payload.size(), 2);
    } else {
        out += static_cast<char>(kMasked | 127);
        appendBytes(out, payload.size(), 8);
    }
    out.append(4, '\0');
    out += payload;
}

std::uint64_t numberAt(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

SocketSwarm::SocketSwarm(SwarmListener& listener)
    : listener_(listener), poll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadSize, '\0') {
    if (poll_ < 0) fail("epoll_create1");
}

SocketSwarm::~SocketSwarm() {
    for (const auto& [name, socket] : sockets_) ::close(socket->handle);
    ::close(poll_);
}

SocketSwarm::Socket* SocketSwarm::find(std::uint64_t socket) {
    const auto found = sockets_.find(socket);
    return found == sockets_.end() ? nullptr : found->second.get();
}

void SocketSwarm::watch(std::uint64_t name, const Socket& socket, int operation) const {
    const bool writes = socket.state == State::kConnecting || socket.waits_for_room;
    epoll_event event{};
    event.events = (socket.paused ? 0u : static_cast<unsigned>(EPOLLIN)) |
                   (writes ? static_cast<unsigned>(EPOLLOUT) : 0u);
    event.data.u64 = name;
    ::epoll_ctl(poll_, operation, socket.handle, &event);
}

std::uint64_t SocketSwarm::open(std::uint16_t port, const std::string& path, const std::string& token) {
    auto socket = std::make_unique<Socket>();
    socket->handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket->handle < 0) fail("a socket for a swarm");
    const int on = 1;
    ::setsockopt(socket->handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket->out = "GET " + path +
                  " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  "Authorization: Bearer " +
                  token +
                  "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // Its outcome, a refusal too, comes with the first event.
    if (::connect(socket->handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS && errno != ECONNREFUSED) {
        const int fault = errno;
        ::close(socket->handle);
        errno = fault;
        fail("connecting a socket of a swarm");
    }
    const auto name = ++last_name_;
    watch(name, *socket, EPOLL_CTL_ADD);
    sockets_.emplace(name, std::move(socket));
    return name;
}

void SocketSwarm::mark(std::uint64_t name, Socket& socket) {
    if (std::exchange(socket.dirty, true)) return;
    dirty_.push_back(name);
}

void SocketSwarm::send(std::uint64_t socket, std::string_view text) {
    auto* const one = find(socket);
    if (one == nullptr || one->state != State::kOpen) return;
    appendFrame(one->out, kText, text);
    mark(socket, *one);
}

void SocketSwarm::cutAfterSending(std::uint64_t socket, std::size_t bytes) {
    if (auto* const one = find(socket)) one->cut_out = bytes;
}

void SocketSwarm::cutAfterReceiving(std::uint64_t socket, std::size_t bytes) {
    if (auto* const one = find(socket)) one->cut_in = bytes;
}

void SocketSwarm::slowDown(std::uint64_t socket, std::size_t bytes_per_second) {
    auto* const one = find(socket);
    if (one == nullptr) return;
    one->bytes_per_second = bytes_per_second;
    if (bytes_per_second == 0) {
        one->paused = false;
        return watch(socket, *one, EPOLL_CTL_MOD);
    }
    ::setsockopt(one->handle, SOL_SOCKET, SO_RCVBUF, &kSlowReceiveBuffer, sizeof kSlowReceiveBuffer);
    slow_.push_back(socket);
}

void SocketSwarm::close(std::uint64_t socket) {
    const auto found = sockets_.find(socket);
    if (found == sockets_.end()) return;
    ::close(found->second->handle);
    sockets_.erase(found);
}

void SocketSwarm::end(std::uint64_t name, int code) {
    close(name);
    listener_.onClosed(name, code);
}

void SocketSwarm::flush() {
    for (const auto name : std::exchange(dirty_, {})) {
        if (auto* const socket = find(name)) {
            socket->dirty = false;
            if (!socket->waits_for_room && socket->state != State::kConnecting) write(name);
        }
    }
}

void SocketSwarm::write(std::uint64_t name) {
    auto& socket = *find(name);
    const auto size = std::min(socket.out.size(), socket.cut_out);
    const auto sent = ::send(socket.handle, socket.out.data(), size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return end(name, kNoCloseFrame);
    const auto count = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    socket.out.erase(0, count);
    if (socket.cut_out != kNever && (socket.cut_out -= count) == 0) return end(name, kNoCloseFrame);
    const bool waits = !socket.out.empty();
    if (waits == socket.waits_for_room) return;
    socket.waits_for_room = waits;
    watch(name, socket, EPOLL_CTL_MOD);
}

void SocketSwarm::read(std::uint64_t name) {
    auto& socket = *find(name);
    std::size_t size = std::min(buffer_.size(), socket.cut_in);
    if (socket.bytes_per_second > 0) {
        constexpr std::size_t kReadsPerSecond = 10;
        size = std::min(size, std::max<std::size_t>(1, socket.bytes_per_second / kReadsPerSecond));
        socket.next_read = Clock::now() + std::chrono::milliseconds(1000 / kReadsPerSecond);
        socket.paused = true;
        watch(name, socket, EPOLL_CTL_MOD);
    }
    const auto received = ::recv(socket.handle, buffer_.data(), size, 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) return end(name, socket.state == State::kConnecting ? 0 : kNoCloseFrame);
    const auto count = static_cast<std::size_t>(received);
    socket.in.append(buffer_, 0, count);
    const bool is_cut = socket.cut_in != kNever && (socket.cut_in -= count) == 0;
    if (socket.state != State::kOpen && !takeHandshake(name)) return;
    if (!takeFrames(name)) return;
    if (is_cut) end(name, kNoCloseFrame);
}

bool SocketSwarm::takeHandshake(std::uint64_t name) {
    auto& socket = *find(name);
    const auto head = socket.in.find("\r\n\r\n");
    if (head == std::string::npos) return true;
    int status = 0;
    const std::string_view answer(socket.in);
    if (answer.starts_with("HTTP/1.1 ") && answer.size() > 12)
        std::from_chars(answer.data() + 9, answer.data() + 12, status);
    if (status != 101) {
        end(name, status);
        return false;
    }
    socket.in.erase(0, head + 4);
    socket.state = State::kOpen;
    listener_.onOpen(name);
    return find(name) != nullptr;
}

bool SocketSwarm::takeFrames(std::uint64_t name) {
    auto* socket = find(name);
    if (socket == nullptr || socket->state != State::kOpen) return socket != nullptr;
    std::size_t done = 0;
    std::string payload;
    while (socket->in.size() - done >= 2) {
        const std::string_view rest = std::string_view(socket->in).substr(done);
        std::size_t length = numberAt(rest, 1, 1);
        std::size_t head = 2;
        if (length >= 126) {
            const std::size_t extended = length == 126 ? 2 : 8;
            if (rest.size() < 2 + extended) break;
            length = numberAt(rest, 2, extended);
            head += extended;
        }
        if (rest.size() < head + length) break;
        const auto first = static_cast<unsigned char>(rest[0]);
        payload.assign(rest, head, length);
        done += head + length;
        if (!takeFrame(name, first, payload)) return false;
        socket = find(name);
    }
    socket->in.erase(0, done);
    return true;
}

bool SocketSwarm::takeFrame(std::uint64_t name, unsigned first, const std::string& payload) {
    auto& socket = *find(name);
    switch (first & 0x0F) {
        case kClose:
            end(name, payload.size() >= 2 ? static_cast<int>(numberAt(payload, 0, 2)) : kNoStatus);
            return false;
        case kPing:
            appendFrame(socket.out, kPong, payload);
            mark(name, socket);
            return true;
        case kPong:
            return true;
        default:
            break;
    }
    if ((first & kFinal) == 0 || !socket.message.empty()) {
        socket.message += payload;
        if ((first & kFinal) == 0) return true;
        listener_.onText(name, std::exchange(socket.message, {}));
    } else {
        listener_.onText(name, payload);
    }
    return find(name) != nullptr;
}

void SocketSwarm::resumeSlow() {
    const auto now = Clock::now();
    std::erase_if(slow_, [&](std::uint64_t name) {
        auto* const socket = find(name);
        if (socket == nullptr || socket->bytes_per_second == 0) return true;
        if (socket->paused && socket->next_read <= now) {
            socket->paused = false;
            watch(name, *socket, EPOLL_CTL_MOD);
        }
        return false;
    });
}

void SocketSwarm::poll(std::chrono::microseconds timeout) {
    flush();
    resumeSlow();
    if (!slow_.empty()) timeout = std::min<std::chrono::microseconds>(timeout, std::chrono::milliseconds(20));
    const timespec wait{static_cast<time_t>(timeout.count() / 1'000'000),
                        static_cast<long>(timeout.count() % 1'000'000 * 1000)};
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto name = events.at(static_cast<std::size_t>(i)).data.u64;
        const auto what = events.at(static_cast<std::size_t>(i)).events;
        auto* socket = find(name);
        if (socket == nullptr) continue;
        if (socket->state == State::kConnecting) {
            if ((what & (EPOLLERR | EPOLLHUP)) != 0) {
                end(name, 0);
                continue;
            }
            if ((what & EPOLLOUT) == 0) continue;
            socket->state = State::kHandshake;
            socket->waits_for_room = true;
        }
        if ((what & EPOLLOUT) != 0) write(name);
        if (find(name) != nullptr && (what & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(name);
    }
    flush();
}

}  // namespace linkup::test
