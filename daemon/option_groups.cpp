#include "option_groups.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "daemon/plugins/plugin_library.h"
#include "daemon/plugins/plugin_manager.h"
#include "folders.h"

namespace linkup::daemon {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> chosenFiles(const Settings& chosen, PluginChoice plugins) {
    const fs::path folder = pluginFolder(chosen);
    std::vector<fs::path> files;
    for (const std::string& plugin : chosen.list("plugins.enabled"))
        files.push_back(pluginFile(plugin, folder));
    std::error_code absent;
    if (plugins == PluginChoice::kEnabled || !fs::is_directory(folder, absent)) return files;
    std::set<fs::path> further;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".so") further.insert(entry.path());
    }
    for (const fs::path& file : files) further.erase(file);
    files.insert(files.end(), further.begin(), further.end());
    return files;
}

}  // namespace

std::vector<OptionGroup> gatherOptions(const Settings& chosen, PluginChoice plugins) {
    std::vector<OptionGroup> groups{daemonOptionGroup()};
    // Without file and environment, what is read is the default.
    Settings defaults{SettingInputs{}};
    for (const fs::path& file : chosenFiles(chosen, plugins)) {
        const PluginInfo info = readPluginInfo(file);
        const auto plugin = PluginLibrary(info).create();
        defaults.configurePlugin(info.name, [&](sdk::Config& config) { plugin->configure(config); });
        groups.push_back({info.name, info.summary, defaults.declaredBy(info.name)});
    }
    return groups;
}

}  // namespace linkup::daemon
