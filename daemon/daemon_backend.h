#pragma once

#include <string>

#include "daemon/plugins/plugin_backend.h"
#include "daemon/services/watchdog.h"
#include "daemon_parts.h"

namespace linkup::daemon {

/// Connects what plugins register to the parts of this process.
///
/// Lifetime: the parts outlive it, and it outlives the plugins.
class DaemonBackend final : public PluginBackend {
public:
    DaemonBackend(DaemonParts& parts, Watchdog& watchdog) : parts_(parts), watchdog_(watchdog) {}

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

    /// A plugin that wants bearer tokens, so that somebody has to know them; empty if none does.
    const std::string& wantsTokens() const noexcept { return wants_tokens_; }

private:
    RegistrationHandle watched(std::string name, Watchdog::Look look);

    DaemonParts& parts_;
    Watchdog& watchdog_;
    std::string wants_tokens_;
};

}  // namespace linkup::daemon
