#include "http_session.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "bearer.h"
#include "daemon/services/logging.h"
#include "http_exchange.h"
#include "replies.h"

namespace linkup::daemon {

namespace {

using boost::beast::error_code;
namespace http = boost::beast::http;

constexpr std::size_t kFirstRead = 2048;
constexpr std::size_t kBodyRead = 16 * 1024;
constexpr std::size_t kIdleBuffer = 4096;        // more than this is given back between requests
constexpr std::size_t kMaxDiscard = 256 * 1024;  // of a body that nobody wants, to keep the connection
constexpr std::size_t kSmallBody = 4096;         // copied behind the head; a larger one goes out beside it
constexpr std::size_t kMaxLinger = 16 * 1024 * 1024;  // read after a refusal, so that the peer can read it
constexpr std::chrono::milliseconds kLinger{1000};

bool isLineEnd(char c) {
    return c == '\r' || c == '\n';
}

}  // namespace

void HttpSession::start(IoThread& io, TcpSocket socket, HttpPeer peer) {
    auto session = std::make_shared<HttpSession>(io, std::move(socket), std::move(peer));
    asio::co_spawn(
        io.context().get_executor(),
        [session = std::move(session)]() mutable -> Awaitable<void> {
            const std::shared_ptr<HttpSession> keep = std::move(session);
            try {
                co_await keep->serve();
            } catch (const std::exception& error) {
                keep->io().core().log.error("an HTTP connection failed", {{"reason", error.what()}});
            }
        },
        asio::detached);
}

HttpSession::HttpSession(IoThread& io, TcpSocket socket, HttpPeer peer)
    : Connection(io),
      socket_(std::move(socket), io.core().tls.get()),
      peer_(std::move(peer)),
      buffer_(std::make_unique<Buffer>()) {}

HttpSession::~HttpSession() = default;

void HttpSession::onDeadline(SteadyTime) noexcept {
    kill();
}

void HttpSession::shutDown() noexcept {
    const bool again = std::exchange(ending_, true);
    if (!waiting_) return;
    const GatewayCore& core = io().core();
    // It has come to this process just before the next one took over, and has its request on the way.
    if (first_ && !again && core.draining.load() && !core.refusing.load()) {
        setDeadline(GatewayCore::kLastRequest);
    } else {
        kill();
    }
}

void HttpSession::kill() noexcept {
    socket_.close();
}

void HttpSession::setDeadline(std::chrono::milliseconds time) noexcept {
    io().wheel().set(*this, io().now() + time);
}

Awaitable<void> HttpSession::serve() {
    if (socket_.isSecure() && !co_await shakeHands()) co_return;
    while (co_await receiveHead()) {
        Exchange& exchange = *exchange_;
        admit();
        if (exchange.socket != nullptr) {
            co_await upgrade();
            if (!socket_.isOpen()) co_return;  // it is a WebSocket now
        } else {
            if (!exchange.response.has_value() && exchange.route->spec.auth == sdk::Auth::kBearer) {
                const auto token = bearerToken(exchange.parser.get("authorization"));
                if (token.has_value()) {
                    co_await authenticate(*token);
                } else {
                    exchange.response = replies::notAuthenticated(401);
                }
            }
            if (!exchange.response.has_value() && exchange.route->spec.upload.has_value()) expectUpload();
            if (!exchange.response.has_value() && !exchange.parser.is_done() && !co_await receiveBody())
                co_return;
            if (!exchange.response.has_value()) {
                exchange.request.received_at = io().core().clock.now();
                co_await handle();
            }
        }
        if (!co_await reply()) co_return;
    }
}

Awaitable<bool> HttpSession::shakeHands() {
    setDeadline(io().core().settings.header_timeout);
    error_code fault;
    waiting_ = true;
    co_await socket_.async_handshake(asio::redirect_error(kAwait, fault));
    waiting_ = false;
    if (fault && fault != asio::error::operation_aborted && fault != asio::error::eof)
        io().core().metrics.failed_handshakes.add();
    co_return !fault;
}

Awaitable<bool> HttpSession::receiveHead() {
    const GatewaySettings& settings = io().core().settings;
    exchange_ = std::make_unique<Exchange>(settings.max_header_bytes);
    HttpParser& parser = exchange_->parser;
    if (buffer_->size() == 0 && buffer_->capacity() > kIdleBuffer) buffer_->shrink_to_fit();
    setDeadline(first_ ? settings.header_timeout : settings.keep_alive_timeout);
    bool began = false;
    while (true) {
        // Blank lines between requests are overlooked (RFC 9112 §2.2).
        while (!began && buffer_->size() > 0 && isLineEnd(*static_cast<const char*>(buffer_->data().data())))
            buffer_->consume(1);
        if (buffer_->size() > 0) {
            if (!began) {
                began = true;
                exchange_->began = io().now();
                if (!first_) setDeadline(settings.header_timeout);
                first_ = false;
            }
            error_code fault;
            buffer_->consume(parser.put(buffer_->data(), fault));
            if (parser.is_header_done()) co_return true;
            if (fault == http::error::header_limit) {
                co_await refuseHead(431, "Request header too large");
                co_return false;
            }
            if (fault && fault != http::error::need_more) {
                co_await refuseHead(400, "Bad Request");
                co_return false;
            }
        }
        waiting_ = true;
        const bool more = co_await fill(kFirstRead);
        waiting_ = false;
        if (!more) co_return false;
    }
}

Awaitable<bool> HttpSession::fill(std::size_t bytes) {
    error_code fault;
    const std::size_t count =
        co_await socket_.async_read_some(buffer_->prepare(bytes), asio::redirect_error(kAwait, fault));
    buffer_->commit(count);
    co_return !fault;
}

Awaitable<void> HttpSession::refuseHead(int status, std::string_view text) {
    exchange_->trace = io().core().ids.makeTrace();
    exchange_->request.id = hexOf(exchange_->trace.span);
    exchange_->response = replies::detail(status, text);
    co_await reply();
}

Awaitable<bool> HttpSession::receiveBody() {
    const GatewaySettings& settings = io().core().settings;
    Exchange& exchange = *exchange_;
    HttpParser& parser = exchange.parser;
    const std::uint64_t size = parser.content_length().value_or(parser.max_body_bytes);
    setDeadline(settings.body_timeout.get() +
                std::chrono::milliseconds(size * 1000 / settings.body_bytes_per_second));
    if (buffer_->size() == 0 && equalsIgnoringCase(parser.get("expect"), "100-continue")) {
        if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return false;
    }
    parser.eager(true);
    while (!parser.is_done()) {
        if (buffer_->size() > 0) {
            error_code fault;
            buffer_->consume(parser.put(buffer_->data(), fault));
            if (parser.is_done()) break;
            if (fault == http::error::body_limit) {
                exchange.response = exchange.upload != nullptr
                                        ? replies::detail(413, exchange.route->spec.upload->too_large)
                                        : replies::tooLarge();
                break;
            }
            if (fault && fault != http::error::need_more) {
                exchange.response = replies::detail(400, "Bad Request");
                break;
            }
            if (buffer_->size() > kBodyRead) {  // a line of a chunk's header that does not end
                exchange.response = replies::detail(400, "Bad Request");
                break;
            }
        }
        if (parser.upload != nullptr) {
            co_await spool();
            if (exchange.response.has_value()) break;
        }
        if (!co_await fill(kBodyRead)) co_return false;
    }
    co_return true;
}

/// False: the connection ends.
Awaitable<bool> HttpSession::reply() {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    HttpParser& parser = exchange.parser;
    sdk::Response& response = *exchange.response;
    const bool head_done = parser.is_header_done();
    // A body that is still to come must be read to find the next request; nobody knows whether one behind
    // "Expect" will.
    const bool readable =
        !head_done || parser.is_done() ||
        (parser.content_length_remaining().value_or(0) <= kMaxDiscard && parser.find("expect") == nullptr &&
         !parser.is_done() && parser.body_bytes <= parser.max_body_bytes);
    const bool keep = head_done && readable && parser.keep_alive() && !ending_ &&
                      !core.draining.load(std::memory_order_relaxed) && response.status != 400;
    FileRange range;
    if (response.file != nullptr)
        range = applyConditions(exchange.request, parser.method != "HEAD", response);
    const bool without_body = parser.method == "HEAD" || response.status == 204 || response.status == 304;

    std::string head;
    head.reserve(400 + (response.body.size() <= kSmallBody ? response.body.size() : 0));
    ReplyFrame frame{exchange.request.id, exchange.trace, io().date(), keep,
                     head_done && parser.version < 11};
    frame.content_length = response.file != nullptr ? range.size : response.body.size();
    writeHead(head, response, frame);
    std::string_view body = without_body ? std::string_view() : std::string_view(response.body);
    if (body.size() <= kSmallBody) {
        head.append(body);
        body = {};
    }
    setDeadline(core.settings.write_timeout);
    const bool written = response.file == nullptr || without_body
                             ? co_await write(head, body)
                             : co_await writeFile(head, *response.file, range);
    log(response.status);
    if (!written) co_return false;
    if (!keep) {
        co_await lingeringClose();
        co_return false;
    }
    if (!parser.is_done()) {
        parser.keep_body = false;
        parser.upload = nullptr;
        parser.max_body_bytes = parser.body_bytes + kMaxDiscard;
        exchange.response.reset();
        if (!co_await receiveBody() || exchange.response.has_value()) co_return false;
    }
    co_return true;
}

Awaitable<bool> HttpSession::write(std::string_view head, std::string_view body) {
    error_code fault;
    if (body.empty()) {
        co_await asio::async_write(socket_, asio::buffer(head.data(), head.size()),
                                   asio::redirect_error(kAwait, fault));
    } else {
        const std::array<asio::const_buffer, 2> both{asio::buffer(head.data(), head.size()),
                                                     asio::buffer(body.data(), body.size())};
        co_await asio::async_write(socket_, both, asio::redirect_error(kAwait, fault));
    }
    co_return !fault;
}

/// Says that nothing more comes and waits for the peer's end, so that what it still sends makes no reset that
/// would take the reply away from it.
Awaitable<void> HttpSession::lingeringClose() {
    setDeadline(kLinger);
    bool ended = false;
    if (socket_.isSecure()) {
        error_code fault;
        co_await socket_.sayEndAsync(asio::redirect_error(kAwait, fault));
        ended = !fault;
    } else {
        socket_.sayEnd();
    }
    for (std::size_t discarded = 0; !ended && discarded < kMaxLinger;) {
        buffer_->consume(buffer_->size());
        error_code fault;
        // Past TLS: nobody wants to know what it is.
        discarded += co_await socket_.socket().async_read_some(buffer_->prepare(kBodyRead),
                                                               asio::redirect_error(kAwait, fault));
        ended = fault.failed();
    }
    kill();
}

void HttpSession::log(int status) const noexcept {
    GatewayCore& core = io().core();
    const Exchange& exchange = *exchange_;
    core.metrics.replies(status).add();
    const std::chrono::duration<double> took = io().now() - exchange.began;
    if (exchange.route != nullptr) {
        exchange.route->seconds.observe(took.count());
        exchange.route->replies[static_cast<std::size_t>(status / 100 - 1) % 5]->add();
    }
    if (!core.settings.access_log || !core.log.enabled(sdk::LogLevel::kInfo)) return;
    const RequestScope scope(exchange.request.id, exchange.trace);
    // The pattern and not the path, which may hold what has no place in a log.
    core.log.info("request", {{"method", exchange.parser.method},
                              {"route", exchange.route != nullptr ? exchange.route->spec.path : "-"},
                              {"status", status},
                              {"ms", took.count() * 1000}});
}

}  // namespace linkup::daemon
