#pragma once

#include <filesystem>

#include "settings.h"

namespace linkup::daemon {

/// Where plugins and static pages are: what the setting says, else beside the program, else where it was
/// installed.
std::filesystem::path pluginFolder(const Settings& settings);
std::filesystem::path pagesFolder(const Settings& settings);

}  // namespace linkup::daemon
