// What is asked of a request before its handler, and the handler's call: the part of HttpSession that reads
// and writes nothing.
#include <algorithm>
#include <cctype>

#include "bearer.h"
#include "daemon/services/logging.h"
#include "http_exchange.h"
#include "pool_step.h"
#include "replies.h"
#include "socket_session.h"

namespace linkup::daemon {

namespace {

std::optional<Verb> verbOf(std::string_view method) {
    for (std::size_t i = 0; i < kVerbs; ++i) {
        if (method == toString(static_cast<Verb>(i))) return static_cast<Verb>(i);
    }
    return std::nullopt;
}

sdk::Method methodOf(Verb verb) {
    switch (verb) {
        case Verb::kPost:
            return sdk::Method::kPost;
        case Verb::kPut:
            return sdk::Method::kPut;
        case Verb::kPatch:
            return sdk::Method::kPatch;
        case Verb::kDelete:
            return sdk::Method::kDelete;
        default:
            return sdk::Method::kGet;
    }
}

/// Whether this request would have to wait for too long, or may not begin any more.
bool isBusy(GatewayCore& core, const HttpRoute& route) {
    const bool closed =
        route.pool != nullptr && (core.refusing.load(std::memory_order_relaxed) || route.pool->full());
    if (route.pool != nullptr) {
        const sdk::Importance importance = route.importance.load(std::memory_order_relaxed);
        if (core.overload.sheds(importance)) {
            core.overload.shed(importance);
            return true;
        }
    }
    return closed || (route.spec.upload.has_value() &&
                      core.uploads.load(std::memory_order_relaxed) >= core.settings.max_uploads);
}

/// Ids from a trusted proxy are kept if they can do no harm in a log.
bool isSaneId(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
}

/// The trace that the client says it works for. One that says two things says none.
std::optional<sdk::TraceContext> callerOf(const HttpParser& parser) {
    const std::string* parent = nullptr;
    const std::string* state = nullptr;
    std::string states;
    for (const auto& [name, value] : parser.headers) {
        if (name == "traceparent") {
            if (parent != nullptr) return std::nullopt;
            parent = &value;
        } else if (name == "tracestate") {  // several are one list
            if (state != nullptr) state = &(states = *state + "," + value);
            if (state == nullptr) state = &value;
        }
    }
    if (parent == nullptr) return std::nullopt;
    return sdk::TraceContext::parse(*parent,
                                    state == nullptr ? std::string_view() : std::string_view(*state));
}

}  // namespace

bool HttpSession::wantsSocket() const {
    const HttpParser& parser = exchange_->parser;
    return exchange_->verb == Verb::kGet && parser.upgrade() && listHas(parser.get("upgrade"), "websocket");
}

/// Path, method, declared size and load, in the contract's order (0.6).
void HttpSession::admit() {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    HttpParser& parser = exchange.parser;
    const bool from_proxy = peer_.is_proxy;
    exchange.trace = core.ids.makeTrace(callerOf(parser));
    const std::string_view given_id = from_proxy ? parser.get("x-request-id") : std::string_view();
    exchange.request.id = isSaneId(given_id) ? std::string(given_id) : hexOf(exchange.trace.span);
    exchange.request.peer = from_proxy ? core.settings.trusted_proxies.get()->clientOf(
                                             peer_.address, parser.joined("x-forwarded-for"))
                                       : peer_.address;
    exchange.target = splitTarget(parser.target);

    const std::size_t hosts = parser.count("host");
    if (hosts > 1 || (hosts == 0 && parser.version >= 11)) {
        exchange.response = replies::detail(400, "Bad Request");
        return;
    }
    const RouteTree& routes = io().routes();
    const RouteTree::Match match = routes.find(exchange.target.path);
    const std::optional<Verb> verb = verbOf(parser.method);
    exchange.verb = verb.value_or(Verb::kHead);
    if (match.endpoint != nullptr && match.endpoint->socket != nullptr && wantsSocket()) {
        exchange.socket = match.endpoint->socket;
        return;
    }
    if (match.endpoint == nullptr || !match.endpoint->hasRoutes()) {
        if (match.endpoint == nullptr && routes.isKnownWithSlash(exchange.target.path)) {
            std::string location(exchange.target.path.substr(0, exchange.target.path.size() - 1));
            if (exchange.target.has_query) location.append("?").append(exchange.target.query);
            exchange.response = replies::redirect(std::move(location));
        } else {
            exchange.response = replies::notFound();
        }
        return;
    }
    const std::shared_ptr<HttpRoute>& route = match.endpoint->route(exchange.verb);
    if (!verb.has_value() || route == nullptr) {
        exchange.response = replies::methodNotAllowed(match.endpoint->allow);
        return;
    }
    exchange.parameters = match.values;
    exchange.parameter_count = match.count;
    if (!route->validator.understands(exchange.parameterValues())) {
        exchange.response = replies::notFound();
        return;
    }
    admitRequest(route);
}

void HttpSession::admitRequest(const std::shared_ptr<HttpRoute>& route) {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    HttpParser& parser = exchange.parser;
    exchange.route = route;
    parser.max_body_bytes = route->maxBodyBytes();
    if (!parser.is_done() && parser.content_length().value_or(0) > parser.max_body_bytes) {
        exchange.response = route->spec.upload.has_value()
                                ? replies::detail(413, route->spec.upload->too_large)
                                : replies::tooLarge();
    } else if (isBusy(core, *route)) {
        exchange.response = replies::busy(core.settings.retry_after);
    } else if (route->pool != nullptr) {
        isWithinLimits();
    }
}

/// Sets the reply for an address that has sent too much.
bool HttpSession::isWithinLimits() {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    const AddressKey key = peer_.is_proxy ? core.addresses.keyOf(exchange.request.peer) : peer_.key;
    const auto wait = core.addresses.request(key, io().now());
    if (wait.count() == 0) return true;
    exchange.response = replies::tooMany(wait);
    return false;
}

/// Sets the principal, or the reply that refuses the token.
Awaitable<void> HttpSession::authenticate(std::string_view token) {
    using Outcome = sdk::Authenticator::Outcome;
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    sdk::Authenticator::Answer answer;
    const auto ask = [&](auto&& how) noexcept {
        const RequestScope scope(exchange.request.id, exchange.trace);
        try {
            answer = how();
        } catch (const sdk::Error& error) {
            exchange.response = replies::of(error, core.settings.retry_after);
            if (exchange.response->status >= 500)
                exchange.response = replies::busy(core.settings.retry_after);
        } catch (const std::exception& error) {
            core.log.error("verifying a token failed", {{"reason", error.what()}});
            exchange.response = replies::internal();
        } catch (...) {
            core.log.error("verifying a token failed");
            exchange.response = replies::internal();
        }
    };
    if (token.empty()) {
        exchange.response = replies::invalidToken();
        co_return;
    }
    ask([&] { return core.authenticator.verifyFast(token); });
    if (!exchange.response.has_value() && answer.outcome == Outcome::kUnknown) {
        io().wheel().clear(*this);
        const auto slowly = [&]() noexcept { ask([&] { return core.authenticator.verify(token); }); };
        if (!co_await onPool(core.requests, io(), slowly))
            exchange.response = replies::busy(core.settings.retry_after);
    }
    if (exchange.response.has_value()) co_return;
    if (answer.outcome == Outcome::kAccepted) {
        exchange.request.principal = std::move(answer.principal);
    } else {
        exchange.response = replies::invalidToken();
    }
}

Awaitable<void> HttpSession::handle() {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    HttpParser& parser = exchange.parser;
    io().wheel().clear(*this);
    std::optional<sdk::Json> fields;
    if (exchange.upload != nullptr) {
        fields = exchange.upload->takeFields();
        refuseUpload();
        if (exchange.response.has_value()) co_return;
    }
    const RawParts parts{exchange.parameterValues(), exchange.target.query, parser.get("content-type"),
                         parser.body, std::move(fields)};
    const std::vector<sdk::Fault> faults = exchange.route->validator.fill(parts, exchange.request);
    if (!faults.empty()) {
        exchange.response = replies::of(sdk::unprocessable(faults), core.settings.retry_after);
        co_return;
    }
    exchange.request.method = methodOf(exchange.verb);
    exchange.request.head_only = exchange.verb == Verb::kHead;
    percentDecode(exchange.target.path, Plus::kLiteral, exchange.request.path);
    exchange.request.headers = std::move(parser.headers);
    if (exchange.route->pool == nullptr) {
        callHandler();
        co_return;
    }
    WorkerPool& pool = *exchange.route->pool;
    const auto call = [this]() noexcept { callHandler(); };
    const bool taken = exchange.route->batch != nullptr
                           ? co_await inBatch(pool, *exchange.route->batch, io(), exchange.request,
                                              exchange.trace, exchange.response)
                           : co_await onPool(pool, io(), call);
    if (!taken) exchange.response = replies::busy(core.settings.retry_after);
}

void HttpSession::callHandler() noexcept {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    const HttpRoute& route = *exchange.route;
    const RequestScope scope(exchange.request.id, exchange.trace);
    const auto fail = [&](const char* reason) {
        core.log.error("a handler failed",
                       {{"plugin", route.owner}, {"route", route.spec.path}, {"reason", reason}});
        exchange.response = replies::internal();
    };
    const Passage passage(exchange.route->gate);
    if (!passage) {
        exchange.response = replies::busy(core.settings.retry_after);
        return;
    }
    try {
        if (exchange.upload != nullptr) {
            exchange.upload->finish(exchange.request);
            refuseUpload();
            if (exchange.response.has_value()) return;
        }
        exchange.response = route.handler(exchange.request);
        exchange.request.files.clear();
    } catch (const sdk::Error& error) {
        exchange.response = replies::of(error, core.settings.retry_after);
        if (exchange.response->status == 500) fail(error.what());
    } catch (const std::exception& error) {
        fail(error.what());
    } catch (...) {
        fail("not a std::exception");
    }
}

/// Answers a handshake: the reply that refuses it is left in the exchange, else the connection goes to a
/// SocketSession.
Awaitable<void> HttpSession::upgrade() {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    HttpParser& parser = exchange.parser;
    if (exchange.response.has_value()) co_return;
    const bool early =
        buffer_->size() > 0 || !parser.is_done();  // it must wait for our answer (RFC 6455 §4.1)
    if (parser.get("sec-websocket-version") != "13" || parser.get("sec-websocket-key").size() != 24 ||
        early) {
        exchange.response = replies::detail(400, "Bad WebSocket handshake");
        exchange.response->headers.emplace_back("Sec-WebSocket-Version", "13");
        co_return;
    }
    if (core.draining.load(std::memory_order_relaxed) || core.requests.full() ||
        core.overload.sheds(sdk::Importance::kCore)) {
        exchange.response = replies::busy(core.settings.retry_after);
        co_return;
    }
    if (!isWithinLimits()) co_return;
    if (peer_.is_proxy) {
        auto lease = core.addresses.connect(core.addresses.keyOf(exchange.request.peer));
        if (!lease.has_value()) {
            exchange.response = replies::tooMany(core.settings.retry_after.get());
            co_return;
        }
        peer_.lease = std::move(*lease);
    }
    std::optional<std::string> token;
    if (const auto bearer = bearerToken(parser.get("authorization")); bearer.has_value()) {
        token = *bearer;
    } else {
        forEachField(exchange.target.query, Plus::kLiteral,
                     [&](const std::string& name, const std::string& value) {
                         if (name == "token") token = value;
                     });
    }
    if (!token.has_value() || (token->empty() && parser.get("authorization").empty())) {
        exchange.response = replies::notAuthenticated(403);
        co_return;
    }
    co_await authenticate(*token);
    if (exchange.response.has_value()) co_return;
    core.metrics.replies(101).add();
    SocketOpening opening{std::move(socket_),
                          exchange.socket,
                          std::move(*exchange.request.principal),
                          std::move(*token),
                          std::string(parser.get("sec-websocket-key")),
                          std::string(parser.get("host")),
                          exchange.request.id,
                          exchange.trace,
                          std::move(peer_.lease)};
    leave();
    SocketSession::open(io(), std::move(opening));
}

}  // namespace linkup::daemon
