#include "reload.h"

#include <algorithm>
#include <stdexcept>

namespace linkup::daemon {

namespace {

template <class Options>
auto findKey(Options& options, std::string_view key) {
    return std::find_if(options.begin(), options.end(),
                        [&](const DeclaredOption& option) { return option.key == key; });
}

}  // namespace

ReloadReport RunningConfiguration::compare(const std::vector<DeclaredOption>& next) const {
    ReloadReport report;
    for (const DeclaredOption& option : next) {
        const auto running = findKey(options_, option.key);
        if (running != options_.end() && running->value == option.value) continue;
        const bool live = option.live && running != options_.end();
        (live ? report.applied : report.needs_restart).push_back(option);
    }
    for (const DeclaredOption& option : options_) {
        if (findKey(next, option.key) != next.end()) continue;
        report.needs_restart.push_back(option);
        report.needs_restart.back().value.clear();
    }
    return report;
}

void RunningConfiguration::adopt(const std::vector<DeclaredOption>& applied) {
    for (const DeclaredOption& option : applied) *findKey(options_, option.key) = option;
}

const std::string& RunningConfiguration::value(std::string_view key) const {
    const auto running = findKey(options_, key);
    if (running == options_.end()) throw std::logic_error("no option " + std::string(key));
    return running->value;
}

void logReport(const ReloadReport& report, sdk::Log& log) {
    for (const SettingFault& fault : report.rejected)
        log.error("reload: rejected", {{"option", fault.key}, {"reason", fault.message}});
    for (const DeclaredOption& option : report.applied) {
        log.info("reload: applied", {{"option", option.key}, {"value", option.shown()}});
    }
    for (const DeclaredOption& option : report.needs_restart)
        log.warning("reload: needs a restart", {{"option", option.key}, {"value", option.shown()}});
    if (!report.accepted()) {
        log.error("the configuration is wrong; the one before still holds",
                  {{"rejected", static_cast<std::int64_t>(report.rejected.size())}});
        return;
    }
    log.info("configuration reloaded",
             {{"applied", static_cast<std::int64_t>(report.applied.size())},
              {"needs_restart", static_cast<std::int64_t>(report.needs_restart.size())}});
}

}  // namespace linkup::daemon
