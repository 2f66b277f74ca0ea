#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "call_gate.h"
#include "hook_registry.h"
#include "linkup/sdk/host.h"
#include "linkup/sdk/registrar.h"
#include "plugin_backend.h"
#include "registration_book.h"
#include "registration_set.h"
#include "service_registry.h"

namespace linkup::daemon {

/// What the contexts of all plugins share; outlives them.
struct PluginCommons {
    PluginBackend& backend;
    RegistrationBook& book;
    HookRegistry& hooks;
    ServiceRegistry& services;
};

/// One plugin's Host and Registrar, and all that it registered.
///
/// Lifetime: from registration until after the plugin is destroyed.
class PluginContext final : public sdk::Host, public sdk::Registrar, private sdk::Workers {
public:
    PluginContext(std::string name, const PluginCommons& commons);

    /// Registers while `work` runs; before and after, every call of the Registrar throws.
    void whileOpen(const std::function<void()>& work);
    /// Undoes everything that was registered, in reverse, and waits for work that the plugin posted.
    void undo() noexcept;
    const std::vector<sdk::Migration>& migrationSteps() const noexcept { return migrations_; }
    const std::vector<std::function<void(int)>>& demoFillers() const noexcept { return demo_; }

    // Host
    sdk::Log& log() noexcept override { return *log_; }
    sdk::Database& database() noexcept override { return *parts_.database; }
    sdk::Cache& cache() noexcept override { return *cache_; }
    sdk::Bus& bus() noexcept override { return *bus_; }
    sdk::SocketHub& sockets() noexcept override { return *parts_.sockets; }
    sdk::Mailer& mailer() noexcept override { return *parts_.mailer; }
    sdk::Metrics& metrics() noexcept override { return *metrics_; }
    sdk::Workers& workers() noexcept override { return *this; }
    sdk::Clock& clock() noexcept override { return *parts_.clock; }
    sdk::Hooks& hooks() noexcept override { return commons_.hooks; }
    sdk::Services& services() noexcept override { return commons_.services; }

    // Registrar
    void route(sdk::RouteSpec spec, sdk::HttpHandler handler) override;
    void batchRoute(sdk::RouteSpec spec, int most, sdk::HttpBatchHandler handler) override;
    void socket(sdk::SocketSpec spec, sdk::SocketHandler& handler) override;
    void task(sdk::TaskSpec spec) override;
    void hook(std::string_view event, int priority, sdk::HookHandler handler) override;
    void hook(sdk::HookSpec spec, sdk::HookHandler handler) override;
    void importance(sdk::Method method, std::string_view path, sdk::Importance importance) override;
    void importance(std::string_view path, std::string_view event, sdk::Importance importance) override;
    void prompt(std::string_view path, std::string_view event) override;
    void pool(sdk::PoolSpec spec) override;
    void migrations(std::vector<sdk::Migration> migrations) override;
    void provide(std::string_view interface_name, void* service) override;
    void demo(std::function<void(int count)> fill) override;
    sdk::Heartbeat& heartbeat(std::string_view name) override;

private:
    bool post(std::string_view pool, std::function<void()> work) override;

    void mustBeOpen(std::string_view what) const;
    void mustBeOwn(std::string_view what, std::string_view socket) const;
    void claimRoute(sdk::RouteSpec& spec, bool has_handler, const std::string& manner);
    void claimHook(const std::string& event, const sdk::HookHandler& handler, std::string detail);
    void claim(RegistrationKind kind, std::string key, std::string name, std::string detail);
    /// "requests", or the full name of a pool that this plugin declared.
    std::string fullPoolName(std::string_view pool) const;

    const std::string name_;
    const PluginCommons commons_;
    const SharedParts parts_;
    const std::unique_ptr<sdk::Log> log_;
    const std::unique_ptr<sdk::Metrics> metrics_;
    const std::unique_ptr<sdk::Cache> cache_;
    const std::unique_ptr<sdk::Bus> bus_;
    bool open_ = false;
    std::set<std::string, std::less<>> own_;    ///< "GET /path" and "/path" of what this plugin registered
    std::set<std::string, std::less<>> pools_;  ///< not changed once registration is over
    std::vector<sdk::Migration> migrations_;
    std::vector<std::function<void(int)>> demo_;
    std::vector<std::shared_ptr<ProgressMark>> heartbeats_;
    const std::shared_ptr<CallGate> posted_ = std::make_shared<CallGate>();
    RegistrationSet registrations_;  ///< last, so that it goes first
};

}  // namespace linkup::daemon
