#pragma once

#include <optional>
#include <string_view>

namespace linkup::daemon {

/// Whether two texts are the same but for the case of ASCII letters.
bool equalsIgnoringCase(std::string_view left, std::string_view right) noexcept;

/// The token of "Bearer TOKEN", the scheme in any letter case; nothing for another scheme or no header at
/// all.
std::optional<std::string_view> bearerToken(std::string_view authorization) noexcept;

/// Whether a list such as "keep-alive, Upgrade" has the word, in any letter case.
bool listHas(std::string_view list, std::string_view word) noexcept;

}  // namespace linkup::daemon
