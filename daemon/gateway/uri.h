#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace linkup::daemon {

/// A request target in its two halves, as sent. The query is without its question mark.
struct Target {
    std::string_view path;
    std::string_view query;
    bool has_query = false;
};

/// Splits "/a/b?x=1". The absolute form "http://host/a/b" loses its scheme and authority (RFC 9112 §3.2.2).
Target splitTarget(std::string_view target) noexcept;

enum class Plus { kLiteral, kBlank };

/// Appends `text` with its %XX decoded. False when an escape is cut off or holds no hexadecimal digits.
bool percentDecode(std::string_view text, Plus plus, std::string& out);

/// Whether the bytes are UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF (RFC 3629).
bool isUtf8(std::string_view text) noexcept;

/// Calls `each(name, value)` for the fields of "a=1&b=2", decoded, in order. False when one is not decodable
/// to UTF-8; the others have been told nevertheless.
template <class Each>
bool forEachField(std::string_view fields, Plus plus, Each&& each) {
    bool good = true;
    while (!fields.empty()) {
        const std::string_view field = fields.substr(0, fields.find('&'));
        fields.remove_prefix(std::min(field.size() + 1, fields.size()));
        if (field.empty()) continue;
        const std::size_t equals = field.find('=');
        std::string name;
        std::string value;
        const bool decoded =
            percentDecode(field.substr(0, equals), plus, name) &&
            (equals == std::string_view::npos || percentDecode(field.substr(equals + 1), plus, value));
        if (!decoded || !isUtf8(name) || !isUtf8(value)) {
            good = false;
            continue;
        }
        each(std::move(name), std::move(value));
    }
    return good;
}

}  // namespace linkup::daemon
