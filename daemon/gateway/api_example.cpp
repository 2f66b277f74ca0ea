#include "api_example.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace linkup::daemon {

namespace {

using sdk::Json;

constexpr std::string_view kWords = "A few words that somebody could have written here. ";

std::string textOf(const Json& schema) {
    const Json* format = schema.find("format");
    const std::string_view name = format != nullptr ? std::string_view(format->asString()) : "";
    if (name == "email") return "ada@example.com";
    if (name == "uuid") return "6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e01";
    if (name == "date") return "2003-05-17";
    if (name == "date-time") return "2026-05-17T20:00:00Z";
    if (schema.contains("writeOnly")) return "A-secret-1!";
    const Json* pattern = schema.find("pattern");
    if (pattern != nullptr) {
        // Most are a fixed word, such as "^password$".
        std::string word = pattern->asString();
        std::erase_if(word, [](char c) { return c == '^' || c == '$'; });
        return word;
    }
    const auto limit = [&](const char* key, std::int64_t otherwise) {
        const Json* value = schema.find(key);
        return static_cast<std::size_t>(value != nullptr ? value->asInteger() : otherwise);
    };
    const std::size_t least = limit("minLength", 0);
    std::string text(kWords.substr(0, kWords.find(' ', 6)));
    while (text.size() < least) text += kWords;
    return text.substr(0, std::max(least, std::min(text.size(), limit("maxLength", 200))));
}

std::int64_t numberOf(const Json& schema) {
    const Json* least = schema.find("minimum");
    return least != nullptr ? least->asInteger() : 1;
}

Json sample(const Json& schema);

Json objectOf(const Json& schema) {
    Json object = Json::object();
    if (const Json* properties = schema.find("properties")) {
        for (const auto& [name, property] : properties->members()) object.set(name, sample(property));
    }
    return object;
}

Json listOf(const Json& schema) {
    Json list = Json::array();
    const Json* least = schema.find("minItems");
    const std::int64_t items = least != nullptr ? std::max<std::int64_t>(1, least->asInteger()) : 1;
    const Json* item = schema.find("items");
    for (std::int64_t i = 0; i < items; ++i) list.push(item != nullptr ? sample(*item) : Json("anything"));
    return list;
}

Json sample(const Json& schema) {
    if (const Json* value = schema.find("default"); value != nullptr && !value->isNull()) return *value;
    if (const Json* value = schema.find("const")) return *value;
    if (const Json* allowed = schema.find("enum")) return allowed->items().front();
    if (const Json* choices = schema.find("anyOf")) return sample(choices->items().front());
    const Json* type = schema.find("type");
    if (type == nullptr || !type->isString()) return Json("anything");
    const std::string& name = type->asString();
    if (name == "string") return Json(textOf(schema));
    if (name == "integer") return Json(numberOf(schema));
    if (name == "number") return Json(static_cast<double>(numberOf(schema)));
    if (name == "boolean") return Json(true);
    if (name == "array") return listOf(schema);
    if (name == "object") return objectOf(schema);
    return {};
}

}  // namespace

std::optional<Json> exampleOf(const sdk::Schema& schema) {
    Json example = sample(schema.toJsonSchema());
    if (schema.check(example, {}).ok()) return example;
    return std::nullopt;
}

}  // namespace linkup::daemon
