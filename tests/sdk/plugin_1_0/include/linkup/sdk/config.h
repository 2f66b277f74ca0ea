#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// One option, declared where it is read. `key` is relative to the plugin: "code.ttl" of auth is
/// `auth.code.ttl` in the file. `help` is a sentence; units stand in the key (`_ms`, `_seconds`, `_bytes`).
struct OptionSpec {
    std::string key;
    std::string help;
    bool secret = false;  ///< never printed
};

/// A plugin's part of the configuration. Reading an option declares it: what was declared by the end of
/// Plugin::configure is what `--check` prints, and any other key below the plugin's name fails the start.
///
/// Implemented by: host.   Lifetime: the call of Plugin::configure.   Threading: that thread.
/// Errors: a value of the wrong form throws Error{kInvalidArgument} naming file, key, what was found, what is
/// allowed. Since: ABI 1.0.
class LINKUP_SDK_API Config {
public:
    virtual ~Config();
    virtual std::string text(const OptionSpec& option, std::string_view fallback) = 0;
    virtual std::int64_t integer(const OptionSpec& option, std::int64_t fallback, std::int64_t min,
                                 std::int64_t max) = 0;
    virtual double real(const OptionSpec& option, double fallback, double min, double max) = 0;
    virtual bool boolean(const OptionSpec& option, bool fallback) = 0;
    virtual std::string choice(const OptionSpec& option, std::string_view fallback,
                               std::vector<std::string> allowed) = 0;
    /// Separated by commas, blanks trimmed.
    virtual std::vector<std::string> list(const OptionSpec& option, std::vector<std::string> fallback) = 0;
    /// The names N for which keys `prefix.N.…` exist, sorted.
    virtual std::vector<std::string> groups(std::string_view prefix) = 0;
    /// True in the profile `production`, where a plugin refuses default secrets.
    virtual bool production() const noexcept = 0;
    /// Makes the error for a value that is well-formed but wrong, with file, key and what is allowed.
    [[noreturn]] virtual void refuse(std::string_view key, std::string_view why) = 0;
    /// The node's folder for what must last, such as `paths.state` of the daemon. A plugin makes a folder of
    /// its own in it, and not before Plugin::start.
    virtual std::string stateFolder() const = 0;
};

}  // namespace linkup::sdk
