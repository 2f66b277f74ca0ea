#include "legacy_values.h"

#include <algorithm>
#include <charconv>
#include <variant>

namespace linkup::auth::legacy {

namespace {

/// Copies a quoted text from `at`, the opening quote, and returns where it ends.
std::size_t copyQuoted(std::string_view in, std::size_t at, std::string& out) {
    const char quote = in[at++];
    out += '"';
    for (; at < in.size() && in[at] != quote; ++at) {
        if (in[at] == '"') {
            out += "\\\"";
        } else if (in[at] != '\\' || at + 1 == in.size()) {
            out += in[at];
        } else if (const char escaped = in[++at]; escaped == '\'') {
            out += '\'';
        } else if (escaped == 'x') {
            out += "\\u00";
        } else {
            out += '\\';
            out += escaped;
        }
    }
    out += '"';
    return at;
}

std::optional<sdk::Json> parsed(const std::string& text) {
    auto result = sdk::parseJson(text);
    if (auto* json = std::get_if<sdk::Json>(&result)) return std::move(*json);
    return std::nullopt;
}

/// A value that may be JSON already, JSON in a text, or Python in a text.
sdk::Json unfolded(const sdk::Json& value) {
    const auto content = text(value);
    if (!content) return value.isString() ? sdk::Json() : value;
    if (auto json = parsed(*content)) return std::move(*json);
    return parsed(jsonFromPython(*content)).value_or(sdk::Json());
}

std::optional<StoredPicture> pictureOf(const sdk::Json& json) {
    if (!json.isObject() || !json["file_key"].isString() || json["file_key"].asString().empty())
        return std::nullopt;
    return StoredPicture{json["file_key"].asString(), text(json["blurhash"]).value_or("")};
}

}  // namespace

std::optional<std::string> text(const sdk::Json& value) {
    if (!value.isString() || value.asString() == "None") return std::nullopt;
    return value.asString();
}

std::optional<std::string> oneOf(const sdk::Json& value, std::initializer_list<std::string_view> allowed) {
    auto found = text(value);
    if (!found || std::find(allowed.begin(), allowed.end(), *found) == allowed.end()) return std::nullopt;
    return found;
}

std::optional<std::int64_t> integer(const sdk::Json& value, std::int64_t min, std::int64_t max) {
    const auto found = text(value);
    std::int64_t number = 0;
    if (value.isInteger()) {
        number = value.asInteger();
    } else if (!found ||
               std::from_chars(found->data(), found->data() + found->size(), number).ec != std::errc()) {
        return std::nullopt;
    }
    return number >= min && number <= max ? std::optional(number) : std::nullopt;
}

std::optional<bool> boolean(const sdk::Json& value) {
    if (value.isBool()) return value.asBool();
    if (oneOf(value, {"True", "true"})) return true;
    if (oneOf(value, {"False", "false"})) return false;
    return std::nullopt;
}

std::optional<StoredPicture> picture(const sdk::Json& value) {
    return pictureOf(unfolded(value));
}

std::vector<StoredPicture> pictures(const sdk::Json& value) {
    const sdk::Json list = unfolded(value);
    std::vector<StoredPicture> found;
    if (!list.isArray()) return found;
    for (const sdk::Json& one : list.items()) {
        if (auto stored = pictureOf(one)) found.push_back(std::move(*stored));
    }
    return found;
}

std::string jsonFromPython(std::string_view literal) {
    constexpr std::pair<std::string_view, std::string_view> kWords[] = {
        {"None", "null"}, {"True", "true"}, {"False", "false"}};
    std::string json;
    for (std::size_t at = 0; at < literal.size(); ++at) {
        if (literal[at] == '\'' || literal[at] == '"') {
            at = copyQuoted(literal, at, json);
            continue;
        }
        const auto word = std::find_if(std::begin(kWords), std::end(kWords), [&](const auto& one) {
            return literal.substr(at).starts_with(one.first);
        });
        if (word == std::end(kWords)) {
            json += literal[at];
        } else {
            json += word->second;
            at += word->first.size() - 1;
        }
    }
    return json;
}

}  // namespace linkup::auth::legacy
