#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "socket_swarm.h"

namespace linkup::bench {

/// Somebody with a phone, and the node that it talks to.
struct ChatUser {
    std::int64_t id = 0;
    std::string token = {};
    std::uint16_t port = 0;
};

/// Two who write to each other.
struct ChatPair {
    ChatUser one;
    ChatUser other;
    std::int64_t chat = 0;
};

/// Somebody who comes back and resumes a chat.
struct Comeback {
    ChatUser user;
    std::int64_t chat = 0;
    std::int64_t last_seq = 0;  ///< that they have
};

struct Latencies {
    std::size_t count = 0;
    std::chrono::microseconds median{0};
    std::chrono::microseconds p99{0};
    std::chrono::microseconds worst{0};
};

/// A load generator for `/ws/chat`, on this thread.
///
/// Errors: std::runtime_error when a socket is refused or closed, when the server answers with an error
/// event, or when an ack, a message or a `resumed` does not come within 30 s.
class ChatLoad : private test::SwarmListener {
public:
    /// Opens a socket for each of the two of each pair. A message has `text_bytes` of text.
    explicit ChatLoad(std::vector<ChatPair> pairs, std::size_t text_bytes = 64);

    /// As much as the server takes: each socket has `window` messages under way, and sends the next one when
    /// one is acknowledged. Returns messages a second that were both acknowledged and delivered.
    double saturate(int window, std::chrono::milliseconds duration);

    /// The first sender alone, each message when the one before is acknowledged, as one client of pgbench
    /// commits one row after the other. Returns the times from sending to the ack.
    Latencies oneByOne(std::chrono::milliseconds duration);

    struct Outcome {
        Latencies ack;       ///< to the sender
        Latencies delivery;  ///< to the partner's socket
        Latencies resume;    ///< from the wish to connect to `resumed`
    };
    /// Sends at a fixed rate, whatever comes back, and lets the comebacks happen spread over the duration.
    /// Each time counts from when the plan wanted it, so that a server which stalls is charged with all that
    /// it would have met: no coordinated omission.
    Outcome runOpenLoop(double per_second, std::chrono::milliseconds duration,
                        const std::vector<Comeback>& comebacks = {});

private:
    using Clock = std::chrono::steady_clock;
    struct Times {
        Clock::time_point wanted{};
        Clock::time_point acked{};
        Clock::time_point delivered{};
    };
    struct Returning {
        const Comeback* comeback = nullptr;
        Clock::time_point wanted{};
        Clock::time_point resumed{};
    };

    void onOpen(std::uint64_t socket) override;
    void onText(std::uint64_t socket, std::string_view text) override;
    void onClosed(std::uint64_t socket, int code) override;

    void begin();
    void send(std::size_t sender, Clock::time_point wanted);
    void comeBack(const Comeback& comeback, Clock::time_point wanted);
    void onAck(std::uint64_t socket, std::string_view text, Clock::time_point now);
    void onMessage(std::string_view text, Clock::time_point now);
    bool complete() const;
    void waitUntilComplete();

    std::vector<ChatPair> pairs_;
    std::string filler_;
    test::SocketSwarm swarm_;
    std::vector<std::uint64_t> sockets_;  // in a row: of sender i, of pair i / 2, its one if i is even
    std::size_t opened_ = 0;
    std::uint64_t run_ = 0;
    bool refills_ = false;
    std::vector<Times> messages_;
    std::size_t acked_ = 0;
    std::size_t delivered_ = 0;
    std::vector<Returning> returning_;
    std::uint64_t first_returning_ = 0;
    std::size_t resumed_ = 0;
};

}  // namespace linkup::bench
