#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "linkup/sdk/plugin.h"
#include "plugin_error.h"
#include "plugin_version.h"

namespace linkup::daemon {

/// What a plugin's file says about itself.
struct PluginInfo {
    std::filesystem::path file;
    std::string name;
    Version version;
    std::uint32_t abi_minor = 0;
    std::vector<Dependency> depends;
    std::string summary;
};

/// Reads and checks the descriptor from the file. Runs no code of it.
/// Errors: PluginError naming file, field, what was found and what was expected.
PluginInfo readPluginInfo(const std::filesystem::path& file);

/// A loaded library. It is never unmapped: threads, exceptions and objects of its types may outlive the
/// plugin.
///
/// Lifetime: the process.   Threading: the main thread.
class PluginLibrary {
public:
    /// Maps the file. Errors: PluginError with the linker's reason.
    explicit PluginLibrary(const PluginInfo& info);

    /// A new plugin. Errors: PluginError when the factory is missing, returns null or throws.
    std::unique_ptr<sdk::Plugin> create() const;

private:
    std::string file_;
    const sdk::PluginDescriptor* descriptor_ = nullptr;
};

}  // namespace linkup::daemon
