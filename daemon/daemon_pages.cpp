#include "daemon_pages.h"

#include <sodium.h>

#include "linkup/sdk/error.h"
#include "same_secret.h"
#include "static_pages.h"
#include "version.h"

namespace linkup::daemon {

namespace {

/// What says how the process is, when it has too much to do as well.
constexpr PageOptions kAtOnce{.on_io_thread = true};

}  // namespace

DaemonPages::DaemonPages(DaemonParts& parts, RegistrationBook& book, const Settings& settings,
                         const Readiness& readiness, const std::filesystem::path& www)
    : parts_(parts), book_(book), readiness_(readiness) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
    applyLive(settings);
    addProbes();
    addMetrics();
    addOpenApi();
    addStatus();
    addStatic(www);
}

void DaemonPages::applyLive(const Settings& settings) {
    metrics_allowed_ = std::make_shared<const TrustedProxies>(settings.list("metrics.allowed"));
    status_token_ = std::make_shared<const std::string>(settings.text("status.token"));
}

void DaemonPages::publishOpenApi(std::string document) {
    openapi_ = std::make_shared<const std::string>(std::move(document));
}

void DaemonPages::addPage(const std::string& path, sdk::HttpHandler handler, PageOptions options) {
    registrations_.add(
        book_.claim(RegistrationKind::kRoute, routeKey("GET", path), {"the daemon", "GET " + path, "open"}));
    registrations_.add(holding(parts_.gateway->addPage(path, std::move(handler), options)));
}

void DaemonPages::addProbes() {
    addPage(
        "/healthz",
        [](const sdk::Request&) {
            return sdk::Response::json(sdk::Json::object({{"status", "ok"}}));
        },
        kAtOnce);
    addPage(
        "/readyz",
        [this](const sdk::Request&) {
            return sdk::Response::json(readiness_.report(), readiness_.ready() ? 200 : 503);
        },
        kAtOnce);
}

void DaemonPages::addMetrics() {
    addPage(
        "/metrics",
        [this](const sdk::Request& request) {
            if (!metrics_allowed_.load()->trusts(request.peer))
                throw sdk::Error(sdk::ErrorCode::kNotFound, "Not Found");
            sdk::Response response;
            response.content_type = MetricsRegistry::kContentType;
            response.body = parts_.registry.text();
            return response;
        },
        kAtOnce);
}

void DaemonPages::addOpenApi() {
    addPage("/openapi.json", [this](const sdk::Request&) {
        const auto document = openapi_.load();
        if (!document)
            throw sdk::Error(sdk::ErrorCode::kUnavailable, "Server is busy. Please try again in a moment.");
        sdk::Response response;
        response.body = *document;
        return response;
    });
}

void DaemonPages::addStatus() {
    sdk::RouteSpec spec;
    spec.path = "/api/v1/internal/status";
    spec.auth = sdk::Auth::kNone;
    spec.summary = "How this node is, for operators; wants X-Status-Token.";
    spec.responses = {401};
    registrations_.add(book_.claim(RegistrationKind::kRoute, routeKey("GET", spec.path),
                                   {"the daemon", "GET " + spec.path, "status token"}));
    auto handler = [this](const sdk::Request& request) {
        const auto token = status_token_.load();
        const bool known = sameSecret(request.header("x-status-token"), *token);
        if (token->empty() || !known) {
            throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid or missing status token");
        }
        const auto uptime = std::chrono::steady_clock::now() - started_;
        sdk::Json logs = sdk::Json::array();
        for (std::string& line : parts_.logging.recent()) logs.push(std::move(line));
        return sdk::Response::json(sdk::Json::object(
            {{"status", readiness_.ready() ? "ok" : "not_ready"},
             {"version", kVersion},
             {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
             {"database", readiness_.database()},
             {"redis", readiness_.shared()},
             {"sockets", static_cast<std::int64_t>(parts_.gateway->socketCount())},
             {"recent_logs", std::move(logs)}}));
    };
    registrations_.add(holding(parts_.gateway->addRoute("the daemon", std::move(spec), std::move(handler))));
}

void DaemonPages::addStatic(const std::filesystem::path& www) {
    for (StaticPage& page : readStaticPages(www)) {
        const std::string path = page.path;
        addPage(path, [page = std::move(page)](const sdk::Request& request) { return page.answer(request); });
    }
}

}  // namespace linkup::daemon
