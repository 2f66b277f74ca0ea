// As little as a server on Beast can be: one coroutine a connection, one fixed reply, WebSockets that only
// listen. What the benches divide by. usage: bare_server PORT THREADS
#include <utility>
// Before awaitable.hpp, which forgets it in Boost 1.74.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

asio::awaitable<void> listenToSocket(tcp::socket socket, http::request<http::string_body> handshake) {
    beast::websocket::stream<tcp::socket, false> stream(std::move(socket));
    co_await stream.async_accept(handshake, asio::use_awaitable);
    beast::flat_buffer buffer;
    while (true) {
        co_await stream.async_read(buffer, asio::use_awaitable);
        buffer.consume(buffer.size());
    }
}

asio::awaitable<void> serve(tcp::socket socket) {
    try {
        beast::flat_buffer buffer;
        socket.set_option(tcp::no_delay(true));
        while (true) {
            http::request<http::string_body> request;
            co_await http::async_read(socket, buffer, request, asio::use_awaitable);
            if (beast::websocket::is_upgrade(request)) {
                co_await listenToSocket(std::move(socket), std::move(request));
                co_return;
            }
            http::response<http::string_body> response{http::status::ok, request.version()};
            response.set(http::field::content_type, "application/json");
            response.body() = R"({"message":"Hello, world!"})";
            response.keep_alive(request.keep_alive());
            response.prepare_payload();
            co_await http::async_write(socket, response, asio::use_awaitable);
            if (!request.keep_alive()) co_return;
        }
    } catch (const boost::system::system_error&) {
        // The client has gone.
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor) {
    while (true) {
        tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fputs("usage: bare_server PORT THREADS\n", stderr);
        return 64;
    }
    const auto port = static_cast<unsigned short>(std::atoi(arguments[1]));
    const int threads = std::atoi(arguments[2]);
    asio::io_context context(threads);
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    asio::co_spawn(context, listen(acceptor), asio::detached);
    std::vector<std::jthread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back([&] { context.run(); });
    context.run();
}
