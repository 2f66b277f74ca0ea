#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/config.h"
#include "settings.h"

namespace linkup::daemon {

/// What stands for a secret's value.
inline constexpr const char* kHidden = "(hidden)";

/// `FILE: KEY = "FOUND": allowed is …`
[[noreturn]] void refuseValue(std::string_view origin, std::string_view key, std::string_view found,
                              std::string_view allowed);
/// `FILE: unknown option "KEY": REASON; did you mean …?`
[[noreturn]] void refuseUnknown(std::string_view key, std::string_view origin,
                                const std::vector<std::string>& known, const std::string& reason = {});

/// One plugin's options, read from Settings.
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

    const std::vector<DeclaredOption>& declared() const noexcept { return declared_; }
    /// Those that were declared, in full.
    std::vector<std::string> keys() const;

private:
    /// The text, if one is configured; notes the option in any case.
    std::optional<std::string> read(const sdk::OptionSpec& option, const std::string& fallback,
                                    std::string allowed);
    [[noreturn]] void refuseRead(const sdk::OptionSpec& option, const std::string& found) const;
    std::string full(std::string_view key) const { return plugin_ + "." + std::string(key); }

    const Settings& settings_;
    const std::string plugin_;
    const bool production_;
    std::vector<DeclaredOption> declared_;
};

}  // namespace linkup::daemon
