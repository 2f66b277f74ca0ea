#include "gateway.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "asyncapi.h"
#include "gateway_core.h"
#include "http_route.h"
#include "io_thread.h"
#include "linkup/sdk/error.h"
#include "listener.h"
#include "openapi.h"
#include "replies.h"
#include "socket_path.h"
#include "tls.h"

namespace linkup::daemon {

namespace {

constexpr std::chrono::milliseconds kStopPatience{5000};
constexpr std::chrono::milliseconds kKillPatience{2000};
constexpr std::chrono::milliseconds kLook{2};
constexpr auto kPageOwner = "the daemon";

Verb verbOf(sdk::Method method) {
    switch (method) {
        case sdk::Method::kPost:
            return Verb::kPost;
        case sdk::Method::kPut:
            return Verb::kPut;
        case sdk::Method::kPatch:
            return Verb::kPatch;
        case sdk::Method::kDelete:
            return Verb::kDelete;
        case sdk::Method::kGet:
            break;
    }
    return Verb::kGet;
}

std::vector<Verb> verbsOf(const sdk::RouteSpec& spec) {
    std::vector<Verb> verbs{verbOf(spec.method)};
    if (!spec.answers_head) return verbs;
    if (spec.method != sdk::Method::kGet)
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "route " + spec.path + " is no GET, so no HEAD");
    verbs.push_back(Verb::kHead);
    return verbs;
}

/// The label for an owner such as "plugin auth".
std::string pluginOf(const std::string& owner) {
    constexpr std::string_view kPrefix = "plugin ";
    return owner.starts_with(kPrefix) ? owner.substr(kPrefix.size()) : "daemon";
}

template <class Undo>
class UndoHandle final : public GatewayHandle {
public:
    explicit UndoHandle(Undo undo) : undo_(std::move(undo)) {}
    ~UndoHandle() override { undo_(); }

private:
    Undo undo_;
};

/// Path parameters and their schema must speak of the same names.
void checkParameters(const sdk::RouteSpec& spec) {
    if (!spec.parameters.has_value()) return;
    const std::vector<std::string> names = parameterNames(spec.path);
    for (const auto& field : spec.parameters->fields()) {
        if (std::find(names.begin(), names.end(), field.name) == names.end()) {
            throw sdk::Error(
                sdk::ErrorCode::kInvalidArgument,
                "route " + spec.path + " has no parameter '" + field.name + "' that its schema describes");
        }
    }
}

}  // namespace

struct Gateway::Parts {
    Parts(GatewaySettings settings, sdk::Log& log, sdk::Metrics& metrics, sdk::Clock& clock, sdk::Bus& bus,
          WorkerPools& pools)
        : core(std::move(settings), log, metrics, clock, bus, pools) {
        if (core.settings.io_threads < 1) throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "no I/O thread");
        for (int i = 0; i < core.settings.io_threads; ++i)
            threads.push_back(std::make_unique<IoThread>(core, i));
        core.delay = [this] { return std::max(loopLag(), core.requests.age()); };
    }

    std::shared_ptr<HttpRoute> makeRoute(const std::string& owner, sdk::RouteSpec spec,
                                         sdk::HttpHandler handler, WorkerPool* pool);
    std::unique_ptr<GatewayHandle> addRoute(const std::shared_ptr<HttpRoute>& route, std::vector<Verb> verbs);
    WorkerPool& poolFor(const std::string& owner, const std::string& name);
    std::chrono::nanoseconds loopLag() const noexcept;
    template <class Each>
    void forEachConnection(Each each);
    bool waitUntilNone(std::chrono::milliseconds patience) const;
    /// `change` returns false if the socket has no such event.
    template <class Change>
    void changeEvent(const std::string& path, const std::string& event, Change change);

    GatewayCore core;
    std::mutex paths_mutex;
    std::map<std::string, std::shared_ptr<SocketPath>> paths;
    std::vector<std::unique_ptr<IoThread>> threads;
    std::unique_ptr<Listener> listener;
    std::uint16_t port = 0;
    bool running = false;
};

template <class Change>
void Gateway::Parts::changeEvent(const std::string& path, const std::string& event, Change change) {
    const std::lock_guard lock(paths_mutex);
    const auto place = paths.find(path);
    const auto registration = place == paths.end() ? nullptr : place->second->current();
    if (registration == nullptr || !change(*registration))
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "socket " + path + " has no event '" + event + "'");
}

std::shared_ptr<HttpRoute> Gateway::Parts::makeRoute(const std::string& owner, sdk::RouteSpec spec,
                                                     sdk::HttpHandler handler, WorkerPool* pool) {
    checkParameters(spec);
    sdk::Histogram& histogram = core.metric_maker.histogram(
        "request_seconds", "Time from a request's first byte to its reply.",
        {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
        {{"method", std::string(toString(verbOf(spec.method)))}, {"route", spec.path}});
    const std::string plugin = pluginOf(owner);
    auto route = std::make_shared<HttpRoute>(owner, std::move(spec), std::move(handler), pool, histogram);
    for (std::size_t i = 0; i < route->replies.size(); ++i) {
        route->replies[i] =
            &core.metric_maker.counter("plugin_replies_total", "HTTP replies of a plugin by class of status.",
                                       {{"plugin", plugin}, {"class", std::to_string(i + 1) + "xx"}});
    }
    return route;
}

std::unique_ptr<GatewayHandle> Gateway::Parts::addRoute(const std::shared_ptr<HttpRoute>& route,
                                                        std::vector<Verb> verbs) {
    const std::uint64_t number =
        core.router.add({route->owner, route->spec.path, std::move(verbs), route, nullptr});
    auto undo = [this, number, route] {
        core.router.remove(number);
        route->gate.closeAndWait();
    };
    return std::make_unique<UndoHandle<decltype(undo)>>(std::move(undo));
}

WorkerPool& Gateway::Parts::poolFor(const std::string& owner, const std::string& name) {
    if (name == "requests") return core.requests;
    WorkerPool* pool = core.pools.find(owner + "." + name);
    if (pool == nullptr) pool = core.pools.find(name);
    if (pool == nullptr) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "'" + owner + "' has no pool '" + name + "'");
    }
    return *pool;
}

std::chrono::nanoseconds Gateway::Parts::loopLag() const noexcept {
    std::chrono::nanoseconds most{0};
    for (const auto& thread : threads) most = std::max(most, thread->lag());
    return most;
}

template <class Each>
void Gateway::Parts::forEachConnection(Each each) {
    for (const auto& thread : threads) {
        asio::post(thread->context(), [&io = *thread, each] { io.forEachConnection(each); });
    }
}

bool Gateway::Parts::waitUntilNone(std::chrono::milliseconds patience) const {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (core.connections.load() > 0) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(kLook);
    }
    return true;
}

Gateway::Gateway(GatewaySettings settings, sdk::Log& log, sdk::Metrics& metrics, sdk::Clock& clock,
                 sdk::Bus& bus, WorkerPools& pools)
    : parts_(std::make_unique<Parts>(std::move(settings), log, metrics, clock, bus, pools)) {}

Gateway::~Gateway() {
    stop();
}

std::unique_ptr<GatewayHandle> Gateway::addRoute(const std::string& owner, sdk::RouteSpec spec,
                                                 sdk::HttpHandler handler) {
    std::vector<Verb> verbs = verbsOf(spec);
    if (spec.upload.has_value() && spec.body_kind != sdk::BodyKind::kForm)
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "route " + spec.path + " has an upload and no form");
    WorkerPool& pool = parts_->poolFor(owner, spec.pool);
    return parts_->addRoute(parts_->makeRoute(owner, std::move(spec), std::move(handler), &pool),
                            std::move(verbs));
}

std::unique_ptr<GatewayHandle> Gateway::addBatchRoute(const std::string& owner, sdk::RouteSpec spec,
                                                      std::size_t most, sdk::HttpBatchHandler handler) {
    std::vector<Verb> verbs = verbsOf(spec);
    WorkerPool& pool = parts_->poolFor(owner, spec.pool);
    const auto route = parts_->makeRoute(owner, std::move(spec), nullptr, &pool);
    route->batch = std::make_shared<RouteBatch>(parts_->core, *route, pool, most, std::move(handler));
    return parts_->addRoute(route, std::move(verbs));
}

std::unique_ptr<GatewayHandle> Gateway::addPage(const std::string& path, sdk::HttpHandler handler,
                                                PageOptions options) {
    sdk::RouteSpec spec;
    spec.path = path;
    spec.auth = sdk::Auth::kNone;
    spec.summary = std::move(options.summary);
    WorkerPool* const pool = options.on_io_thread ? nullptr : &parts_->core.requests;
    return parts_->addRoute(parts_->makeRoute(kPageOwner, std::move(spec), std::move(handler), pool),
                            {Verb::kGet, Verb::kHead});
}

std::unique_ptr<GatewayHandle> Gateway::addSocket(const std::string& owner, sdk::SocketSpec spec,
                                                  sdk::SocketHandler& handler) {
    const std::string path = spec.path;
    if (!parameterNames(path).empty()) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "socket path '" + path + "' must not have parameters");
    }
    Parts& parts = *parts_;
    std::shared_ptr<SocketPath> place;
    {
        const std::lock_guard lock(parts.paths_mutex);
        auto& known = parts.paths[path];
        if (known == nullptr) {
            sdk::Gauge& open =
                parts.core.metric_maker.gauge("sockets", "Open WebSockets, by the plugin that serves them.",
                                              {{"plugin", pluginOf(owner)}, {"path", path}});
            known = std::make_shared<SocketPath>(path, &open);
        }
        place = known;
    }
    auto registration = std::make_shared<SocketRegistration>(owner, std::move(spec), handler);
    const std::uint64_t number = parts.core.router.add({owner, path, {}, nullptr, place});
    place->set(registration);
    auto undo = [&parts, number, place, registration] {
        parts.core.router.remove(number);
        place->set(nullptr);
        registration->gate.closeAndWait();
    };
    return std::make_unique<UndoHandle<decltype(undo)>>(std::move(undo));
}

void Gateway::setAuthenticator(sdk::Authenticator* authenticator) {
    parts_->core.authenticator.set(authenticator);
}

sdk::SocketHub& Gateway::sockets() noexcept {
    return parts_->core.hub;
}

std::size_t Gateway::socketCount() const noexcept {
    return parts_->core.hub.size();
}

std::chrono::nanoseconds Gateway::loopLag() const noexcept {
    return parts_->loopLag();
}

void Gateway::setImportance(sdk::Method method, const std::string& path, sdk::Importance importance) {
    for (const auto& route : parts_->core.router.routes()) {
        if (route->spec.method == method && route->spec.path == path) {
            route->importance.store(importance, std::memory_order_relaxed);
            return;
        }
    }
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                     "there is no route " + std::string(toString(method)) + " " + path);
}

void Gateway::setImportance(const std::string& path, const std::string& event, sdk::Importance importance) {
    parts_->changeEvent(path, event,
                        [&](SocketRegistration& socket) { return socket.setImportance(event, importance); });
}

void Gateway::setPrompt(const std::string& path, const std::string& event) {
    parts_->changeEvent(path, event, [&](SocketRegistration& socket) { return socket.setPrompt(event); });
}

sdk::Json Gateway::openApi(const std::string& title, const std::string& version) const {
    std::vector<std::shared_ptr<HttpRoute>> routes = parts_->core.router.routes();
    std::vector<DescribedRoute> described;
    for (const auto& route : routes) {
        const bool is_page = route->owner == kPageOwner && route->spec.summary.empty();
        if (!is_page) described.push_back({route->owner, route->spec});
    }
    return describeApi(title, version, described);
}

sdk::Json Gateway::asyncApi(const std::string& title, const std::string& version) const {
    std::vector<DescribedSocket> described;
    const std::lock_guard lock(parts_->paths_mutex);
    for (const auto& [path, place] : parts_->paths) {
        if (const auto current = place->current()) described.push_back({current->owner, current->spec});
    }
    return describeSockets(title, version, described);
}

std::vector<std::function<Progress()>> Gateway::progress() const {
    std::vector<std::function<Progress()>> looks;
    for (const auto& thread : parts_->threads)
        looks.emplace_back([io = thread.get()] { return io->progress(); });
    return looks;
}

void Gateway::start(std::optional<int> listener) {
    Parts& parts = *parts_;
    parts.listener = std::make_unique<Listener>(parts.core, parts.threads, listener);
    parts.port = parts.listener->port();
    parts.core.hub.open();
    parts.listener->start();
    for (const auto& thread : parts.threads) thread->start();
    parts.running = true;
}

std::uint16_t Gateway::boundPort() const noexcept {
    return parts_->port;
}

void Gateway::drain(std::chrono::milliseconds duration) {
    Parts& parts = *parts_;
    // Whoever comes now finds the next process, if the socket lives on without this one.
    const bool goes_on = parts.listener->isInherited();
    if (goes_on) parts.listener->close();
    parts.core.refusing.store(!goes_on);
    parts.core.draining.store(true);
    auto sockets = parts.core.hub.all();
    std::minstd_rand random(std::random_device{}());
    std::shuffle(sockets.begin(), sockets.end(), random);
    std::uniform_int_distribution<std::int64_t> jitter(0, duration.count());
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        const auto turn = duration * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(sockets.size());
        if (const auto when = began + turn; when > std::chrono::steady_clock::now() + kLook) {
            std::this_thread::sleep_until(when);
        }
        // Who waits a fixed time comes back spread as the turns are. Who obeys comes back when the next
        // process is likely there, and not at the same moment as all others.
        const std::chrono::milliseconds wait =
            std::chrono::milliseconds(200 + jitter(random)) + (duration - turn);
        sockets[i]->send(drainingNotice(wait));
        sockets[i]->close(sdk::CloseCode::kGoingAway, "draining");
    }
    sockets.clear();
    parts.forEachConnection([](Connection& connection) { connection.shutDown(); });
    parts.waitUntilNone(goes_on ? GatewayCore::kLastRequest : parts.core.closePatience());
}

void Gateway::reloadCertificate() noexcept {
    if (parts_->core.tls) parts_->core.tls->reloadIfChanged();
}

void Gateway::stop() noexcept {
    Parts& parts = *parts_;
    if (!parts.running) return;
    parts.running = false;
    parts.core.draining.store(true);
    parts.listener->close();
    parts.forEachConnection([](Connection& connection) { connection.shutDown(); });
    if (!parts.waitUntilNone(kStopPatience)) {
        parts.core.log.warning("connections that would not end are cut off",
                               {{"count", static_cast<std::int64_t>(parts.core.connections.load())}});
        parts.forEachConnection([](Connection& connection) { connection.kill(); });
        parts.waitUntilNone(kKillPatience);
    }
    parts.core.hub.close();
    for (const auto& thread : parts.threads) thread->stop();
}

}  // namespace linkup::daemon
