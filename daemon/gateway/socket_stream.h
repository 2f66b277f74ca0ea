#pragma once

#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "socket_session.h"

namespace linkup::daemon {

// The inside of SocketSession, for its two source files.

/// A reading buffer larger than this is given back after its message.
inline constexpr std::size_t kIdleSocketBuffer = 2048;
/// What closed a socket whose peer sent no close frame (RFC 6455 §7.1.5).
inline constexpr std::uint16_t kNoCloseFrame = 1006;

// Beast takes a connection down in this way, found by its argument: its default waits for the peer to end the
// connection as well, and leaves us in the dark until then.
template <class Handler>
void async_teardown(boost::beast::role_type, FrontStream& stream, Handler&& handler) {
    stream.sayEnd();
    asio::post(stream.get_executor(),
               boost::beast::bind_front_handler(std::forward<Handler>(handler), boost::beast::error_code{}));
}
inline void beast_close_socket(FrontStream& stream) {
    stream.close();
}

struct SocketSession::Stream {
    explicit Stream(FrontStream socket) : ws(std::move(socket)) {}
    // Without permessage-deflate: a window of it costs more than all the rest of an idle socket.
    boost::beast::websocket::stream<FrontStream, false> ws;
    boost::beast::flat_buffer buffer;
};

/// Held by each handler of the stream: with the last one the stream goes, even if others keep the session.
class SocketSession::Operation {
public:
    explicit Operation(std::shared_ptr<SocketSession> session) : self_(std::move(session)) {
        ++self_->operations_;
    }
    Operation(Operation&&) = default;
    Operation& operator=(Operation&&) = delete;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    ~Operation() {
        if (self_ == nullptr) return;
        --self_->operations_;
        self_->endIfUnused();
    }
    SocketSession* operator->() const noexcept { return self_.get(); }

private:
    std::shared_ptr<SocketSession> self_;
};

}  // namespace linkup::daemon
