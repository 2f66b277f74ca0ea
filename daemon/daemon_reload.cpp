// Daemon::reload: what SIGHUP does.
#include <filesystem>

#include "daemon.h"

namespace linkup::daemon {

/// A configuration as it would be with the plugins that run, and the list of plugins that it wants.
struct Daemon::NewConfiguration {
    Settings settings;
    std::string enabled;
};

ReloadReport Daemon::reload() {
    ReloadReport report;
    std::vector<SettingFault> faults;
    std::optional<NewConfiguration> next;
    try {
        next.emplace(readAgain(faults));
    } catch (const SettingError& error) {
        faults.insert(faults.end(), error.faults().begin(), error.faults().end());
    } catch (const std::exception& error) {
        faults.push_back({{}, error.what()});
    } catch (...) {
        faults.push_back({{}, "a plugin threw something that is no std::exception"});
    }
    if (faults.empty()) {
        report = running_configuration_->compare(next->settings.declared());
        if (next->enabled != running_configuration_->value("plugins.enabled")) {
            report.needs_restart.push_back(describe(*findDaemonOption("plugins.enabled")));
            report.needs_restart.back().value = next->enabled;
        }
        applyLive(next->settings, report.applied);
    }
    parts_.gateway->reloadCertificate();
    report.rejected = std::move(faults);
    // The report is an answer to the operator: it is printed at every level.
    parts_.logging.setLevel(sdk::LogLevel::kInfo);
    logReport(report, *parts_.log);
    parts_.setLogLevel(running_configuration_->value("log.level"));
    return report;
}

Daemon::NewConfiguration Daemon::readAgain(std::vector<SettingFault>& faults) {
    const std::string& enabled = running_configuration_->value("plugins.enabled");
    SettingInputs inputs = settings_.inputs();
    std::vector<SettingFault> told_below;
    const Settings wanted(inputs, told_below);
    // Those that run are looked at. Those to come are looked at when they start, so their options only need
    // an owner.
    inputs.defines.emplace_back("plugins.enabled", enabled);
    std::vector<std::string> owners = pluginNames();
    for (const std::string& plugin : wanted.list("plugins.enabled"))
        owners.push_back(std::filesystem::path(plugin).stem().string());
    NewConfiguration next{Settings(inputs, faults), wanted.text("plugins.enabled")};
    DaemonParts::check(next.settings, faults);
    plugins_.inspect([&](const std::string& plugin, const auto& use) {
        collectFaults(faults, [&] { next.settings.configurePlugin(plugin, use); });
    });
    collectFaults(faults, [&] { next.settings.checkOwners(owners); });
    return next;
}

void Daemon::applyLive(const Settings& next, const std::vector<DeclaredOption>& applied) {
    parts_.applyLive(next);
    pages_->applyLive(next);
    shutdown_delay_ = std::chrono::milliseconds(next.integer("server.shutdown_delay_ms"));
    drain_time_ = std::chrono::milliseconds(next.integer("server.drain_ms"));
    for (const DeclaredOption& option : applied) {
        const auto change = settings_.liveChanges().find(option.key);
        if (change == settings_.liveChanges().end()) continue;
        try {
            change->second(next.pluginValue(option.key));
        } catch (...) {
            parts_.log->error("a plugin failed to take a new value; it has it after a restart",
                              {{"option", option.key}});
        }
    }
    running_configuration_->adopt(applied);
}

}  // namespace linkup::daemon
