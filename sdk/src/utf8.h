#pragma once

#include <cstddef>
#include <string_view>

namespace linkup::sdk {

/// The length of the well-formed UTF-8 sequence that begins at `at`, or 0 if there is none. Source: Unicode
/// 15, table 3-7.
std::size_t utf8SequenceLength(std::string_view text, std::size_t at) noexcept;
/// Code points of a well-formed text.
std::size_t utf8Length(std::string_view text) noexcept;
/// The text's first `count` code points.
std::string_view utf8Prefix(std::string_view text, std::size_t count) noexcept;

}  // namespace linkup::sdk
