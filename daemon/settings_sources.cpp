#include "settings_sources.h"

#include <Poco/Exception.h>
#include <Poco/Util/MapConfiguration.h>
#include <Poco/Util/PropertyFileConfiguration.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace linkup::daemon {

namespace {

using Poco::AutoPtr;
using Poco::Util::AbstractConfiguration;

constexpr std::string_view kEnvironmentPrefix = "LINKUP_";
// Priorities of Poco::Util::LayeredConfiguration: the smallest wins.
constexpr int kCommandLine = -20;
constexpr int kPluginFile = 0;
constexpr int kMainFile = 10;

/// All keys that have a value. Poco lists only one level at a time.
void listKeys(const AbstractConfiguration& values, const std::string& base, std::vector<std::string>& keys) {
    AbstractConfiguration::Keys range;
    values.keys(base, range);
    for (const std::string& name : range) {
        const std::string key = base.empty() ? name : base + "." + name;
        if (values.has(key)) keys.push_back(key);
        listKeys(values, key, keys);
    }
}

std::string messageOf(const std::vector<SettingFault>& faults) {
    std::string text;
    for (const SettingFault& fault : faults) {
        if (!text.empty()) text += '\n';
        text += fault.message;
    }
    return text;
}

}  // namespace

SettingError::SettingError(std::vector<SettingFault> faults)
    : Error(sdk::ErrorCode::kInvalidArgument, messageOf(faults)), faults_(std::move(faults)) {}

std::map<std::string, std::string> SettingInputs::readEnvironment() {
    std::map<std::string, std::string> found;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (!text.starts_with(kEnvironmentPrefix) || equals == std::string_view::npos) continue;
        found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return found;
}

std::pair<std::string, std::string> SettingInputs::parseDefine(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw SettingError("command line: -D \"" + text + "\": expected key=value");
    }
    return {text.substr(0, equals), text.substr(equals + 1)};
}

SettingSources::SettingSources(const SettingInputs& inputs)
    : environment_(inputs.environment), layered_(new Poco::Util::LayeredConfiguration) {
    if (inputs.file) {
        addFile(*inputs.file, kMainFile);
        folder_ = std::filesystem::absolute(*inputs.file).parent_path() / "plugins.d";
    }
    AutoPtr<AbstractConfiguration> command_line(new Poco::Util::MapConfiguration);
    for (const auto& [key, value] : inputs.defines) command_line->setString(key, value);
    add("command line", command_line, kCommandLine);
}

void SettingSources::addPluginFile(const std::string& plugin) {
    if (!folder_) return;
    const auto file = *folder_ / (plugin + ".properties");
    if (!std::filesystem::exists(file)) return;
    addFile(file, kPluginFile);
    std::vector<std::string> keys;
    listKeys(*layers_[kPluginFile].back().values, {}, keys);
    for (const auto& key : keys) {
        if (key.starts_with(plugin + ".")) continue;
        throw SettingError(file.string() + ": \"" + key + "\": here all keys begin with " + plugin + ".");
    }
}

void SettingSources::addFile(const std::filesystem::path& file, int priority) {
    try {
        add(file.string(), new Poco::Util::PropertyFileConfiguration(file.string()), priority);
    } catch (const Poco::Exception&) {
        throw SettingError(file.string() + ": no such file, or it cannot be read");
    }
}

void SettingSources::add(std::string origin, AutoPtr<AbstractConfiguration> values, int priority) {
    layered_->add(values, priority, false);
    layers_[priority].push_back({std::move(origin), std::move(values)});
}

std::optional<SettingSources::Found> SettingSources::find(const std::string& key) const {
    // Raw: a password may well hold "${".
    const auto command_line = layers_.find(kCommandLine);
    for (const Layer& layer : command_line->second) {
        if (layer.values->has(key)) return Found{layer.values->getRawString(key), layer.origin};
    }
    const std::string name = environmentName(key);
    const auto variable = environment_.find(name);
    if (variable != environment_.end()) return Found{variable->second, "environment variable " + name};
    if (!layered_->has(key)) return std::nullopt;
    Found found{layered_->getRawString(key), {}};
    for (const auto& [priority, layers] : layers_) {
        const auto holder = std::find_if(layers.begin(), layers.end(),
                                         [&](const Layer& layer) { return layer.values->has(key); });
        if (holder == layers.end()) continue;
        found.origin = holder->origin;
        break;
    }
    return found;
}

std::vector<std::pair<std::string, std::string>> SettingSources::keys() const {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& [priority, layers] : layers_) {
        for (const Layer& layer : layers) {
            std::vector<std::string> keys;
            listKeys(*layer.values, {}, keys);
            for (auto& key : keys) found.emplace_back(std::move(key), layer.origin);
        }
    }
    return found;
}

std::string SettingSources::environmentName(std::string_view key) {
    std::string name(kEnvironmentPrefix);
    for (const char c : key)
        name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

}  // namespace linkup::daemon
