#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/config.h"
#include "settings_sources.h"
#include "settings_table.h"

namespace linkup::daemon {

/// An option as it was read, for `--check`.
struct DeclaredOption {
    std::string key;
    std::string value;   ///< a secret is not shown
    std::string origin;  ///< where it stands, or "default"
    std::string help;
    std::string allowed;  ///< what it takes, in words
};

/// The daemon's and the plugins' options. The daemon's are declared in daemonOptions() and checked when this
/// is made; a plugin's are declared by reading them, and checked then.
///
/// Threading: one thread.   Errors: SettingError. Asking for an option that is not in the table is a fault of
/// ours (std::logic_error).
class Settings {
public:
    explicit Settings(const SettingInputs& inputs);

    std::string text(std::string_view key) const;
    std::int64_t integer(std::string_view key) const;
    bool boolean(std::string_view key) const;
    std::vector<std::string> list(std::string_view key) const;
    bool production() const { return text("profile") == "production"; }

    /// Lets a plugin read its options, then refuses keys below its name that it did not read.
    void configurePlugin(const std::string& plugin, const std::function<void(sdk::Config&)>& use);
    /// Once all plugins have been configured: refuses what belongs to nobody.
    void checkOwners(std::span<const std::string> plugins) const;

    /// The daemon's, then the plugins', in the order of declaration.
    std::vector<DeclaredOption> declared() const;

private:
    friend class PluginConfig;

    std::string valueOf(const Option& option) const;
    void checkValue(const Option& option) const;
    void checkDaemonKeys() const;
    std::vector<std::string> keysBelow(const std::string& prefix) const;

    SettingSources sources_;
    std::vector<DeclaredOption> plugin_options_;
};

}  // namespace linkup::daemon
