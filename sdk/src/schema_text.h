#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Readers of the texts that schemas take for other types. None throws, none looks at the locale.
namespace linkup::sdk {

std::string_view trimBlanks(std::string_view text) noexcept;

enum class IntegerFault { kNoInteger, kTooSmall, kTooLarge };
/// Digits with an optional sign and blanks around; beyond 64 bits it says on which side.
std::variant<std::int64_t, IntegerFault> readInteger(std::string_view text) noexcept;
/// A finite decimal number with blanks around.
std::optional<double> readNumber(std::string_view text) noexcept;
/// true/1/on/yes/y/t or false/0/off/no/n/f, in any case.
std::optional<bool> readBoolean(std::string_view text) noexcept;

enum class DateFault { kNoDate, kNotMidnight };
/// A date, or a date-time whose clock shows midnight; printed as a date. The day is the written one, whatever
/// the offset.
std::variant<std::string, DateFault> readDate(std::string_view text);
/// A date-time or a date; printed as UTC.
std::optional<std::string> readDateTime(std::string_view text);
/// 32 hexadecimal digits, with hyphens in the usual places or without any.
std::optional<std::string> readUuid(std::string_view text);
/// What is wrong with an e-mail address, or nullptr. Source: RFC 5321 §4.5.3.1, without quoted local parts,
/// address literals and non-ASCII characters.
const char* emailFault(std::string_view address) noexcept;

}  // namespace linkup::sdk
