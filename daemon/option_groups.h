#pragma once

#include <vector>

#include "settings.h"
#include "settings_file.h"

namespace linkup::daemon {

/// Which plugins' options are wanted.
enum class PluginChoice { kEnabled, kEnabledAndInstalled };

/// Every option of the daemon and of these plugins at its default. `chosen` says which plugins are enabled
/// and where they are. Each is loaded and asked, and needs no other for that.
/// Errors: PluginError, SettingError.
std::vector<OptionGroup> gatherOptions(const Settings& chosen, PluginChoice plugins);

}  // namespace linkup::daemon
