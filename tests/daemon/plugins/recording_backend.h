#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/plugins/plugin_backend.h"

namespace linkup::daemon {

/// Keeps what plugins register, for as long as it is registered.
class RecordingBackend final : public PluginBackend {
public:
    SharedParts parts() override;
    std::unique_ptr<sdk::Log> logFor(const std::string& plugin) override;
    std::unique_ptr<sdk::Metrics> metricsFor(const std::string& plugin) override;
    std::unique_ptr<sdk::Cache> cacheFor(const std::string& plugin) override;
    std::unique_ptr<sdk::Bus> busFor(const std::string& plugin) override;
    RegistrationHandle addRoute(const std::string& plugin, sdk::RouteSpec spec,
                                sdk::HttpHandler handler) override;
    RegistrationHandle addBatchRoute(const std::string& plugin, sdk::RouteSpec spec, std::size_t most,
                                     sdk::HttpBatchHandler handler) override;
    RegistrationHandle addSocket(const std::string& plugin, sdk::SocketSpec spec,
                                 sdk::SocketHandler& handler) override;
    void setImportance(sdk::Method method, const std::string& path, sdk::Importance importance) override;
    void setImportance(const std::string& path, const std::string& event,
                       sdk::Importance importance) override;
    void setPrompt(const std::string& path, const std::string& event) override;
    RegistrationHandle addTask(const std::string& plugin, sdk::TaskSpec spec) override;
    RegistrationHandle addPool(const std::string& plugin, sdk::PoolSpec spec) override;
    RegistrationHandle addHeartbeat(const std::string& name,
                                    std::shared_ptr<const ProgressMark> mark) override;
    bool post(const std::string& plugin, const std::string& pool, std::function<void()> work) override;
    void migrate(const std::string& plugin, std::span<const sdk::Migration> migrations) override;

    /// Such as "route /fixture/good/{first} of good in good.own".
    std::vector<std::string> present;
    /// What had its importance set.
    std::vector<std::string> weighed;
    std::vector<std::string> hurried;
    /// How many have ever been added.
    std::size_t added = 0;

private:
    RegistrationHandle record(std::string what);
};

}  // namespace linkup::daemon
