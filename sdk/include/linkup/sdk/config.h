#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "linkup/sdk/export.h"
#include "linkup/sdk/live.h"

namespace linkup::sdk {

/// One option, declared where it is read. `key` is relative to the plugin: "code.ttl" of auth is
/// `auth.code.ttl` in the file. `help` is a sentence; units stand at the key's end (`_ms`, `_seconds`,
/// `_days`, `_bytes`, `per_second`, `per_day`).
/// Made by: plugin.   Since: ABI 1.0.
struct OptionSpec {
    std::string key;      ///< as above
    std::string help;     ///< for `--help-options` and the sample file
    bool secret = false;  ///< never printed
};

/// The value of an option, as Config reads it: text or choice, whole number, number, boolean, list.
using OptionValue = std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;

/// A plugin's part of the configuration. Reading an option declares it: what was declared by the end of
/// Plugin::configure is what `--check` prints, and any other key below the plugin's name fails the start.
///
/// Implemented by: host.   Lifetime: the call of Plugin::configure.   Threading: that thread.
/// Errors: a value of the wrong form throws Error{kInvalidArgument} naming file, key, what was found, what is
/// allowed. Since: ABI 1.0.
class LINKUP_SDK_API Config {
public:
    virtual ~Config();
    /// A text.
    virtual std::string text(const OptionSpec& option, std::string_view fallback) = 0;
    /// A whole number from `min` to `max`.
    virtual std::int64_t integer(const OptionSpec& option, std::int64_t fallback, std::int64_t min,
                                 std::int64_t max) = 0;
    /// A number from `min` to `max`.
    virtual double real(const OptionSpec& option, double fallback, double min, double max) = 0;
    /// true or false, on or off, yes or no, 1 or 0.
    virtual bool boolean(const OptionSpec& option, bool fallback) = 0;
    /// One of `allowed`.
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

    /// Says of an option that was read before that it is live: when the operator reloads the configuration
    /// (SIGHUP) and the option has another value that it may have, `change` is called with it. An option of
    /// which this is not said takes effect at the next start. `change` is called on the host's main thread
    /// while requests run, only if nothing in the whole new configuration is wrong, and never after the
    /// plugin's end; it must not throw. Errors: Error{kInvalidArgument} if `key` was not read.
    /// Since: ABI 1.2; does nothing where a test's Config does not say otherwise.
    virtual void live(std::string_view key, std::function<void(const OptionValue&)> change);

    /// Read an option and say that it is live. `T` is what the plugin counts in: int, std::chrono::seconds.
    /// Since: ABI 1.2.
    template <class T = std::int64_t>
    Live<T> liveInteger(const OptionSpec& option, std::int64_t fallback, std::int64_t min, std::int64_t max) {
        Live<T> value(static_cast<T>(integer(option, fallback, min, max)));
        live(option.key, [value](const OptionValue& changed) mutable {
            value.set(static_cast<T>(std::get<std::int64_t>(changed)));
        });
        return value;
    }
    /// As above.
    Live<double> liveReal(const OptionSpec& option, double fallback, double min, double max) {
        Live<double> value(real(option, fallback, min, max));
        live(option.key,
             [value](const OptionValue& changed) mutable { value.set(std::get<double>(changed)); });
        return value;
    }
    /// As above.
    Live<bool> liveBoolean(const OptionSpec& option, bool fallback) {
        Live<bool> value(boolean(option, fallback));
        live(option.key, [value](const OptionValue& changed) mutable { value.set(std::get<bool>(changed)); });
        return value;
    }
};

}  // namespace linkup::sdk
