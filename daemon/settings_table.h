#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace linkup::daemon {

enum class OptionType { kText, kInteger, kReal, kBoolean, kChoice, kList };

/// One option of the daemon.
struct Option {
    std::string_view key;
    OptionType type = OptionType::kText;
    std::string_view fallback = {};  ///< as it would stand in the file
    std::string_view help = {};      ///< one sentence, or a few
    std::int64_t min = 0;            ///< of an integer
    std::int64_t max = 0;
    std::string_view choices = {};  ///< "a, b": of a choice
    std::string_view unit = {};     ///< of an integer, for people
    bool secret = false;            ///< never printed
    bool live = false;              ///< a reload changes it; else the next start does
    /// In the production profile a secret that is set is at least this long.
    std::size_t production_bytes = 0;
};

/// All options of the daemon, in the order of the configuration file. The only place that knows them.
std::span<const Option> daemonOptions();

/// Null if there is none.
const Option* findDaemonOption(std::string_view key);

}  // namespace linkup::daemon
