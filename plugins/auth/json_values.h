#pragma once

#include <linkup/sdk/json.h>

#include <cstdint>
#include <optional>
#include <string>

namespace linkup::auth {

template <class T>
sdk::Json orNull(const std::optional<T>& value) {
    return value ? sdk::Json(*value) : sdk::Json();
}

inline std::optional<std::string> optionalString(const sdk::Json& value) {
    return value.isNull() ? std::nullopt : std::optional(value.asString());
}

inline std::optional<std::int64_t> optionalInteger(const sdk::Json& value) {
    return value.isNull() ? std::nullopt : std::optional(value.asInteger());
}

inline std::optional<bool> optionalBool(const sdk::Json& value) {
    return value.isNull() ? std::nullopt : std::optional(value.asBool());
}

}  // namespace linkup::auth
