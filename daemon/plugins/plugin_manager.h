#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugin_context.h"
#include "plugin_library.h"

namespace linkup::daemon {

/// Takes the configured plugins through their lives: load → configure → registerAll → migrate → start, and
/// stop.
///
/// Each step goes through the plugins in the order of their dependencies, stop in reverse. When a step fails,
/// all that was done by this and earlier steps is undone before the PluginError leaves. Lifetime: the
/// destructor stops what runs.   Threading: the main thread.
class PluginManager {
public:
    /// Runs its second argument with the options of the plugin named by the first.
    using ConfigureWith =
        std::function<void(const std::string& plugin, const std::function<void(sdk::Config&)>& use)>;

    PluginManager(PluginBackend& backend, RegistrationBook& book, HookRegistry& hooks,
                  ServiceRegistry& services);
    ~PluginManager();
    PluginManager(const PluginManager&) = delete;
    PluginManager& operator=(const PluginManager&) = delete;

    /// Reads all descriptors, sorts, and only then runs code of any of them.
    void load(std::span<const std::filesystem::path> files);
    void configure(const ConfigureWith& with);
    /// Asks for options again, to look at a new configuration: a second plugin of each kind is made,
    /// configured and destroyed; the ones that run notice nothing. Errors: PluginError naming the plugin, and
    /// what `with` throws.
    void inspect(const ConfigureWith& with);
    void registerAll();
    void migrate();
    void start();
    /// Undoes what was registered, stops and destroys, one plugin after the other. Also after a failed step.
    void stop() noexcept;

    /// Has each plugin fill in `count` examples of what it keeps.
    void fillDemo(int count);
    /// In the order of their dependencies.
    std::vector<PluginInfo> plugins() const;

private:
    struct Loaded {
        PluginInfo info;
        std::optional<PluginLibrary> opened;
        // Destroyed in reverse: the plugin first, then what it stood on.
        std::unique_ptr<PluginContext> context;
        std::unique_ptr<sdk::Plugin> plugin;
        bool started = false;
    };

    /// Runs `work` for each plugin; what leaves it becomes a PluginError that names the plugin and `step`.
    void forEach(std::string_view step, const std::function<void(Loaded&)>& work);
    void stopOne(Loaded& loaded) noexcept;

    const PluginCommons commons_;
    std::vector<Loaded> plugins_;
};

/// The file of a plugin that the configuration names: itself if it has a slash, else NAME.so in `folder`.
std::filesystem::path pluginFile(const std::string& configured, const std::filesystem::path& folder);

}  // namespace linkup::daemon
