#include "logging_redaction.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace linkup::daemon {
namespace {

constexpr std::string_view kRedacted = "[redacted]";
constexpr std::array<std::string_view, 20> kSecretWords = {
    "token",   "tokens", "password", "passwords",     "passwd", "passphrase", "secret",
    "secrets", "code",   "codes",    "otp",           "otps",   "email",      "emails",
    "mail",    "jwt",    "cookie",   "authorization", "bearer", "credentials"};
constexpr std::array<std::string_view, 7> kHarmlessNames = {
    "status_code", "error_code", "close_code", "exit_code", "smtp_code", "reply_code", "fencing_token"};

bool isUpper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool isLowerOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// In lower case, words joined by `_`: "userEmail" and "User-Email" become "user_email".
std::string normalised(std::string_view name) {
    std::string result;
    char before = '_';
    for (const char c : name) {
        if (isUpper(c)) {
            if (isLowerOrDigit(before)) result += '_';
            result += static_cast<char>(c - 'A' + 'a');
        } else {
            result += isLowerOrDigit(c) ? c : '_';
        }
        before = c;
    }
    return result;
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

}  // namespace

bool isSecretName(std::string_view name) {
    const std::string words = normalised(name);
    if (contains(kHarmlessNames, words)) return false;
    for (std::size_t start = 0; start <= words.size();) {
        const std::size_t end = std::min(words.find('_', start), words.size());
        if (contains(kSecretWords, std::string_view(words).substr(start, end - start))) return true;
        start = end + 1;
    }
    return false;
}

sdk::Json redacted(std::string_view name, const sdk::Json& value) {
    if (isSecretName(name)) return value.isNull() ? value : sdk::Json(kRedacted);
    if (value.isObject()) {
        sdk::Json result = sdk::Json::object();
        for (const auto& [key, member] : value.members()) result.set(key, redacted(key, member));
        return result;
    }
    if (value.isArray()) {
        sdk::Json result = sdk::Json::array();
        for (const auto& item : value.items()) result.push(redacted("", item));
        return result;
    }
    return value;
}

}  // namespace linkup::daemon
