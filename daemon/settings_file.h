#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "settings_declared.h"

namespace linkup::daemon {

/// The options of the daemon or of a plugin, for people to read.
struct OptionGroup {
    std::string owner;    ///< "linkupd", or the plugin's name
    std::string summary;  ///< what the plugin is for; empty for the daemon
    std::vector<DeclaredOption> options;
};

/// The daemon's, at their defaults.
OptionGroup daemonOptionGroup();

/// The configuration file with every option of the daemon at its default, commented out:
/// `etc/linkupd.properties`.
void printConfigurationFile(std::ostream& out);
/// The same of a plugin: `etc/plugins.d/NAME.properties`.
void printPluginFile(const OptionGroup& plugin, std::ostream& out);
/// All options with form, default and help, for a terminal: `--help-options`.
void printOptionHelp(std::span<const OptionGroup> groups, std::ostream& out);

}  // namespace linkup::daemon
