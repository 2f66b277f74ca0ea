#include "settings.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "settings_plugin.h"
#include "settings_values.h"

namespace linkup::daemon {

namespace {

std::string_view section(std::string_view key) {
    return key.substr(0, key.find('.'));
}

std::vector<std::string> daemonKeys() {
    std::vector<std::string> keys;
    for (const Option& option : daemonOptions()) keys.emplace_back(option.key);
    return keys;
}

bool isDaemonSection(std::string_view name) {
    const auto options = daemonOptions();
    return std::any_of(options.begin(), options.end(),
                       [&](const Option& option) { return section(option.key) == name; });
}

bool isAcceptable(const Option& option, const std::string& value) {
    switch (option.type) {
        case OptionType::kInteger: {
            const auto number = parseInteger(value);
            return number && *number >= option.min && *number <= option.max;
        }
        case OptionType::kBoolean:
            return parseBoolean(value).has_value();
        case OptionType::kChoice: {
            const auto choices = parseList(option.choices);
            return std::find(choices.begin(), choices.end(), value) != choices.end();
        }
        case OptionType::kText:
        case OptionType::kList:
        case OptionType::kReal:
            break;
    }
    return true;
}

const Option& mustFind(std::string_view key) {
    const Option* option = findDaemonOption(key);
    if (option == nullptr) throw std::logic_error("no option " + std::string(key) + " in the table");
    return *option;
}

void refuseAll(std::vector<SettingFault> faults) {
    if (!faults.empty()) throw SettingError(std::move(faults));
}

}  // namespace

Settings::Settings(const SettingInputs& inputs) : inputs_(inputs), sources_(inputs) {
    std::vector<SettingFault> faults;
    readDaemonOptions(faults);
    refuseAll(std::move(faults));
}

Settings::Settings(const SettingInputs& inputs, std::vector<SettingFault>& faults)
    : inputs_(inputs), sources_(inputs) {
    readDaemonOptions(faults);
}

void Settings::readDaemonOptions(std::vector<SettingFault>& faults) {
    checkDaemonKeys(faults);
    for (const Option& option : daemonOptions()) collectFaults(faults, [&] { checkValue(option); });
    for (const std::string& plugin : list("plugins.enabled")) {
        collectFaults(faults, [&] { sources_.addPluginFile(std::filesystem::path(plugin).stem().string()); });
    }
}

void Settings::checkDaemonKeys(std::vector<SettingFault>& faults) const {
    const auto known = daemonKeys();
    for (const auto& [key, origin] : sources_.keys()) {
        if (isDaemonSection(section(key)) && findDaemonOption(key) == nullptr)
            collectFaults(faults, [&, &key = key, &origin = origin] { refuseUnknown(key, origin, known); });
    }
}

void Settings::checkValue(const Option& option) const {
    const auto found = sources_.find(std::string(option.key));
    if (found && !isAcceptable(option, found->value)) {
        refuseValue(found->origin, option.key, option.secret ? kHidden : found->value,
                    allowedFor(describe(option)));
    }
    if (!found || found->value.empty() || !production()) return;
    if (found->value.size() < option.production_bytes) {
        refuseValue(
            found->origin, option.key, kHidden,
            "at least " + std::to_string(option.production_bytes) + " bytes in the production profile");
    }
}

std::string Settings::valueOf(const Option& option) const {
    const auto found = sources_.find(std::string(option.key));
    return found ? found->value : std::string(option.fallback);
}

std::string Settings::text(std::string_view key) const {
    return valueOf(mustFind(key));
}
std::int64_t Settings::integer(std::string_view key) const {
    return parseInteger(text(key)).value();
}
bool Settings::boolean(std::string_view key) const {
    return parseBoolean(text(key)).value();
}
std::vector<std::string> Settings::list(std::string_view key) const {
    return parseList(text(key));
}

std::string Settings::origin(std::string_view key) const {
    const auto found = sources_.find(std::string(key));
    return found ? found->origin : "default";
}

void Settings::configurePlugin(const std::string& plugin, const std::function<void(sdk::Config&)>& use) {
    if (isDaemonSection(plugin)) {
        throw SettingError("plugin " + plugin +
                           ": its options would mix with the daemon's: it needs another name");
    }
    PluginConfig config(*this, plugin);
    std::vector<SettingFault> faults;
    // What the plugin refuses itself ends its reading, so what it has not read yet is not unknown.
    bool complete = false;
    collectFaults(faults, [&] {
        use(config);
        complete = true;
    });
    faults.insert(faults.begin(), config.faults().begin(), config.faults().end());
    const auto known = config.keys();
    for (const auto& [key, origin] : sources_.keys()) {
        if (!complete || (!key.starts_with(plugin + ".") && key != plugin)) continue;
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        collectFaults(faults, [&, &key = key, &origin = origin] { refuseUnknown(key, origin, known); });
    }
    refuseAll(std::move(faults));
    plugin_options_.insert(plugin_options_.end(), config.declared().begin(), config.declared().end());
    plugin_values_.insert(config.values().begin(), config.values().end());
    live_changes_.insert(config.changes().begin(), config.changes().end());
}

void Settings::checkOwners(std::span<const std::string> plugins) const {
    std::set<std::string, std::less<>> sections(plugins.begin(), plugins.end());
    std::vector<std::string> known = daemonKeys();
    for (const DeclaredOption& option : plugin_options_) known.push_back(option.key);
    std::vector<SettingFault> faults;
    for (const auto& [key, origin] : sources_.keys()) {
        const std::string_view owner = section(key);
        if (isDaemonSection(owner) || sections.contains(owner)) continue;
        collectFaults(faults, [&, &key = key, &origin = origin] {
            refuseUnknown(key, origin, known, "no enabled plugin is named " + std::string(owner));
        });
    }
    for (const Option& option : daemonOptions()) sections.emplace(section(option.key));
    std::set<std::string, std::less<>> names;
    for (const std::string& key : known) names.insert(SettingSources::environmentName(key));
    // A variable in nobody's section may be meant for another program.
    for (const auto& [name, value] : sources_.environment()) {
        const auto owned = std::any_of(sections.begin(), sections.end(), [&](const std::string& owner) {
            return name.starts_with(SettingSources::environmentName(owner) + "_");
        });
        if (!owned || names.contains(name)) continue;
        collectFaults(faults, [&, &name = name] {
            refuseUnknown(name, "environment", {names.begin(), names.end()});
        });
    }
    refuseAll(std::move(faults));
}

std::vector<DeclaredOption> Settings::declared() const {
    std::vector<DeclaredOption> options;
    for (const Option& option : daemonOptions()) {
        options.push_back(describe(option));
        const auto found = sources_.find(std::string(option.key));
        if (!found) continue;
        options.back().value = found->value;
        options.back().origin = found->origin;
    }
    options.insert(options.end(), plugin_options_.begin(), plugin_options_.end());
    return options;
}

std::vector<DeclaredOption> Settings::declaredBy(const std::string& plugin) const {
    std::vector<DeclaredOption> options;
    for (const DeclaredOption& option : plugin_options_) {
        if (option.key.starts_with(plugin + ".")) options.push_back(option);
    }
    return options;
}

std::vector<std::string> Settings::keysBelow(const std::string& prefix) const {
    std::vector<std::string> found;
    for (auto& [key, origin] : sources_.keys()) {
        if (key.starts_with(prefix)) found.push_back(key);
    }
    return found;
}

}  // namespace linkup::daemon
