#include "schema_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "iso8601.h"
#include "linkup/sdk/clock.h"

namespace linkup::sdk {
namespace {

constexpr std::string_view kBlanks = " \t\n\r\f\v";

bool isDigit(char c) noexcept {
    return c >= '0' && c <= '9';
}
char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool isAlphanumeric(char c) noexcept {
    return isDigit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}
bool isHex(char c) noexcept {
    return isDigit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

bool equalsIgnoringCase(std::string_view text, std::string_view lower_case) noexcept {
    return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                      [](char left, char right) { return lower(left) == right; });
}

// Letters, digits and what RFC 5322 calls atext; the period joins them.
bool isLocalPart(std::string_view local) noexcept {
    return std::all_of(local.begin(), local.end(), [](char c) {
        return isAlphanumeric(c) ||
               std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
    });
}

bool isDomainLabel(std::string_view label) noexcept {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    return std::all_of(label.begin(), label.end(), [](char c) { return isAlphanumeric(c) || c == '-'; });
}

bool isDomain(std::string_view domain) noexcept {
    while (true) {
        const std::size_t dot = domain.find('.');
        if (!isDomainLabel(domain.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        domain.remove_prefix(dot + 1);
    }
}

}  // namespace

std::string_view trimBlanks(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::variant<std::int64_t, IntegerFault> readInteger(std::string_view text) noexcept {
    text = trimBlanks(text);
    const bool negative = text.starts_with('-');
    std::string_view digits = text;
    if (negative || text.starts_with('+')) digits.remove_prefix(1);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), isDigit))
        return IntegerFault::kNoInteger;
    if (!negative) text = digits;  // from_chars knows no plus
    std::int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) {
        return negative ? IntegerFault::kTooSmall : IntegerFault::kTooLarge;
    }
    return value;
}

std::optional<double> readNumber(std::string_view text) noexcept {
    text = trimBlanks(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<bool> readBoolean(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 6> kTrue = {"true", "1", "on", "yes", "y", "t"};
    constexpr std::array<std::string_view, 6> kFalse = {"false", "0", "off", "no", "n", "f"};
    const auto spells = [text](std::string_view word) { return equalsIgnoringCase(text, word); };
    if (std::any_of(kTrue.begin(), kTrue.end(), spells)) return true;
    if (std::any_of(kFalse.begin(), kFalse.end(), spells)) return false;
    return std::nullopt;
}

std::variant<std::string, DateFault> readDate(std::string_view text) {
    if (const auto date = parseDate(text)) return formatDate(*date);
    const auto written = readWrittenTime(text);
    if (!written) return DateFault::kNoDate;
    if (written->since_midnight.count() != 0 || written->has_fraction_below_micros)
        return DateFault::kNotMidnight;
    return formatDate(written->date);
}

std::optional<std::string> readDateTime(std::string_view text) {
    if (const auto time = parseTime(text)) return formatTime(*time);
    if (const auto date = parseDate(text)) return formatTime(Time(std::chrono::sys_days(*date)));
    return std::nullopt;
}

std::optional<std::string> readUuid(std::string_view text) {
    constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    const bool hyphens = text.size() == kShape.size();
    if (!hyphens && text.size() != 32) return std::nullopt;
    std::string out(kShape);
    std::size_t at = 0;
    for (char& c : out) {
        if (c == '-') {
            if (hyphens && text[at++] != '-') return std::nullopt;
            continue;
        }
        if (!isHex(text[at])) return std::nullopt;
        c = lower(text[at++]);
    }
    return out;
}

const char* emailFault(std::string_view address) noexcept {
    const std::size_t at = address.find('@');
    if (at == std::string_view::npos) return "An email address must have an @-sign.";
    if (address.size() > 254) return "It must have at most 254 characters.";
    const std::string_view local = address.substr(0, at);
    const std::string_view domain = address.substr(at + 1);
    if (domain.find('@') != std::string_view::npos) return "It must have only one @-sign.";
    if (local.empty()) return "There must be something before the @-sign.";
    if (local.size() > 64) return "It must have at most 64 characters before the @-sign.";
    if (!isLocalPart(local)) return "The part before the @-sign has characters that are not allowed.";
    if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) {
        return "The part before the @-sign has a period in the wrong place.";
    }
    if (domain.empty()) return "There must be something after the @-sign.";
    if (domain.find('.') == std::string_view::npos) return "The part after the @-sign must have a period.";
    if (!isDomain(domain)) return "The part after the @-sign is not a domain name.";
    return nullptr;
}

}  // namespace linkup::sdk
