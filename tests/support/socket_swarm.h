#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace linkup::test {

/// What happens on the sockets of a swarm. Every function may use the swarm, `close` of the same socket too.
class SwarmListener {
public:
    virtual ~SwarmListener() = default;
    /// The handshake was accepted.
    virtual void onOpen(std::uint64_t socket) = 0;
    virtual void onText(std::uint64_t socket, std::string_view text) = 0;
    /// The end of it, not told after `close`. `code`: of the close frame; 1006 without one; the HTTP status
    /// if the handshake was refused; 0 if nobody listens.
    virtual void onClosed(std::uint64_t socket, int code) = 0;
};

/// Many WebSockets on one thread, written by hand upon the kernel's sockets: as a client that costs little
/// beside the server which it measures, that can be cut at any byte, and that can read slowly.
///
/// Threading: one thread at a time.   Errors: std::system_error when the kernel has no more sockets to give.
class SocketSwarm {
public:
    explicit SocketSwarm(SwarmListener& listener);
    ~SocketSwarm();
    SocketSwarm(const SocketSwarm&) = delete;
    SocketSwarm& operator=(const SocketSwarm&) = delete;

    /// Begins to connect to the loopback address; onOpen or onClosed follows from `poll`. Returns its name,
    /// which no other socket of this swarm ever has.
    std::uint64_t open(std::uint16_t port, const std::string& path, const std::string& token);
    /// Sends at the next `poll`. Nothing happens if the socket is closed or not open yet.
    void send(std::uint64_t socket, std::string_view text);
    static constexpr std::size_t kNever = SIZE_MAX;
    /// Drops the connection, without a close frame, as soon as so many more bytes have gone out or have come
    /// in; of what is sent or received together with the last of them the rest is lost. onClosed follows.
    void cutAfterSending(std::uint64_t socket, std::size_t bytes);
    void cutAfterReceiving(std::uint64_t socket, std::size_t bytes);
    /// Reads no faster than this from now on; 0: as fast as it can.
    void slowDown(std::uint64_t socket, std::size_t bytes_per_second);
    /// Ends it at once; onClosed is not called.
    void close(std::uint64_t socket);

    /// Sends, waits for something to happen or for `timeout`, and tells the listener. Microseconds count.
    void poll(std::chrono::microseconds timeout);

    std::size_t size() const { return sockets_.size(); }

private:
    using Clock = std::chrono::steady_clock;
    enum class State { kConnecting, kHandshake, kOpen };
    struct Socket {
        int handle = -1;
        State state = State::kConnecting;
        std::string out;
        std::string in;
        std::string message;  // fragments so far
        bool dirty = false;
        bool waits_for_room = false;
        bool paused = false;
        std::size_t cut_out = kNever;
        std::size_t cut_in = kNever;
        std::size_t bytes_per_second = 0;
        Clock::time_point next_read{};
    };

    Socket* find(std::uint64_t socket);
    void watch(std::uint64_t name, const Socket& socket, int operation) const;
    void mark(std::uint64_t name, Socket& socket);
    void flush();
    void write(std::uint64_t name);
    void read(std::uint64_t name);
    /// Each returns false when the socket is gone.
    bool takeHandshake(std::uint64_t name);
    bool takeFrames(std::uint64_t name);
    bool takeFrame(std::uint64_t name, unsigned first, const std::string& payload);
    void end(std::uint64_t name, int code);
    void resumeSlow();

    SwarmListener& listener_;
    const int poll_;
    std::uint64_t last_name_ = 0;
    std::unordered_map<std::uint64_t, std::unique_ptr<Socket>> sockets_;
    std::vector<std::uint64_t> dirty_;
    std::vector<std::uint64_t> slow_;
    std::string buffer_;
};

}  // namespace linkup::test
