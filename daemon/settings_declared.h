#pragma once

#include <string>
#include <string_view>

#include "settings_table.h"

namespace linkup::daemon {

/// What stands for a secret's value.
inline constexpr const char* kHidden = "(hidden)";

/// An option of the daemon or of a plugin, with all that is to be said of it and what it was read as.
struct DeclaredOption {
    std::string key = {};
    OptionType type = OptionType::kText;
    std::string help = {};
    std::string range = {};  ///< "0 to 10" of a number, "a, b" of a choice
    std::string unit = {};   ///< of a number, for people; may be empty
    std::string fallback = {};
    bool secret = false;
    bool live = false;
    std::string value = {};   ///< as it stands in the configuration, or the fallback
    std::string origin = {};  ///< where it stands, or "default"

    /// The value as it may be printed: a configured secret is not shown.
    std::string shown() const;
};

/// One of the daemon's, not yet read: its value is the fallback.
DeclaredOption describe(const Option& option);

/// What the option takes, after "allowed is": "a whole number from 0 to 65535".
std::string allowedFor(const DeclaredOption& option);
/// What the option is, in short: "whole number, 0 to 65535, TCP port".
std::string formOf(const DeclaredOption& option);
/// The unit that a plugin's key names at its end: "ms" for `presence.grace_ms`. Empty if it names none.
std::string unitOf(std::string_view key);

}  // namespace linkup::daemon
