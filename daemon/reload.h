#pragma once

#include <vector>

#include "linkup/sdk/log.h"
#include "settings_declared.h"
#include "settings_sources.h"

namespace linkup::daemon {

/// What became of a configuration that was read again.
struct ReloadReport {
    std::vector<DeclaredOption> applied;
    std::vector<DeclaredOption> needs_restart;
    std::vector<SettingFault> rejected;  ///< with any of these, nothing else was looked at

    bool accepted() const noexcept { return rejected.empty(); }
};

/// A line for each key, and one for the whole.
void logReport(const ReloadReport& report, sdk::Log& log);

/// The values with which the process runs, to compare a new configuration with: those of its start, but for
/// the live ones that were applied since.
///
/// Threading: one thread.
class RunningConfiguration {
public:
    explicit RunningConfiguration(std::vector<DeclaredOption> options) : options_(std::move(options)) {}

    /// What is different in `next`; an option that is there no more needs a restart too.
    ReloadReport compare(const std::vector<DeclaredOption>& next) const;
    /// From now on these hold.
    void adopt(const std::vector<DeclaredOption>& applied);
    /// The value of an option that exists.
    const std::string& value(std::string_view key) const;

private:
    std::vector<DeclaredOption> options_;
};

}  // namespace linkup::daemon
