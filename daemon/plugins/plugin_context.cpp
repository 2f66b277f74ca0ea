#include "plugin_context.h"

#include <utility>

#include "linkup/sdk/error.h"

namespace linkup::daemon {

namespace {

constexpr std::string_view kSharedPool = "requests";

[[noreturn]] void refuse(const std::string& why) {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument, why);
}

/// "every 5000 ms", "cron 0 20 * * * (Europe/Vienna)".
std::string describe(const std::variant<sdk::Every, sdk::Cron>& schedule) {
    if (const auto* every = std::get_if<sdk::Every>(&schedule)) {
        return "every " + std::to_string(every->interval.count()) + " ms";
    }
    const auto& cron = std::get<sdk::Cron>(schedule);
    return "cron " + cron.expression + " (" + cron.zone + ")";
}

/// "priority 0, budget 50 ms, fails open".
std::string describe(const sdk::HookSpec& spec) {
    std::string text = "priority " + std::to_string(spec.priority);
    if (spec.budget.count() > 0) text += ", budget " + std::to_string(spec.budget.count()) + " ms";
    return text + (spec.on_failure == sdk::HookFailure::kOpen ? ", fails open" : ", fails closed");
}

}  // namespace

PluginContext::PluginContext(std::string name, const PluginCommons& commons)
    : name_(std::move(name)),
      commons_(commons),
      parts_(commons.backend.parts()),
      log_(commons.backend.logFor(name_)),
      metrics_(commons.backend.metricsFor(name_)),
      cache_(commons.backend.cacheFor(name_)),
      bus_(commons.backend.busFor(name_)) {}

void PluginContext::whileOpen(const std::function<void()>& work) {
    struct Closing {
        bool& open;
        ~Closing() { open = false; }
    };
    open_ = true;
    const Closing closing{open_};
    work();
}

void PluginContext::undo() noexcept {
    demo_.clear();
    registrations_.clear();
    posted_->close();
}

void PluginContext::route(sdk::RouteSpec spec, sdk::HttpHandler handler) {
    mustBeOpen("route");
    claimRoute(spec, handler != nullptr, {});
    registrations_.add(commons_.backend.addRoute(name_, std::move(spec), std::move(handler)));
}

void PluginContext::batchRoute(sdk::RouteSpec spec, int most, sdk::HttpBatchHandler handler) {
    mustBeOpen("route");
    const std::string name = std::string(toString(spec.method)) + " " + spec.path;
    if (most < 1) refuse("route " + name + ": answers less than one request at a time");
    if (spec.upload) refuse("route " + name + ": uploads are answered one by one");
    claimRoute(spec, handler != nullptr, ", up to " + std::to_string(most) + " at a time");
    registrations_.add(commons_.backend.addBatchRoute(name_, std::move(spec), static_cast<std::size_t>(most),
                                                      std::move(handler)));
}

/// Checks the spec, and writes the pool's whole name into it.
void PluginContext::claimRoute(sdk::RouteSpec& spec, bool has_handler, const std::string& manner) {
    const std::string name = std::string(toString(spec.method)) + " " + spec.path;
    if (!spec.path.starts_with('/')) refuse("route " + name + ": a path begins with /");
    if (!has_handler) refuse("route " + name + ": has no handler");
    const std::string pool = fullPoolName(spec.pool);
    if (pool.empty())
        refuse("route " + name + ": wants pool " + spec.pool + ", which its plugin has not declared before");
    std::string detail = spec.auth == sdk::Auth::kBearer ? "bearer" : "open";
    if (pool != kSharedPool) detail += ", pool " + pool;
    detail += manner;
    if (!spec.summary.empty()) detail += ", " + spec.summary;
    claim(RegistrationKind::kRoute, routeKey(toString(spec.method), spec.path), name, std::move(detail));
    spec.pool = pool;
    own_.insert(name);
}

void PluginContext::socket(sdk::SocketSpec spec, sdk::SocketHandler& handler) {
    mustBeOpen("socket");
    if (!spec.path.starts_with('/')) refuse("socket " + spec.path + ": a path begins with /");
    claim(RegistrationKind::kSocket, spec.path, spec.path, spec.summary);
    const std::string path = spec.path;
    registrations_.add(commons_.backend.addSocket(name_, std::move(spec), handler));
    own_.insert(path);
}

void PluginContext::task(sdk::TaskSpec spec) {
    mustBeOpen("task");
    const std::string name = name_ + "." + spec.name;
    if (spec.name.empty() || !spec.run) refuse("task " + name + ": needs a name and something to run");
    std::string detail = describe(spec.schedule);
    detail += spec.scope == sdk::TaskScope::kCluster ? ", once per cluster" : ", on each node";
    claim(RegistrationKind::kTask, name, name, std::move(detail));
    registrations_.add(commons_.backend.addTask(name_, std::move(spec)));
}

void PluginContext::hook(std::string_view event, int priority, sdk::HookHandler handler) {
    mustBeOpen("hook");
    claimHook(std::string(event), handler, "priority " + std::to_string(priority));
    registrations_.add(commons_.hooks.add(std::string(event), name_, priority, std::move(handler)));
}

void PluginContext::hook(sdk::HookSpec spec, sdk::HookHandler handler) {
    mustBeOpen("hook");
    if (spec.budget.count() < 0) refuse("hook " + spec.event + ": its budget is negative");
    if (spec.refusal.empty()) refuse("hook " + spec.event + ": its refusal is empty");
    claimHook(spec.event, handler, describe(spec));
    registrations_.add(commons_.hooks.add(name_, std::move(spec), std::move(handler)));
}

void PluginContext::claimHook(const std::string& event, const sdk::HookHandler& handler, std::string detail) {
    if (event.empty() || !handler) refuse("hook " + event + ": needs an event and a handler");
    // Any number of handlers may share an event, so the key only keeps them apart and in order.
    std::string key = event + " " + name_ + " " + std::to_string(registrations_.size());
    claim(RegistrationKind::kHook, std::move(key), event, std::move(detail));
}

void PluginContext::importance(sdk::Method method, std::string_view path, sdk::Importance importance) {
    mustBeOpen("importance");
    const std::string name = std::string(toString(method)) + " " + std::string(path);
    if (!own_.contains(name)) refuse("importance of " + name + ": its plugin has not registered it before");
    commons_.backend.setImportance(method, std::string(path), importance);
}

void PluginContext::importance(std::string_view path, std::string_view event, sdk::Importance importance) {
    mustBeOpen("importance");
    mustBeOwn("importance", path);
    commons_.backend.setImportance(std::string(path), std::string(event), importance);
}

void PluginContext::prompt(std::string_view path, std::string_view event) {
    mustBeOpen("prompt");
    mustBeOwn("prompt", path);
    commons_.backend.setPrompt(std::string(path), std::string(event));
}

void PluginContext::mustBeOwn(std::string_view what, std::string_view socket) const {
    if (own_.contains(socket)) return;
    refuse(std::string(what) + " of socket " + std::string(socket) +
           ": its plugin has not registered it before");
}

void PluginContext::pool(sdk::PoolSpec spec) {
    mustBeOpen("pool");
    const std::string local = spec.name;
    if (local.empty() || local == kSharedPool) refuse("pool \"" + local + "\": needs a name of its own");
    if (spec.threads < 1 || spec.queue < 1)
        refuse("pool " + local + ": needs at least one thread and a queue of one");
    spec.name = name_ + "." + local;
    claim(RegistrationKind::kPool, spec.name, spec.name,
          std::to_string(spec.threads) + " threads, queue " + std::to_string(spec.queue));
    registrations_.add(commons_.backend.addPool(name_, std::move(spec)));
    pools_.insert(local);
}

void PluginContext::migrations(std::vector<sdk::Migration> migrations) {
    mustBeOpen("migrations");
    if (!migrations_.empty()) refuse("migrations: given twice");
    migrations_ = std::move(migrations);
}

void PluginContext::provide(std::string_view interface_name, void* service) {
    mustBeOpen("service");
    if (interface_name.empty() || service == nullptr)
        refuse("service " + std::string(interface_name) + ": is null");
    claim(RegistrationKind::kService, std::string(interface_name), std::string(interface_name), {});
    registrations_.add(commons_.services.provide(std::string(interface_name), service));
}

void PluginContext::demo(std::function<void(int count)> fill) {
    mustBeOpen("demo");
    if (!fill) refuse("demo: has no function");
    demo_.push_back(std::move(fill));
}

sdk::Heartbeat& PluginContext::heartbeat(std::string_view name) {
    mustBeOpen("heartbeat");
    if (name.empty()) refuse("heartbeat: needs a name");
    const std::string full = name_ + "." + std::string(name);
    claim(RegistrationKind::kHeartbeat, full, full, {});
    const auto& mark = heartbeats_.emplace_back(std::make_shared<ProgressMark>());
    registrations_.add(commons_.backend.addHeartbeat(full, mark));
    return *mark;
}

bool PluginContext::post(std::string_view pool, std::function<void()> work) {
    const std::string full = fullPoolName(pool);
    if (full.empty()) refuse("pool " + std::string(pool) + ": is not declared by plugin " + name_);
    if (!posted_->enter()) return false;
    const bool taken = commons_.backend.post(name_, full, [gate = posted_, work = std::move(work)]() mutable {
        const LeaveGate leaving(*gate);
        // What the work holds may be the plugin's, so it goes before the gate is left.
        const auto own = std::exchange(work, nullptr);
        own();
    });
    if (!taken) posted_->leave();
    return taken;
}

void PluginContext::mustBeOpen(std::string_view what) const {
    if (open_) return;
    refuse("plugin " + name_ + " registers a " + std::string(what) +
           " too late: only while registerWith runs");
}

void PluginContext::claim(RegistrationKind kind, std::string key, std::string name, std::string detail) {
    registrations_.add(
        commons_.book.claim(kind, std::move(key), {"plugin " + name_, std::move(name), std::move(detail)}));
}

std::string PluginContext::fullPoolName(std::string_view pool) const {
    if (pool == kSharedPool) return std::string(pool);
    return pools_.contains(pool) ? name_ + "." + std::string(pool) : std::string();
}

}  // namespace linkup::daemon
