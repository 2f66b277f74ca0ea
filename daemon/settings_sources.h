#pragma once

#include <Poco/AutoPtr.h>
#include <Poco/Util/AbstractConfiguration.h>
#include <Poco/Util/LayeredConfiguration.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "linkup/sdk/error.h"

namespace linkup::daemon {

/// One thing that is wrong: the key, empty if it is not about one, and the message for the operator.
struct SettingFault {
    std::string key;
    std::string message;
};

/// What is wrong with the configuration, for the operator: where, which key, what was found, what is allowed.
/// Several faults stand in a line each.
class SettingError : public sdk::Error {
public:
    explicit SettingError(const std::string& message, std::string key = {})
        : SettingError(std::vector<SettingFault>{{std::move(key), message}}) {}
    explicit SettingError(std::vector<SettingFault> faults);

    const std::vector<SettingFault>& faults() const noexcept { return faults_; }

private:
    std::vector<SettingFault> faults_;
};

/// Runs `work`; what it finds wrong goes to `faults`.
template <class Work>
void collectFaults(std::vector<SettingFault>& faults, Work&& work) {
    try {
        work();
    } catch (const SettingError& error) {
        faults.insert(faults.end(), error.faults().begin(), error.faults().end());
    }
}

/// Where settings come from, before they are read.
struct SettingInputs {
    std::optional<std::filesystem::path> file;
    std::map<std::string, std::string> environment;  ///< those that begin with LINKUP_
    std::vector<std::pair<std::string, std::string>> defines;

    /// `LINKUP_…` of this process.
    static std::map<std::string, std::string> readEnvironment();
    /// Takes "key=value" apart. Errors: SettingError.
    static std::pair<std::string, std::string> parseDefine(const std::string& text);
};

/// The layers of the configuration: file < plugins.d < environment < command line. A name in the environment
/// may stand for several keys (`_` for a dot or itself), so it is only ever looked up from a key.
///
/// Threading: one thread.   Errors: SettingError.
class SettingSources {
public:
    struct Found {
        std::string value;
        std::string origin;  ///< file, "command line" or "environment variable NAME"
    };

    explicit SettingSources(const SettingInputs& inputs);
    /// Reads plugins.d/NAME.properties beside the configuration file, if it is there. It holds that plugin's
    /// keys alone.
    void addPluginFile(const std::string& plugin);

    std::optional<Found> find(const std::string& key) const;
    /// Every key of files and command line, with where it stands.
    std::vector<std::pair<std::string, std::string>> keys() const;
    const std::map<std::string, std::string>& environment() const noexcept { return environment_; }

    /// "server.port" → "LINKUP_SERVER_PORT".
    static std::string environmentName(std::string_view key);

private:
    struct Layer {
        std::string origin;
        Poco::AutoPtr<Poco::Util::AbstractConfiguration> values;
    };

    void addFile(const std::filesystem::path& file, int priority);
    void add(std::string origin, Poco::AutoPtr<Poco::Util::AbstractConfiguration> values, int priority);

    std::optional<std::filesystem::path> folder_;  ///< of plugins.d
    std::map<std::string, std::string> environment_;
    std::map<int, std::vector<Layer>> layers_;  ///< by priority, as Poco has it: the smallest wins
    Poco::AutoPtr<Poco::Util::LayeredConfiguration> layered_;
};

}  // namespace linkup::daemon
