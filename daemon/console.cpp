#include "console.h"

#include <Poco/Net/IPAddress.h>

#include "console_numbers.h"
#include "static_pages.h"
#include "version.h"

namespace linkup::daemon {

namespace {

constexpr const char* kPlace = "/console";
constexpr const char* kOwner = "the console";
constexpr int kThreads = 2;
constexpr std::size_t kQueue = 64;
constexpr std::size_t kConnections = 256;

GatewaySettings gatewaySettings(const Settings& settings) {
    GatewaySettings gateway;
    gateway.address = settings.text("console.address");
    gateway.port = static_cast<std::uint16_t>(settings.integer("console.port"));
    gateway.io_threads = 1;
    gateway.max_connections = kConnections;
    gateway.access_log = false;  // the page asks every two seconds; what operators do is logged by itself
    return gateway;
}

bool isLoopback(const std::string& address) {
    Poco::Net::IPAddress ip;
    return Poco::Net::IPAddress::tryParse(address, ip) && ip.isLoopback();
}

sdk::Schema personSchema() {
    return sdk::Schema::object({{"email", sdk::Schema::string().maxLength(254).optional()},
                                {"user_id", sdk::Schema::id().optional()}});
}

}  // namespace

Console::Console(const Settings& settings, DaemonParts& parts, const Readiness& readiness, Ask ask,
                 const std::filesystem::path& folder)
    : parts_(parts),
      readiness_(readiness),
      ask_(std::move(ask)),
      log_(parts.logging.logFor("console")),
      guard_(settings.text("console.token"), parts.clock, *log_),
      address_(settings.text("console.address")),
      profile_(settings.text("profile")),
      metrics_(parts.registry.metricsFor("console")),
      bus_(openBus({}, *log_)),
      pools_(std::make_unique<WorkerPools>(*log_, *metrics_)) {
    pools_->create("requests", kThreads, kQueue);
    gateway_ =
        std::make_unique<Gateway>(gatewaySettings(settings), *log_, *metrics_, parts.clock, *bus_, *pools_);
    addPages(folder);
    addNumbers();
    addPeople();
}

Console::~Console() {
    stop();
}

void Console::start(sdk::Json plugins) {
    plugins_ = std::move(plugins);
    gateway_->start();
    log_->info("ready", {{"address", address_}, {"port", static_cast<std::int64_t>(gateway_->boundPort())}});
    if (!isLoopback(address_))
        log_->warning(
            "the console's token goes over the network in the clear: keep console.address on this "
            "machine and come through ssh or a proxy with TLS",
            {{"address", address_}});
}

void Console::stop() noexcept {
    gateway_->stop();
    pools_->stop();
}

void Console::addPages(const std::filesystem::path& folder) {
    for (StaticPage& page : readApplication(folder, kPlace)) {
        const std::string path = page.path;
        registrations_.add(holding(gateway_->addPage(
            path, [page = std::move(page)](const sdk::Request& request) { return page.answer(request); })));
    }
}

void Console::addRoute(sdk::Method method, const std::string& path, std::optional<sdk::Schema> body,
                       Answer answer) {
    sdk::RouteSpec spec;
    spec.method = method;
    spec.path = std::string(kPlace) + "/api/" + path;
    spec.auth = sdk::Auth::kNone;  // the gateway knows bearer tokens of users; the guard knows this one
    if (body) {
        spec.body_kind = sdk::BodyKind::kJson;
        spec.body = std::move(body);
    }
    registrations_.add(holding(gateway_->addRoute(
        kOwner, std::move(spec), [this, answer = std::move(answer)](const sdk::Request& request) {
            guard_.check(request.header("authorization"), request.peer);
            sdk::Response response = sdk::Response::json(answer(request));
            response.headers.emplace_back("Cache-Control", "no-store");
            return response;
        })));
}

void Console::addNumbers() {
    addRoute(sdk::Method::kGet, "overview", {}, [this](const auto&) { return overview(); });
    addRoute(sdk::Method::kGet, "numbers", {},
             [this](const auto&) { return consoleNumbers(parts_.registry.text()); });
    addRoute(sdk::Method::kGet, "plugins", {}, [this](const auto&) { return plugins_; });
    addRoute(sdk::Method::kGet, "log", {}, [this](const auto&) {
        sdk::Json lines = sdk::Json::array();
        for (std::string& line : parts_.logging.recent()) lines.push(std::move(line));
        return sdk::Json::object({{"lines", std::move(lines)}});
    });
}

void Console::addPeople() {
    addRoute(sdk::Method::kPost, "sessions", personSchema(), [this](const sdk::Request& request) {
        return askFor("sessions.list", request.body, "sessions");
    });
    const auto session = sdk::Schema::object(
        {{"user_id", sdk::Schema::id()}, {"session_id", sdk::Schema::string().maxLength(100).optional()}});
    addRoute(sdk::Method::kPost, "sessions/revoke", session, [this](const sdk::Request& request) {
        sdk::Json answer = askFor("sessions.revoke", request.body, "revoked");
        note(request, "sessions were revoked", request.body["user_id"].asInteger());
        return answer;
    });
    addRoute(sdk::Method::kGet, "reports", {},
             [this](const auto&) { return askFor("reports.list", sdk::Json::object({}), "reported"); });
    addRoute(sdk::Method::kPost, "reports/clear", sdk::Schema::object({{"user_id", sdk::Schema::id()}}),
             [this](const sdk::Request& request) {
                 sdk::Json answer = askFor("reports.clear", request.body, "cleared");
                 note(request, "reports were cleared", request.body["user_id"].asInteger());
                 return answer;
             });
    addRoute(sdk::Method::kGet, "lobby", {},
             [this](const auto&) { return askFor("lobby.events", sdk::Json::object({}), "events"); });
}

sdk::Json Console::askFor(std::string_view hook, const sdk::Json& question, std::string_view answer) const {
    return ask_(hook, question, answer).value_or(sdk::Json());
}

sdk::Json Console::overview() const {
    const auto uptime = std::chrono::steady_clock::now() - started_;
    sdk::Json answer = readiness_.report();
    answer.set("version", kVersion);
    answer.set("profile", profile_);
    answer.set("uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
    answer.set("sockets", static_cast<std::int64_t>(parts_.gateway->socketCount()));
    return answer;
}

void Console::note(const sdk::Request& request, std::string_view what, sdk::UserId user) const {
    log_->info(what, {{"user_id", user}, {"peer", request.peer}});
}

}  // namespace linkup::daemon
