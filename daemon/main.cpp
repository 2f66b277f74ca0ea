// The program: reads the command line, builds the server step by step, waits for the end, takes it down in
// reverse.
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionCallback.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/ServerApplication.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <iostream>
#include <limits>
#include <sstream>

#include "daemon.h"
#include "linkup/sdk/version.h"
#include "manual.h"
#include "option_groups.h"
#include "plugin_check.h"
#include "service_manager.h"
#include "settings_file.h"
#include "settings_values.h"
#include "version.h"

namespace linkup::daemon {

namespace {

/// Each line of what is wrong, on standard error.
void complain(const std::string& message) {
    std::istringstream lines(message);
    for (std::string line; std::getline(lines, line);) std::cerr << "linkupd: " << line << '\n';
}

int noSuchAccount() {
    complain("no account has this address");
    return Poco::Util::Application::EXIT_NOUSER;
}

int exitCodeOf(const sdk::Error& error) {
    switch (error.code()) {
        case sdk::ErrorCode::kUnavailable:
            return Poco::Util::Application::EXIT_UNAVAILABLE;
        case sdk::ErrorCode::kForbidden:  // a plugin's veto
            return Poco::Util::Application::EXIT_NOPERM;
        default:
            return Poco::Util::Application::EXIT_CONFIG;
    }
}

/// The value of a command line option, from 1 to `most`.
std::int64_t wholeNumber(const std::string& option, const std::string& value, std::int64_t most) {
    const auto number = parseInteger(value);
    if (!number || *number < 1 || *number > most) {
        throw SettingError("command line: --" + option + ": found \"" + value +
                           "\", allowed is a whole number from 1 to " + std::to_string(most));
    }
    return *number;
}

/// For this thread and those that it makes: none of them takes a signal and ends the process.
void blockSignals(std::initializer_list<int> numbers) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : numbers) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

class Linkupd final : public Poco::Util::ServerApplication {
public:
    /// Returns the exit code, as sysexits.h has them.
    int execute(int argc, char** argv);

protected:
    void defineOptions(Poco::Util::OptionSet& options) override;
    int main(const std::vector<std::string>& arguments) override;

private:
    enum class Command {
        kServe,
        kCheck,
        kCheckPlugin,
        kMigrate,
        kDemo,
        kExport,
        kDelete,
        kReports,
        kClearReports,
        kImport,
        kOpenApi,
        kAsyncApi,
        kVersion,
        kDefaults,
        kHelp,
        kHelpOptions,
        kManual
    };

    void addCommand(Poco::Util::OptionSet& options, const char* name, const char* help, Command command);
    void take(const std::string& name, const std::string& value);
    int perform();
    void serve(Settings& settings);
    void check(Settings& settings);
    void migrate(Settings& settings);
    void fillDemo(Settings& settings);
    int exportAccount(Settings& settings);
    int deleteAccount(Settings& settings);
    void listReports(Settings& settings);
    void clearReports(Settings& settings);
    void importLegacy(Settings& settings);
    void startForCommand(Daemon& daemon);
    void printDescription(Settings& settings, std::string (Daemon::*description)() const);
    void printDefaults(const Settings& settings) const;
    void printHelpOptions(const Settings& settings) const;
    void printManualPage(const Settings& settings) const;
    void printVersion() const;
    void printHelp() const;

    Command command_ = Command::kServe;
    int demo_count_ = 0;
    std::string email_;
    sdk::UserId reported_ = 0;
    std::string legacy_url_;
    std::string defaults_of_;
    std::string plugin_file_;
    SettingInputs inputs_;
    std::map<std::string, Command> commands_;
};

void Linkupd::defineOptions(Poco::Util::OptionSet& options) {
    using Poco::Util::Option;
    using Poco::Util::OptionCallback;
    // Not Poco's own: --daemon and --pidfile are the service manager's business.
    options.addOption(Option("config", "", "Read the configuration from FILE.", false, "FILE", true)
                          .callback(OptionCallback<Linkupd>(this, &Linkupd::take)));
    options.addOption(Option("define", "D", "Set an option, over file and environment; repeatable.", false,
                             "key=value", true)
                          .repeatable(true)
                          .callback(OptionCallback<Linkupd>(this, &Linkupd::take)));
    options.addOption(
        Option("demo", "", "Fill in N examples (development profile only), then end.", false, "N", true)
            .callback(OptionCallback<Linkupd>(this, &Linkupd::take)));
    options.addOption(Option("export-account", "",
                             "Print what is kept of the account with this address, as JSON, then end.", false,
                             "EMAIL", true)
                          .callback(OptionCallback<Linkupd>(this, &Linkupd::take)));
    options.addOption(
        Option("delete-account", "", "Delete the account with this address, then end.", false, "EMAIL", true)
            .callback(OptionCallback<Linkupd>(this, &Linkupd::take)));
    addCommand(options, "reports",
               "Print what people reported of others and nobody has reviewed yet, as JSON, then end.",
               Command::kReports);
    options.addOption(
        Option("clear-reports", "",
               "Mark the reports of this person as reviewed and show them to others again, then end.", false,
               "USER_ID", true)
            .callback(OptionCallback<Linkupd>(this, &Linkupd::take)));
    options.addOption(Option("import-legacy", "",
                             "Copy people, likes, matches and chats from the original server's database, "
                             "postgresql://…, then end. What was broken off goes on where it was.",
                             false, "URL", true)
                          .callback(OptionCallback<Linkupd>(this, &Linkupd::take)));
    addCommand(options, "check", "Load, register and configure everything, print it, then end.",
               Command::kCheck);
    addCommand(options, "migrate", "Bring the database's schema up to date, then end.", Command::kMigrate);
    addCommand(options, "openapi", "Print the OpenAPI 3.1 description of all routes, then end.",
               Command::kOpenApi);
    addCommand(options, "asyncapi", "Print the AsyncAPI 3.0 description of all sockets, then end.",
               Command::kAsyncApi);
    options.addOption(Option("defaults", "",
                             "Print a configuration file with every option of the daemon, or of PLUGIN.",
                             false, "PLUGIN", false)
                          .callback(OptionCallback<Linkupd>(this, &Linkupd::take)));
    addCommand(options, "version", "Print the version and the ABI for plugins, then end.", Command::kVersion);
    addCommand(options, "help", "Print this, then end.", Command::kHelp);
    addCommand(
        options, "help-options",
        "Print every option of the configuration, of the daemon and of all plugins that are enabled or "
        "installed, then end.",
        Command::kHelpOptions);
    addCommand(options, "man", "Print the manual page, then end: linkupd --man | man -l -", Command::kManual);
}

void Linkupd::addCommand(Poco::Util::OptionSet& options, const char* name, const char* help,
                         Command command) {
    commands_.emplace(name, command);
    options.addOption(Poco::Util::Option(name, "", help)
                          .callback(Poco::Util::OptionCallback<Linkupd>(this, &Linkupd::take)));
}

void Linkupd::take(const std::string& name, const std::string& value) {
    if (name == "config") {
        inputs_.file = value;
    } else if (name == "define") {
        inputs_.defines.push_back(SettingInputs::parseDefine(value));
    } else if (name == "demo") {
        demo_count_ = static_cast<int>(wholeNumber(name, value, 1'000'000));
        command_ = Command::kDemo;
    } else if (name == "export-account" || name == "delete-account") {
        email_ = value;
        command_ = name == "export-account" ? Command::kExport : Command::kDelete;
    } else if (name == "clear-reports") {
        reported_ = wholeNumber(name, value, std::numeric_limits<std::int32_t>::max());
        command_ = Command::kClearReports;
    } else if (name == "import-legacy") {
        legacy_url_ = value;
        command_ = Command::kImport;
    } else if (name == "defaults") {
        defaults_of_ = value;
        command_ = Command::kDefaults;
    } else {
        command_ = commands_.at(name);
    }
}

int Linkupd::execute(int argc, char** argv) {
    try {
        init(argc, argv);
        return run();
    } catch (const Poco::Util::OptionException& error) {
        std::cerr << "linkupd: command line: " << error.displayText() << "; see --help\n";
        return EXIT_USAGE;
    } catch (const sdk::Error& error) {
        complain(error.what());
        return EXIT_CONFIG;
    }
}

int Linkupd::main(const std::vector<std::string>& arguments) {
    if (arguments.size() == 3 && arguments[0] == "plugin" && arguments[1] == "check") {
        plugin_file_ = arguments[2];
        command_ = Command::kCheckPlugin;
    } else if (!arguments.empty()) {
        std::cerr << "linkupd: command line: \"" << arguments.front() << "\" is no option; see --help\n";
        return EXIT_USAGE;
    }
    try {
        return perform();
    } catch (const PluginError& error) {
        complain(error.what());
        return EXIT_CONFIG;
    } catch (const sdk::Error& error) {
        complain(error.what());
        return exitCodeOf(error);
    } catch (const Poco::Exception& error) {
        complain(error.displayText());
    } catch (const std::exception& error) {
        complain(error.what());
    }
    return EXIT_SOFTWARE;
}

int Linkupd::perform() {
    if (command_ == Command::kVersion) return printVersion(), EXIT_OK;
    if (command_ == Command::kHelp) return printHelp(), EXIT_OK;
    // The daemon's defaults hang on nothing.
    if (command_ == Command::kDefaults && defaults_of_.empty())
        return printConfigurationFile(std::cout), EXIT_OK;
    inputs_.environment = SettingInputs::readEnvironment();
    Settings settings(inputs_);
    switch (command_) {
        case Command::kCheck:
            check(settings);
            break;
        case Command::kCheckPlugin:
            return checkPlugin(plugin_file_, settings) ? EXIT_OK : EXIT_CONFIG;
        case Command::kMigrate:
            migrate(settings);
            break;
        case Command::kDemo:
            fillDemo(settings);
            break;
        case Command::kExport:
            return exportAccount(settings);
        case Command::kDelete:
            return deleteAccount(settings);
        case Command::kReports:
            listReports(settings);
            break;
        case Command::kClearReports:
            clearReports(settings);
            break;
        case Command::kImport:
            importLegacy(settings);
            break;
        case Command::kOpenApi:
            printDescription(settings, &Daemon::openApi);
            break;
        case Command::kAsyncApi:
            printDescription(settings, &Daemon::asyncApi);
            break;
        case Command::kDefaults:
            printDefaults(settings);
            break;
        case Command::kHelpOptions:
            printHelpOptions(settings);
            break;
        case Command::kManual:
            printManualPage(settings);
            break;
        default:
            serve(settings);
    }
    return EXIT_OK;
}

constexpr std::array kEndSignals{SIGINT, SIGQUIT, SIGTERM};

/// Whether one has come that nobody waits for yet.
bool endIsAsked() {
    sigset_t pending;
    sigpending(&pending);
    return std::any_of(kEndSignals.begin(), kEndSignals.end(),
                       [&](int number) { return sigismember(&pending, number) == 1; });
}

/// Waits for a signal that ends the server; each SIGHUP before it reloads the configuration.
void reloadUntilTerminated(Daemon& daemon) {
    sigset_t awaited;
    sigemptyset(&awaited);
    for (const int number : kEndSignals) sigaddset(&awaited, number);
    sigaddset(&awaited, SIGHUP);
    for (int number = 0;;) {
        sigwait(&awaited, &number);
        if (number != SIGHUP) return;
        service_manager::reloading();
        daemon.reload();
        service_manager::ready();
    }
}

void Linkupd::serve(Settings& settings) {
    blockSignals({SIGINT, SIGQUIT, SIGTERM, SIGHUP});  // waited for below; before there are threads
    Daemon daemon(settings);
    using Step = std::function<void()>;
    for (const Step& step :
         {Step([&] { daemon.loadPlugins(); }), Step([&] { daemon.openParts(PartsMode::kConnected); }),
          Step([&] { daemon.registerAll(); }), Step([&] { daemon.migrate(); }),
          Step([&] { daemon.startPlugins(); }), Step([&] { daemon.listen(); })}) {
        if (endIsAsked()) return;
        step();
    }
    reloadUntilTerminated(daemon);
    daemon.drain();
    daemon.stop();
}

void Linkupd::check(Settings& settings) {
    Daemon daemon(settings);
    daemon.loadPlugins();
    daemon.openParts(PartsMode::kOffline);
    daemon.registerAll();
    daemon.printReport(std::cout);
}

void Linkupd::migrate(Settings& settings) {
    Daemon daemon(settings);
    daemon.loadPlugins();
    daemon.openParts(PartsMode::kConnected);
    daemon.registerAll();
    daemon.migrate();
}

void Linkupd::fillDemo(Settings& settings) {
    if (settings.production()) throw SettingError("command line: --demo: not in the production profile");
    Daemon daemon(settings);
    startForCommand(daemon);
    daemon.fillDemo(demo_count_);
}

int Linkupd::exportAccount(Settings& settings) {
    Daemon daemon(settings);
    startForCommand(daemon);
    const auto account = daemon.exportAccount(email_);
    if (!account) return noSuchAccount();
    std::cout << *account << '\n';
    return EXIT_OK;
}

int Linkupd::deleteAccount(Settings& settings) {
    Daemon daemon(settings);
    startForCommand(daemon);
    return daemon.deleteAccount(email_) ? EXIT_OK : noSuchAccount();
}

void Linkupd::listReports(Settings& settings) {
    Daemon daemon(settings);
    startForCommand(daemon);
    std::cout << daemon.listReports() << '\n';
}

void Linkupd::clearReports(Settings& settings) {
    Daemon daemon(settings);
    startForCommand(daemon);
    std::cout << daemon.clearReports(reported_) << " reports of user " << reported_ << " are reviewed\n";
}

void Linkupd::importLegacy(Settings& settings) {
    Daemon daemon(settings);
    startForCommand(daemon);
    daemon.importLegacy(legacy_url_, std::cout);
}

/// All but listening.
void Linkupd::startForCommand(Daemon& daemon) {
    daemon.loadPlugins();
    daemon.openParts(PartsMode::kConnected);
    daemon.registerAll();
    daemon.migrate();
    daemon.startPlugins();
}

void Linkupd::printDescription(Settings& settings, std::string (Daemon::*description)() const) {
    Daemon daemon(settings);
    daemon.loadPlugins();
    daemon.openParts(PartsMode::kOffline);
    daemon.registerAll();
    std::cout << (daemon.*description)() << '\n';
}

void Linkupd::printDefaults(const Settings& settings) const {
    for (const OptionGroup& group : gatherOptions(settings, PluginChoice::kEnabledAndInstalled)) {
        if (group.owner == defaults_of_) return printPluginFile(group, std::cout);
    }
    throw SettingError("command line: --defaults: no enabled or installed plugin is named \"" + defaults_of_ +
                       "\"");
}

void Linkupd::printHelpOptions(const Settings& settings) const {
    printOptionHelp(gatherOptions(settings, PluginChoice::kEnabledAndInstalled), std::cout);
}

void Linkupd::printManualPage(const Settings& settings) const {
    printManual(options(), gatherOptions(settings, PluginChoice::kEnabled), std::cout);
}

void Linkupd::printVersion() const {
    std::cout << "linkupd " << kVersion << " (plugin ABI " << sdk::kAbiMajor << '.' << sdk::kAbiMinor
              << ")\n";
}

void Linkupd::printHelp() const {
    Poco::Util::HelpFormatter formatter(options());
    formatter.setCommand("linkupd");
    formatter.setUsage("[OPTION...] [plugin check FILE]");
    formatter.setHeader("A modular server for meeting people. Without a command it serves until SIGTERM.");
    formatter.setUnixStyle(true);
    formatter.setAutoIndent();
    formatter.setWidth(110);
    formatter.format(std::cout);
}

/// Each connection takes a descriptor, and the soft limit is 1024 on many systems.
void raiseDescriptorLimit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

}  // namespace linkup::daemon

int main(int argc, char** argv) {
    // The last one would end the process where a file reaches the limit of its size; blocked, the write
    // fails.
    linkup::daemon::blockSignals({SIGPIPE, SIGXFSZ});
    linkup::daemon::raiseDescriptorLimit();
    linkup::daemon::Linkupd application;
    return application.execute(argc, argv);
}
