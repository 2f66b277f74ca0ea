#pragma once

#include <chrono>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console.h"
#include "daemon/plugins/plugin_manager.h"
#include "daemon/services/watchdog.h"
#include "daemon_backend.h"
#include "daemon_pages.h"
#include "daemon_parts.h"
#include "playground.h"
#include "readiness.h"
#include "reload.h"
#include "settings.h"

namespace linkup::daemon {

/// The server: its parts, built by the steps below in their order, taken down in reverse.
///
/// Threading: one thread.   Errors: sdk::Error and PluginError with a message for the operator; what was
/// built is taken down by the destructor.
class Daemon {
public:
    explicit Daemon(Settings& settings);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Loads the plugins and lets them read their options. Nothing of the outside world is needed yet.
    void loadPlugins();
    void openParts(PartsMode mode);
    void registerAll();
    void migrate();
    void startPlugins();
    /// On the socket that the service manager handed over, else where the settings say; then tells it that
    /// this process is ready.
    void listen();

    /// Reads the configuration again, while the server serves. If nothing in it is wrong, applies what is
    /// live; else changes nothing. Logs what became of each key. Looks for a renewed certificate either way.
    /// Never throws for what an operator can do wrong.
    ReloadReport reload();

    /// Is no longer ready, and after `server.shutdown_delay_ms`, in which all goes on as before, tells all
    /// sockets and closes them, over `server.drain_ms`; new requests then get 503.
    void drain();
    void stop() noexcept;

    void fillDemo(int count);
    /// For a person's request: everything that plugins keep of the account, as JSON; or the end of it.
    /// Nothing and false if no account has the address. Errors: sdk::Error{kUnavailable} if no plugin keeps
    /// accounts.
    std::optional<std::string> exportAccount(const std::string& email);
    bool deleteAccount(const std::string& email);
    /// What people reported of others and no operator has reviewed yet, as JSON. Errors:
    /// sdk::Error{kUnavailable} if no plugin keeps reports.
    std::string listReports();
    /// Marks the reports of a user as reviewed, and returns how many there were. Errors: as listReports.
    std::int64_t clearReports(sdk::UserId user);
    /// Copies the original server's database, given by its URL, and prints what came and what did not.
    void importLegacy(const std::string& url, std::ostream& out);
    /// Routes as OpenAPI, sockets as AsyncAPI.
    std::string openApi() const;
    std::string asyncApi() const;
    /// Plugins, routes, sockets, tasks, options: what `--check` prints.
    void printReport(std::ostream& out) const;

private:
    void checkTokens() const;
    std::optional<sdk::Json> tryToAsk(std::string_view hook, const sdk::Json& question,
                                      std::string_view answer);
    sdk::Json describePlugins() const;
    std::vector<std::string> pluginNames() const;
    struct NewConfiguration;
    /// What is wrong goes to `faults`, or is thrown.
    NewConfiguration readAgain(std::vector<SettingFault>& faults);
    void applyLive(const Settings& next, const std::vector<DeclaredOption>& applied);
    void startWatchdog();
    sdk::Json ask(std::string_view hook, const sdk::Json& question, std::string_view answer,
                  std::string_view unanswered);
    sdk::Json askAboutAccount(std::string_view hook, const std::string& email);

    Settings& settings_;
    DaemonParts parts_;
    Watchdog watchdog_;
    RegistrationBook book_;
    HookRegistry hooks_;
    ServiceRegistry services_;
    DaemonBackend backend_;
    std::optional<RunningConfiguration> running_configuration_;  ///< once it serves
    std::chrono::milliseconds shutdown_delay_;
    std::chrono::milliseconds drain_time_;
    std::unique_ptr<Readiness> readiness_;
    std::unique_ptr<DaemonPages> pages_;
    PluginManager plugins_;
    std::unique_ptr<Playground> playground_;  ///< in development only
    std::unique_ptr<Console> console_;        ///< if it has a token
    bool running_ = false;                    ///< there is something to stop
    bool listening_ = false;                  ///< it has served
};

}  // namespace linkup::daemon
