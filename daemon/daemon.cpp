#include "daemon.h"

#include <filesystem>
#include <ostream>
#include <thread>

#include "daemon/services/migrations.h"
#include "folders.h"
#include "hook_timing.h"
#include "legacy_import.h"
#include "service_manager.h"
#include "version.h"

namespace linkup::daemon {

namespace {

namespace fs = std::filesystem;

/// What stands still is named in the log, whoever watches.
constexpr std::chrono::seconds kLookAnyway{15};
constexpr std::string_view kNoReports = "no enabled plugin keeps reports";

}  // namespace

Daemon::Daemon(Settings& settings)
    : settings_(settings),
      parts_(settings),
      watchdog_(*parts_.log),
      hooks_([this, usual = std::chrono::milliseconds(settings.integer("plugins.hook_budget_ms"))](
                 const auto& event, const auto& plugin, auto own) {
          return measureHook(*parts_.metrics, *parts_.log, event, plugin, usual, own);
      }),
      backend_(parts_, watchdog_),
      shutdown_delay_(settings.integer("server.shutdown_delay_ms")),
      drain_time_(settings.integer("server.drain_ms")),
      plugins_(backend_, book_, hooks_, services_) {}

Daemon::~Daemon() {
    stop();
}

void Daemon::loadPlugins() {
    const fs::path folder = pluginFolder(settings_);
    std::vector<fs::path> files;
    for (const std::string& plugin : settings_.list("plugins.enabled"))
        files.push_back(pluginFile(plugin, folder));
    plugins_.load(files);
    std::vector<SettingFault> faults;
    DaemonParts::check(settings_, faults);
    plugins_.configure([&](const std::string& plugin, const auto& use) {
        collectFaults(faults, [&] { settings_.configurePlugin(plugin, use); });
    });
    collectFaults(faults, [&] { settings_.checkOwners(pluginNames()); });
    if (!faults.empty()) throw SettingError(std::move(faults));
}

std::vector<std::string> Daemon::pluginNames() const {
    std::vector<std::string> names;
    for (const PluginInfo& info : plugins_.plugins()) names.push_back(info.name);
    return names;
}

void Daemon::openParts(PartsMode mode) {
    running_ = true;
    parts_.open(settings_, mode);
    readiness_ = std::make_unique<Readiness>(*parts_.database, *parts_.cache, *parts_.bus, *parts_.log,
                                             *parts_.metrics);
    const fs::path www = pagesFolder(settings_);
    pages_ = std::make_unique<DaemonPages>(parts_, book_, settings_, *readiness_, www);
    if (!settings_.text("console.token").empty()) {
        console_ = std::make_unique<Console>(
            settings_, parts_, *readiness_,
            [this](auto hook, const auto& question, auto answer) { return tryToAsk(hook, question, answer); },
            www / "console");
    }
    if (settings_.production()) return;
    playground_ = std::make_unique<Playground>(*parts_.gateway, book_, www / "try",
                                               [this](int count) { plugins_.fillDemo(count); });
}

void Daemon::registerAll() {
    plugins_.registerAll();
    checkTokens();
}

void Daemon::checkTokens() const {
    if (backend_.wantsTokens().empty() || services_.find<sdk::Authenticator>() != nullptr) return;
    throw PluginError("plugin " + backend_.wantsTokens() +
                      " wants bearer tokens, but no enabled plugin provides " +
                      std::string(sdk::Authenticator::kServiceName));
}

void Daemon::migrate() {
    Migrator migrator(*parts_.database, *parts_.log);
    migrator.apply(QueuedMailer::kMigrationOwner, QueuedMailer::migrations());
    migrator.apply(Scheduler::kMigrationOwner, Scheduler::migrations());
    plugins_.migrate();
}

void Daemon::startPlugins() {
    plugins_.start();
}

void Daemon::listen() {
    parts_.gateway->setAuthenticator(services_.find<sdk::Authenticator>());
    pages_->publishDescriptions(openApi(), asyncApi());
    parts_.mailer->start();
    parts_.scheduler->start();
    readiness_->start();
    const auto listener = service_manager::takeListener();
    if (console_) console_->start(describePlugins());
    parts_.gateway->start(listener);
    readiness_->setPhase(Readiness::Phase::kServing);
    listening_ = true;
    running_configuration_.emplace(settings_.declared());
    parts_.log->info("ready", {{"address", settings_.text("server.address")},
                               {"port", static_cast<std::int64_t>(parts_.gateway->boundPort())},
                               {"listener", listener ? "handed over" : "own"},
                               {"plugins", static_cast<std::int64_t>(plugins_.plugins().size())},
                               {"version", kVersion}});
    startWatchdog();
    service_manager::ready();
}

void Daemon::startWatchdog() {
    const auto& io_threads = parts_.gateway->progress();
    for (std::size_t i = 0; i < io_threads.size(); ++i)
        watchdog_.watch("I/O thread " + std::to_string(i), io_threads[i]);
    watchdog_.watch("pool requests", [pool = parts_.pools->find("requests")] { return pool->progress(); });
    watchdog_.watch("database and cache", [this] { return readiness_->progress(); });
    watchdog_.start(service_manager::takeWatchdogInterval().value_or(kLookAnyway), service_manager::feed);
}

void Daemon::drain() {
    service_manager::stopping();
    readiness_->setPhase(Readiness::Phase::kDraining);
    if (shutdown_delay_.count() > 0) {
        parts_.log->info("no longer ready, and drains after server.shutdown_delay_ms",
                         {{"ms", static_cast<std::int64_t>(shutdown_delay_.count())}});
        std::this_thread::sleep_for(shutdown_delay_);
    }
    parts_.log->info("draining", {{"sockets", static_cast<std::int64_t>(parts_.gateway->socketCount())}});
    parts_.gateway->drain(drain_time_);
}

void Daemon::stop() noexcept {
    if (!running_) return;
    running_ = false;
    watchdog_.stop();
    if (readiness_) readiness_->stop();
    if (parts_.gateway) {
        parts_.gateway->stop();
        parts_.gateway->setAuthenticator(nullptr);
    }
    if (parts_.scheduler) parts_.scheduler->stop();
    console_.reset();
    playground_.reset();
    plugins_.stop();
    pages_.reset();
    if (parts_.mailer) parts_.mailer->stop();
    if (parts_.pools) parts_.pools->stop();
    if (listening_) parts_.log->info("stopped");
    parts_.logging.flush();
}

void Daemon::fillDemo(int count) {
    plugins_.fillDemo(count);
}

/// Runs a hook in a transaction of its own; nothing if no plugin put `answer` into the payload.
std::optional<sdk::Json> Daemon::tryToAsk(std::string_view hook, const sdk::Json& question,
                                          std::string_view answer) {
    sdk::Json payload;
    parts_.database->transaction([&](sdk::Connection& connection) {
        payload = question;
        const auto verdict = hooks_.run(hook, connection, payload);
        if (verdict.veto) throw sdk::Error(sdk::ErrorCode::kForbidden, *verdict.veto);
    });
    return payload.contains(answer) ? std::optional(std::move(payload)) : std::nullopt;
}

sdk::Json Daemon::ask(std::string_view hook, const sdk::Json& question, std::string_view answer,
                      std::string_view unanswered) {
    auto payload = tryToAsk(hook, question, answer);
    if (!payload) throw sdk::Error(sdk::ErrorCode::kUnavailable, std::string(unanswered));
    return std::move(*payload);
}

sdk::Json Daemon::askAboutAccount(std::string_view hook, const std::string& email) {
    return ask(hook, sdk::Json::object({{"email", email}}), "user_id", "no enabled plugin keeps accounts");
}

std::optional<std::string> Daemon::exportAccount(const std::string& email) {
    const sdk::Json found = askAboutAccount("account.export", email);
    if (found["user_id"].isNull()) return std::nullopt;
    return found.dump();
}

bool Daemon::deleteAccount(const std::string& email) {
    return !askAboutAccount("account.erase", email)["user_id"].isNull();
}

std::string Daemon::listReports() {
    return ask("reports.list", sdk::Json::object({}), "reported", kNoReports).dump();
}

std::int64_t Daemon::clearReports(sdk::UserId user) {
    return ask("reports.clear", sdk::Json::object({{"user_id", user}}), "cleared", kNoReports)["cleared"]
        .asInteger();
}

void Daemon::importLegacy(const std::string& url, std::ostream& out) {
    DatabaseSettings settings;
    settings.url = url;
    settings.sessions = 1;
    settings.statement_timeout_ms = 3'600'000;  // a page may read all messages of a large server
    const auto source = openDatabase(settings, *parts_.log);
    LegacyImport import(*parts_.database, *source, hooks_, *parts_.log);
    import.run();
    import.printReport(out);
}

std::string Daemon::openApi() const {
    return parts_.gateway->openApi("linkupd", kVersion).dump();
}

/// Each plugin with what it registered, for the console.
sdk::Json Daemon::describePlugins() const {
    sdk::Json list = sdk::Json::array();
    for (const PluginInfo& info : plugins_.plugins()) {
        sdk::Json plugin = sdk::Json::object(
            {{"name", info.name}, {"version", toString(info.version)}, {"summary", info.summary}});
        for (const auto kind : {RegistrationKind::kRoute, RegistrationKind::kSocket, RegistrationKind::kTask,
                                RegistrationKind::kHook, RegistrationKind::kService}) {
            sdk::Json names = sdk::Json::array();
            for (const auto& entry : book_.list(kind)) {
                if (entry.owner == "plugin " + info.name) names.push(entry.name);
            }
            plugin.set(toString(kind), std::move(names));
        }
        list.push(std::move(plugin));
    }
    return sdk::Json::object({{"plugins", std::move(list)}});
}

std::string Daemon::asyncApi() const {
    return parts_.gateway->asyncApi("linkupd", kVersion).dump();
}

void Daemon::printReport(std::ostream& out) const {
    out << "plugins:\n";
    for (const PluginInfo& info : plugins_.plugins()) {
        out << "  " << info.name << ' ' << toString(info.version) << " (" << info.summary << "; "
            << info.file.string() << ")\n";
    }
    printRegistrations(book_, out);
    out << "options:\n";
    for (const DeclaredOption& option : settings_.declared()) {
        out << "  " << option.key << " = " << option.shown() << " (" << option.origin << ")\n";
    }
}

}  // namespace linkup::daemon
