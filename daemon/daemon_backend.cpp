#include "daemon_backend.h"

#include "daemon/services/bus_prefixed.h"
#include "daemon/services/cache_prefixed.h"
#include "daemon/services/migrations.h"

namespace linkup::daemon {

SharedParts DaemonBackend::parts() {
    SharedParts shared;
    shared.database = parts_.database.get();
    shared.sockets = &parts_.gateway->sockets();
    shared.mailer = parts_.mailer.get();
    shared.clock = &parts_.clock;
    return shared;
}

std::unique_ptr<sdk::Log> DaemonBackend::logFor(const std::string& plugin) {
    return parts_.logging.logFor(plugin);
}

std::unique_ptr<sdk::Metrics> DaemonBackend::metricsFor(const std::string& plugin) {
    return parts_.registry.metricsFor(plugin);
}

std::unique_ptr<sdk::Cache> DaemonBackend::cacheFor(const std::string& plugin) {
    return std::make_unique<PrefixedCache>(*parts_.cache, plugin + ":");
}

std::unique_ptr<sdk::Bus> DaemonBackend::busFor(const std::string& plugin) {
    return std::make_unique<PrefixedBus>(*parts_.bus, plugin + ":");
}

RegistrationHandle DaemonBackend::addRoute(const std::string& plugin, sdk::RouteSpec spec,
                                           sdk::HttpHandler handler) {
    if (spec.auth == sdk::Auth::kBearer) wants_tokens_ = plugin;
    return holding(parts_.gateway->addRoute("plugin " + plugin, std::move(spec), std::move(handler)));
}

RegistrationHandle DaemonBackend::addBatchRoute(const std::string& plugin, sdk::RouteSpec spec,
                                                std::size_t most, sdk::HttpBatchHandler handler) {
    if (spec.auth == sdk::Auth::kBearer) wants_tokens_ = plugin;
    return holding(
        parts_.gateway->addBatchRoute("plugin " + plugin, std::move(spec), most, std::move(handler)));
}

RegistrationHandle DaemonBackend::addSocket(const std::string& plugin, sdk::SocketSpec spec,
                                            sdk::SocketHandler& handler) {
    wants_tokens_ = plugin;
    return holding(parts_.gateway->addSocket("plugin " + plugin, std::move(spec), handler));
}

void DaemonBackend::setImportance(sdk::Method method, const std::string& path, sdk::Importance importance) {
    parts_.gateway->setImportance(method, path, importance);
}

void DaemonBackend::setImportance(const std::string& path, const std::string& event,
                                  sdk::Importance importance) {
    parts_.gateway->setImportance(path, event, importance);
}

void DaemonBackend::setPrompt(const std::string& path, const std::string& event) {
    parts_.gateway->setPrompt(path, event);
}

RegistrationHandle DaemonBackend::addTask(const std::string& plugin, sdk::TaskSpec spec) {
    return holding(parts_.scheduler->add(plugin, std::move(spec)));
}

RegistrationHandle DaemonBackend::addPool(const std::string&, sdk::PoolSpec spec) {
    WorkerPool& pool = parts_.pools->create(spec.name, spec.threads, static_cast<std::size_t>(spec.queue));
    return undoneBy(
        [pools = parts_.pools.get(), name = spec.name,
         watch = watched("pool " + spec.name, [&pool] { return pool.progress(); })]() mutable noexcept {
            watch.reset();
            pools->remove(name);
        });
}

RegistrationHandle DaemonBackend::addHeartbeat(const std::string& name,
                                               std::shared_ptr<const ProgressMark> mark) {
    return watched("heartbeat " + name, [mark = std::move(mark)] { return mark->look(); });
}

RegistrationHandle DaemonBackend::watched(std::string name, Watchdog::Look look) {
    const std::uint64_t number = watchdog_.watch(std::move(name), std::move(look));
    return undoneBy([this, number]() noexcept { watchdog_.forget(number); });
}

bool DaemonBackend::post(const std::string&, const std::string& pool, std::function<void()> work) {
    WorkerPool* const found = parts_.pools->find(pool);
    return found != nullptr && found->post(std::move(work));
}

void DaemonBackend::migrate(const std::string& plugin, std::span<const sdk::Migration> migrations) {
    Migrator(*parts_.database, *parts_.log).apply(plugin, migrations);
}

}  // namespace linkup::daemon
