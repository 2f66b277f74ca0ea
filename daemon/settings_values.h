#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linkup::daemon {

/// How the text of a setting is read; the same for the daemon's options and the plugins'.
std::optional<std::int64_t> parseInteger(std::string_view text);
std::optional<double> parseReal(std::string_view text);
/// true, yes, on, 1 and their opposites.
std::optional<bool> parseBoolean(std::string_view text);
/// Separated by commas, blanks trimmed, empty entries left out.
std::vector<std::string> parseList(std::string_view text);
std::string joined(std::span<const std::string> items, std::string_view separator = ",");

/// The known key that was probably meant, or nothing if none is near. Source: Levenshtein's distance.
std::optional<std::string> nearestKey(std::string_view key, std::span<const std::string> known);

}  // namespace linkup::daemon
