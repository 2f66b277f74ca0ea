#include "gateway_fixture.h"

#include <algorithm>
#include <charconv>

namespace linkup::test {

sdk::Authenticator::Answer TokenTeller::verifyFast(std::string_view token) {
    if (before_fast) before_fast();
    const std::lock_guard lock(mutex_);
    if (revoked_.contains(token)) return {};
    if (token.starts_with("unknown-")) return {Outcome::kUnknown, {}};
    return token.starts_with("good-") ? accept(token.substr(5)) : Answer{};
}

sdk::Authenticator::Answer TokenTeller::verify(std::string_view token) {
    if (before_slow) before_slow();
    ++asked_slowly;
    const std::lock_guard lock(mutex_);
    if (revoked_.contains(token)) return {};
    return token.starts_with("unknown-") ? accept(token.substr(8)) : Answer{};
}

void TokenTeller::revoke(const std::string& token) {
    const std::lock_guard lock(mutex_);
    revoked_.insert(token);
}

sdk::Authenticator::Answer TokenTeller::accept(std::string_view number) const {
    sdk::UserId user = 0;
    std::from_chars(number.data(), number.data() + number.size(), user);
    if (user == 0) return {};
    return {Outcome::kAccepted, {user, "sign-in-" + std::to_string(user), ""}};
}

void SocketRecorder::onOpen(const Session& session) {
    {
        const std::lock_guard lock(mutex_);
        last_ = session;
    }
    note("open");
    if (on_open) on_open(session);
}

void SocketRecorder::onEvent(const Session& session, const std::string& event, const sdk::Json& body) {
    note("event " + event + " " + body.dump());
    if (on_event) on_event(session, event, body);
}

void SocketRecorder::onClose(const Session&, std::uint16_t code) {
    note("close " + std::to_string(code));
}

void SocketRecorder::note(std::string line) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(line));
}

std::vector<std::string> SocketRecorder::heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
}

bool SocketRecorder::hasHeard(const std::string& line) const {
    const auto lines = heard();
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

SocketRecorder::Session SocketRecorder::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

daemon::GatewaySettings TestGateway::quick() {
    daemon::GatewaySettings settings;
    settings.address = "127.0.0.1";
    settings.port = 0;
    settings.sockets.close_timeout = std::chrono::milliseconds(1000);
    return settings;
}

TestGateway::TestGateway() : TestGateway(Options{quick()}) {}

TestGateway::TestGateway(Options options)
    : bus(options.bus),
      gateway(options.settings, log, metrics, clock, *bus, withRequests(options.threads, options.queue)) {
    gateway.setAuthenticator(&tokens);
    gateway.start();
}

TestGateway::~TestGateway() {
    gateway.stop();
    pools.stop();
    handles.clear();
}

daemon::WorkerPools& TestGateway::withRequests(int threads, std::size_t queue) {
    pools.create("requests", threads, queue);
    return pools;
}

void TestGateway::route(sdk::RouteSpec spec, sdk::HttpHandler handler) {
    handles.push_back(gateway.addRoute("test", std::move(spec), std::move(handler)));
}

void TestGateway::get(const std::string& path, sdk::HttpHandler handler) {
    route(getSpec(path), std::move(handler));
}

void TestGateway::socket(sdk::SocketSpec spec, sdk::SocketHandler& handler) {
    handles.push_back(gateway.addSocket("test", std::move(spec), handler));
}

std::string TestGateway::url() const {
    return "http://127.0.0.1:" + std::to_string(gateway.boundPort());
}

sdk::RouteSpec getSpec(const std::string& path, sdk::Auth auth) {
    sdk::RouteSpec spec;
    spec.path = path;
    spec.auth = auth;
    return spec;
}

sdk::SocketSpec saySocket() {
    sdk::SocketSpec spec;
    spec.path = "/ws/say";
    spec.greeting = "Connected to say websocket.";
    spec.events.push_back({"say",
                           {{"type", "say"}},
                           sdk::Schema::object({{"text", sdk::Schema::string()},
                                                {"number", sdk::Schema::integer().optional()}}),
                           ""});
    spec.events.push_back({"hush", {{"type", "hush"}}, sdk::Schema::object({}), ""});
    return spec;
}

}  // namespace linkup::test
