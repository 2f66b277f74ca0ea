#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "wait.h"

namespace linkup::test {

/// A TCP connection without any protocol, for clients that misbehave.
///
/// Threading: one thread at a time. Errors: Poco::Net::NetException when it cannot connect.
class RawConnection {
public:
    /// `url` is `http://host:port`.
    explicit RawConnection(const std::string& url);

    /// Sends all of it. Returns false when the other side does not want it: it has closed.
    bool send(std::string_view bytes);
    /// Sends it in pieces of `piece` bytes, with a pause after each. Returns false as above.
    bool sendSlowly(std::string_view bytes, std::size_t piece, std::chrono::milliseconds pause);

    /// Reads until the other side closes, or `deadline`. Returns what came with this call.
    std::string receive(std::chrono::milliseconds deadline = kPatience);
    /// Reads until all that came so far, in this call or before, contains `text`; else as above.
    std::string receiveUntil(std::string_view text, std::chrono::milliseconds deadline = kPatience);

    /// Whether the other side has closed, as far as reading has shown.
    bool closed() const { return closed_; }
    /// All that came so far.
    const std::string& received() const { return received_; }

    /// Says that nothing more will be sent; reading goes on.
    void shutdownSend();
    /// Drops the connection with a reset, as a crash or a lost network would.
    void reset();

private:
    /// Reads what is there or comes within `timeout`.
    void readSome(std::chrono::microseconds timeout);

    Poco::Net::StreamSocket socket_;
    std::string received_;
    bool closed_ = false;
};

}  // namespace linkup::test
