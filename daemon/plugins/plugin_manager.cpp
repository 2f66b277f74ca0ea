#include "plugin_manager.h"

#include "plugin_order.h"

namespace linkup::daemon {

PluginManager::PluginManager(PluginBackend& backend, RegistrationBook& book, HookRegistry& hooks,
                             ServiceRegistry& services)
    : commons_{backend, book, hooks, services} {}

PluginManager::~PluginManager() {
    stop();
}

void PluginManager::load(std::span<const std::filesystem::path> files) {
    std::vector<PluginInfo> found;
    found.reserve(files.size());
    for (const auto& file : files) found.push_back(readPluginInfo(file));
    for (PluginInfo& info : sortByDependency(std::move(found))) {
        plugins_.push_back({std::move(info), std::nullopt, nullptr, nullptr, false});
    }
    forEach("loading", [&](Loaded& loaded) {
        loaded.opened.emplace(loaded.info);
        loaded.plugin = loaded.opened->create();
    });
}

void PluginManager::configure(const ConfigureWith& with) {
    forEach("configure", [&](Loaded& loaded) {
        with(loaded.info.name, [&](sdk::Config& config) { loaded.plugin->configure(config); });
    });
}

void PluginManager::inspect(const ConfigureWith& with) {
    for (const Loaded& loaded : plugins_) {
        const auto second = loaded.opened->create();
        with(loaded.info.name, [&](sdk::Config& config) { second->configure(config); });
    }
}

void PluginManager::registerAll() {
    forEach("registerWith", [&](Loaded& loaded) {
        loaded.context = std::make_unique<PluginContext>(loaded.info.name, commons_);
        loaded.context->whileOpen([&] { loaded.plugin->registerWith(*loaded.context, *loaded.context); });
    });
}

void PluginManager::migrate() {
    forEach("migrations", [&](Loaded& loaded) {
        const auto& steps = loaded.context->migrationSteps();
        if (!steps.empty()) commons_.backend.migrate(loaded.info.name, steps);
    });
}

void PluginManager::start() {
    forEach("start", [](Loaded& loaded) {
        loaded.plugin->start();
        loaded.started = true;
    });
}

void PluginManager::fillDemo(int count) {
    forEach("demo", [&](Loaded& loaded) {
        for (const auto& fill : loaded.context->demoFillers()) fill(count);
    });
}

void PluginManager::stop() noexcept {
    while (!plugins_.empty()) {
        stopOne(plugins_.back());
        plugins_.pop_back();
    }
}

void PluginManager::stopOne(Loaded& loaded) noexcept {
    if (loaded.context) loaded.context->undo();
    if (loaded.started) loaded.plugin->stop();
}

std::vector<PluginInfo> PluginManager::plugins() const {
    std::vector<PluginInfo> infos;
    for (const Loaded& loaded : plugins_) infos.push_back(loaded.info);
    return infos;
}

void PluginManager::forEach(std::string_view step, const std::function<void(Loaded&)>& work) {
    for (Loaded& loaded : plugins_) {
        // Copied before stop() destroys the plugin, and with it perhaps the exception's text.
        std::string why;
        try {
            work(loaded);
            continue;
        } catch (const PluginError& error) {
            why = error.what();
        } catch (const std::exception& error) {
            why = "plugin " + loaded.info.name + " (" + loaded.info.file.string() +
                  "): " + std::string(step) + " failed: " + error.what();
        } catch (...) {
            why = "plugin " + loaded.info.name + " (" + loaded.info.file.string() +
                  "): " + std::string(step) + " failed: it threw something that is no std::exception";
        }
        stop();
        throw PluginError(why);
    }
}

std::filesystem::path pluginFile(const std::string& configured, const std::filesystem::path& folder) {
    if (configured.find('/') != std::string::npos) return configured;
    return folder / (configured + ".so");
}

}  // namespace linkup::daemon
