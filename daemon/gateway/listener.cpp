#include "listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <future>

#include "http_session.h"
#include "linkup/sdk/error.h"

namespace linkup::daemon {

namespace {

using boost::system::error_code;

std::string addressOf(const asio::ip::tcp::endpoint& peer) {
    const asio::ip::address address = peer.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

Listener::Listener(GatewayCore& core, std::vector<std::unique_ptr<IoThread>>& threads,
                   std::optional<int> inherited)
    : core_(core),
      threads_(threads),
      acceptor_(threads.front()->context().get_executor()),
      inherited_(inherited.has_value()) {
    if (inherited.has_value()) {
        adopt(*inherited);
    } else {
        bind();
    }
    port_ = acceptor_.local_endpoint().port();
}

void Listener::adopt(int handle) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size);
    const auto protocol = address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
    error_code fault;
    acceptor_.assign(protocol, handle, fault);
    if (fault) {
        throw sdk::Error(sdk::ErrorCode::kUnavailable,
                         "cannot listen on the socket that was handed over: " + fault.message());
    }
}

void Listener::bind() {
    const GatewaySettings& settings = core_.settings;
    try {
        const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(settings.address), settings.port);
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(asio::socket_base::reuse_address(true));
        if (endpoint.protocol() == asio::ip::tcp::v6()) acceptor_.set_option(asio::ip::v6_only(false));
        acceptor_.bind(endpoint);
        acceptor_.listen(settings.backlog);
    } catch (const boost::system::system_error& error) {
        throw sdk::Error(sdk::ErrorCode::kUnavailable, "cannot listen on " + settings.address + ", port " +
                                                           std::to_string(settings.port) + ": " +
                                                           error.code().message());
    }
}

void Listener::start() {
    asio::co_spawn(acceptor_.get_executor(), accept(), asio::detached);
}

Awaitable<void> Listener::accept() {
    while (acceptor_.is_open()) {
        IoThread& io = *threads_[next_++ % threads_.size()];
        TcpSocket socket(io.context().get_executor());
        error_code fault;
        co_await acceptor_.async_accept(socket, asio::redirect_error(kAwait, fault));
        if (fault && (fault == asio::error::operation_aborted || !acceptor_.is_open())) co_return;
        if (fault) {
            // Out of file descriptors, mostly: those that end give some back.
            core_.log.error("cannot accept a connection", {{"reason", fault.message()}});
            asio::basic_waitable_timer<std::chrono::steady_clock,
                                       asio::wait_traits<std::chrono::steady_clock>, IoExecutor>
                pause(acceptor_.get_executor(), std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(kAwait, fault));
            continue;
        }
        try {
            welcome(io, std::move(socket));
        } catch (
            const std::exception& error) {  // out of memory: this one connection is lost, not all to come
            core_.log.error("cannot take a connection", {{"reason", error.what()}});
        }
    }
}

void Listener::welcome(IoThread& io, TcpSocket socket) {
    error_code fault;
    const auto peer = socket.remote_endpoint(fault);
    if (fault) return;  // gone already
    if (core_.connections.load(std::memory_order_relaxed) >= core_.settings.max_connections) {
        core_.metrics.connections_refused.add();
        return;
    }
    HttpPeer from{addressOf(peer)};
    from.key = core_.addresses.keyOf(from.address);
    from.is_proxy = core_.settings.trusted_proxies.trusts(from.address);
    if (!from.is_proxy) {
        auto lease = core_.addresses.connect(from.key);
        if (!lease.has_value()) return;
        from.lease = std::move(*lease);
    }
    socket.set_option(asio::ip::tcp::no_delay(true), fault);
    asio::post(io.context(), [&io, socket = std::move(socket), from = std::move(from)]() mutable {
        HttpSession::start(io, std::move(socket), std::move(from));
    });
}

void Listener::close() noexcept {
    // The acceptor belongs to its thread.
    std::promise<void> closed;
    asio::post(acceptor_.get_executor(), [&] {
        error_code ignored;
        if (inherited_ && acceptor_.is_open()) {
            // Closed as usual it would stay in our epoll set, for others hold it too.
            acceptor_.cancel(ignored);
            ::close(acceptor_.release(ignored));
        } else {
            acceptor_.close(ignored);
        }
        closed.set_value();
    });
    closed.get_future().wait();
}

}  // namespace linkup::daemon
