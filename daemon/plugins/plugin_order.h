#pragma once

#include <vector>

#include "plugin_library.h"

namespace linkup::daemon {

/// The plugins in an order in which each comes after what it depends on; else as given.
/// Errors: PluginError for two of one name, a missing or wrong-version dependency (naming who wants it), or a
/// cycle (printed as one: "a → b → a").
std::vector<PluginInfo> sortByDependency(std::vector<PluginInfo> plugins);

}  // namespace linkup::daemon
