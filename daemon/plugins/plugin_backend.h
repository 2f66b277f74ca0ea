#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "daemon/services/progress.h"
#include "linkup/sdk/host.h"
#include "linkup/sdk/registrar.h"
#include "registration_set.h"

namespace linkup::daemon {

/// The parts that all plugins share. Each outlives the PluginManager.
struct SharedParts {
    sdk::Database* database = nullptr;
    sdk::SocketHub* sockets = nullptr;
    sdk::Mailer* mailer = nullptr;
    sdk::Clock* clock = nullptr;
};

/// What registrations end in: the gateway, the scheduler, the worker pools. The daemon implements it with the
/// real ones, tests with a record of what they were given. Names are unique when they get here.
///
/// Lifetime: outlives the PluginManager.   Threading: the main thread, but for `post`.
/// Errors: add… throws sdk::Error{kInvalidArgument} for what makes no sense.
class PluginBackend {
public:
    virtual ~PluginBackend() = default;
    virtual SharedParts parts() = 0;
    virtual std::unique_ptr<sdk::Log> logFor(const std::string& plugin) = 0;
    virtual std::unique_ptr<sdk::Metrics> metricsFor(const std::string& plugin) = 0;
    /// With keys and topics that no other plugin meets.
    virtual std::unique_ptr<sdk::Cache> cacheFor(const std::string& plugin) = 0;
    virtual std::unique_ptr<sdk::Bus> busFor(const std::string& plugin) = 0;

    virtual RegistrationHandle addRoute(const std::string& plugin, sdk::RouteSpec spec,
                                        sdk::HttpHandler handler) = 0;
    virtual RegistrationHandle addBatchRoute(const std::string& plugin, sdk::RouteSpec spec, std::size_t most,
                                             sdk::HttpBatchHandler handler) = 0;
    virtual RegistrationHandle addSocket(const std::string& plugin, sdk::SocketSpec spec,
                                         sdk::SocketHandler& handler) = 0;
    virtual void setImportance(sdk::Method method, const std::string& path, sdk::Importance importance) = 0;
    virtual void setImportance(const std::string& path, const std::string& event,
                               sdk::Importance importance) = 0;
    virtual void setPrompt(const std::string& path, const std::string& event) = 0;
    virtual RegistrationHandle addTask(const std::string& plugin, sdk::TaskSpec spec) = 0;
    /// `spec.name` is "PLUGIN.NAME".
    virtual RegistrationHandle addPool(const std::string& plugin, sdk::PoolSpec spec) = 0;
    /// `name` is "PLUGIN.NAME".
    virtual RegistrationHandle addHeartbeat(const std::string& name,
                                            std::shared_ptr<const ProgressMark> mark) = 0;
    /// `pool` is "requests" or "PLUGIN.NAME". Any thread.
    virtual bool post(const std::string& plugin, const std::string& pool, std::function<void()> work) = 0;
    virtual void migrate(const std::string& plugin, std::span<const sdk::Migration> migrations) = 0;
};

}  // namespace linkup::daemon
