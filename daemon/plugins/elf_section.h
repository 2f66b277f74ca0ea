#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace linkup::daemon {

/// The bytes of a section of a shared library, as they stand in the file; nothing of the library is run or
/// mapped. Nothing if there is no such section. Errors: PluginError for a file that cannot be read, that is
/// damaged, or that is no shared library of this machine.
std::optional<std::string> readElfSection(const std::filesystem::path& file, std::string_view name);

/// Whether the library lets others find a symbol of this name that it defines. Errors: as above.
bool exportsElfSymbol(const std::filesystem::path& file, std::string_view name);

}  // namespace linkup::daemon
