#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "io_thread.h"

namespace linkup::daemon {

/// Takes connections and deals them out to the I/O threads in turn.
///
/// Threading: construct and `close` from any thread; it runs on the first I/O thread.
class Listener {
public:
    /// Listens on `inherited`, which becomes its own, or binds. Errors: Error{kUnavailable} naming address,
    /// port and reason.
    Listener(GatewayCore& core, std::vector<std::unique_ptr<IoThread>>& threads,
             std::optional<int> inherited);

    std::uint16_t port() const { return port_; }
    /// Whether the socket outlives this process.
    bool isInherited() const { return inherited_; }
    void start();
    /// No connection is taken after this has returned, if the first I/O thread runs. May be called again.
    void close() noexcept;

private:
    Awaitable<void> accept();
    void adopt(int handle);
    void bind();
    void welcome(IoThread& io, TcpSocket socket);

    GatewayCore& core_;
    std::vector<std::unique_ptr<IoThread>>& threads_;
    asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor> acceptor_;
    const bool inherited_;
    std::uint16_t port_ = 0;
    std::size_t next_ = 0;
};

}  // namespace linkup::daemon
