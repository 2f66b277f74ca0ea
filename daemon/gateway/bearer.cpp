#include "bearer.h"

#include <algorithm>
#include <cctype>

namespace linkup::daemon {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

bool equalsIgnoringCase(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

std::optional<std::string_view> bearerToken(std::string_view authorization) noexcept {
    authorization = trimmed(authorization);
    const std::size_t blank = authorization.find(' ');
    if (!equalsIgnoringCase(authorization.substr(0, blank), "bearer")) return std::nullopt;
    return blank == std::string_view::npos ? std::string_view() : trimmed(authorization.substr(blank));
}

bool listHas(std::string_view list, std::string_view word) noexcept {
    while (!list.empty()) {
        const std::string_view entry = list.substr(0, list.find(','));
        if (equalsIgnoringCase(trimmed(entry), word)) return true;
        list.remove_prefix(std::min(entry.size() + 1, list.size()));
    }
    return false;
}

}  // namespace linkup::daemon
