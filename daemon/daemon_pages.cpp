#include "daemon_pages.h"

#include <sodium.h>

#include <utility>

#include "linkup/sdk/error.h"
#include "same_secret.h"
#include "static_pages.h"
#include "version.h"

namespace linkup::daemon {

namespace {

/// What says how the process is, when it has too much to do as well.
PageOptions atOnce(const char* summary) {
    return {.on_io_thread = true, .summary = summary};
}

}  // namespace

DaemonPages::DaemonPages(DaemonParts& parts, RegistrationBook& book, const Settings& settings,
                         const Readiness& readiness, const std::filesystem::path& www)
    : parts_(parts), book_(book), readiness_(readiness) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
    applyLive(settings);
    addProbes();
    addMetrics();
    addDescriptions();
    addStatus();
    addStatic(www);
}

void DaemonPages::applyLive(const Settings& settings) {
    metrics_allowed_.store(std::make_shared<const TrustedProxies>(settings.list("metrics.allowed")));
    status_token_.store(std::make_shared<const std::string>(settings.text("status.token")));
}

void DaemonPages::publishDescriptions(std::string openapi, std::string asyncapi) {
    openapi_.store(std::make_shared<const std::string>(std::move(openapi)));
    asyncapi_.store(std::make_shared<const std::string>(std::move(asyncapi)));
}

void DaemonPages::addPage(const std::string& path, sdk::HttpHandler handler, PageOptions options) {
    registrations_.add(
        book_.claim(RegistrationKind::kRoute, routeKey("GET", path), {"the daemon", "GET " + path, "open"}));
    registrations_.add(holding(parts_.gateway->addPage(path, std::move(handler), std::move(options))));
}

void DaemonPages::addProbes() {
    addPage(
        "/healthz",
        [](const sdk::Request&) {
            return sdk::Response::json(sdk::Json::object({{"status", "ok"}}));
        },
        atOnce("Whether the process answers."));
    addPage(
        "/readyz",
        [this](const sdk::Request&) {
            return sdk::Response::json(readiness_.report(), readiness_.ready() ? 200 : 503);
        },
        atOnce("Whether this node can serve, and what each thing that it needs says."));
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
        atOnce("Numbers for Prometheus; see metrics.allowed."));
}

void DaemonPages::addDescriptions() {
    addDocument("/openapi.json", openapi_, "");
    addDocument("/api/v1/openapi.json", openapi_, "This description, as OpenAPI 3.1.");
    addDocument("/api/v1/asyncapi.json", asyncapi_, "What the sockets take and send, as AsyncAPI 3.0.");
}

void DaemonPages::addDocument(const std::string& path, const SharedValue<const std::string>& document,
                              const char* summary) {
    addPage(path,
            [&document](const sdk::Request&) {
                const auto published = document.load();
                if (!published)
                    throw sdk::Error(sdk::ErrorCode::kUnavailable,
                                     "Server is busy. Please try again in a moment.");
                sdk::Response response;
                response.body = *published;
                return response;
            },
            {.summary = summary});
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
    std::vector<StaticPage> pages = readStaticPages(www);
    for (StaticPage& page : readApplication(www / "docs", "/docs")) pages.push_back(std::move(page));
    for (StaticPage& page : pages) {
        const std::string path = page.path;
        addPage(path, [page = std::move(page)](const sdk::Request& request) { return page.answer(request); });
    }
}

}  // namespace linkup::daemon
