#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/config.h"
#include "settings.h"

namespace linkup::daemon {

/// `FILE: KEY = "FOUND": allowed is …`
[[noreturn]] void refuseValue(std::string_view origin, std::string_view key, std::string_view found,
                              std::string_view allowed);
/// `FILE: unknown option "KEY": REASON; did you mean …?`
[[noreturn]] void refuseUnknown(std::string_view key, std::string_view origin,
                                const std::vector<std::string>& known, const std::string& reason = {});

/// One plugin's options, read from Settings. A value of the wrong form is noted, and read as the fallback, so
/// that all that is wrong can be told at once; see `faults`.
class PluginConfig final : public sdk::Config {
public:
    PluginConfig(const Settings& settings, std::string plugin);

    std::string text(const sdk::OptionSpec& option, std::string_view fallback) override;
    std::int64_t integer(const sdk::OptionSpec& option, std::int64_t fallback, std::int64_t min,
                         std::int64_t max) override;
    double real(const sdk::OptionSpec& option, double fallback, double min, double max) override;
    bool boolean(const sdk::OptionSpec& option, bool fallback) override;
    std::string choice(const sdk::OptionSpec& option, std::string_view fallback,
                       std::vector<std::string> allowed) override;
    std::vector<std::string> list(const sdk::OptionSpec& option, std::vector<std::string> fallback) override;
    std::vector<std::string> groups(std::string_view prefix) override;
    bool production() const noexcept override { return production_; }
    std::string stateFolder() const override { return settings_.text("paths.state"); }
    void refuse(std::string_view key, std::string_view why) override;
    void live(std::string_view key, std::function<void(const sdk::OptionValue&)> change) override;

    const std::vector<DeclaredOption>& declared() const noexcept { return declared_; }
    const std::map<std::string, sdk::OptionValue>& values() const noexcept { return values_; }
    const LiveChanges& changes() const noexcept { return changes_; }
    const std::vector<SettingFault>& faults() const noexcept { return faults_; }
    /// Those that were declared, in full.
    std::vector<std::string> keys() const;

private:
    /// Notes the option and the value that `parse` makes of its text: the fallback if there is none, or none
    /// that is allowed.
    template <class Value>
    Value read(const sdk::OptionSpec& option, DeclaredOption declared, Value fallback,
               const std::function<std::optional<Value>(const std::string&)>& parse);
    std::string full(std::string_view key) const { return plugin_ + "." + std::string(key); }

    const Settings& settings_;
    const std::string plugin_;
    const bool production_;
    std::vector<DeclaredOption> declared_;
    std::map<std::string, sdk::OptionValue> values_;
    LiveChanges changes_;
    std::vector<SettingFault> faults_;
};

}  // namespace linkup::daemon
