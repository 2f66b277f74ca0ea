#pragma once

#include <filesystem>

#include "settings.h"

namespace linkup::daemon {

/// Looks at one plugin in a child of this process, so that nothing that the plugin does can harm it: reads
/// the descriptor, loads the file, configures and registers; needs neither database nor other plugins.
/// Prints what it would register on standard output, or what is wrong on standard error: also how far a
/// child that crashed had come. Returns whether all is well. The process must have one thread.
bool checkPlugin(const std::filesystem::path& file, Settings& settings);

}  // namespace linkup::daemon
