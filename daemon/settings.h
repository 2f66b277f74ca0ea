#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/config.h"
#include "settings_declared.h"
#include "settings_sources.h"

namespace linkup::daemon {

/// What plugins do with new values of their live options, by full key.
using LiveChanges = std::map<std::string, std::function<void(const sdk::OptionValue&)>>;

/// The daemon's and the plugins' options. The daemon's are declared in daemonOptions() and checked when this
/// is made; a plugin's are declared by reading them, and checked then.
///
/// Threading: one thread.   Errors: SettingError, with everything that the step found wrong. Asking for an
/// option that is not in the table is a fault of ours (std::logic_error).
class Settings {
public:
    explicit Settings(const SettingInputs& inputs);
    /// The same, for a look at all that is wrong: the daemon's faults go to `faults`. Where there are any,
    /// the values of these options cannot be asked for. Errors: SettingError for a file that cannot be read.
    Settings(const SettingInputs& inputs, std::vector<SettingFault>& faults);

    std::string text(std::string_view key) const;
    std::int64_t integer(std::string_view key) const;
    bool boolean(std::string_view key) const;
    std::vector<std::string> list(std::string_view key) const;
    /// Where the option stands, or "default".
    std::string origin(std::string_view key) const;
    bool production() const { return text("profile") == "production"; }

    /// Lets a plugin read its options, then refuses keys below its name that it did not read.
    void configurePlugin(const std::string& plugin, const std::function<void(sdk::Config&)>& use);
    /// Once all plugins have been configured: refuses what belongs to nobody.
    void checkOwners(std::span<const std::string> plugins) const;

    /// The daemon's, then the plugins', in the order of declaration.
    std::vector<DeclaredOption> declared() const;
    /// One plugin's; empty if it was not configured.
    std::vector<DeclaredOption> declaredBy(const std::string& plugin) const;
    /// What the plugins that were configured do with new values.
    const LiveChanges& liveChanges() const noexcept { return live_changes_; }
    /// What a plugin's option was read as.
    const sdk::OptionValue& pluginValue(const std::string& key) const { return plugin_values_.at(key); }
    /// Where all this was read from, to read it again.
    const SettingInputs& inputs() const noexcept { return inputs_; }

private:
    friend class PluginConfig;

    void readDaemonOptions(std::vector<SettingFault>& faults);
    std::string valueOf(const Option& option) const;
    void checkValue(const Option& option) const;
    void checkDaemonKeys(std::vector<SettingFault>& faults) const;
    std::vector<std::string> keysBelow(const std::string& prefix) const;

    SettingInputs inputs_;
    SettingSources sources_;
    std::vector<DeclaredOption> plugin_options_;
    std::map<std::string, sdk::OptionValue> plugin_values_;
    LiveChanges live_changes_;
};

}  // namespace linkup::daemon
