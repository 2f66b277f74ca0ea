#pragma once

#include <linkup/sdk/json.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profile_store.h"

/// What the original server kept as text, read back. Values that make no sense are nothing.
namespace linkup::auth::legacy {

/// Nothing for null, and for the text `None`.
std::optional<std::string> text(const sdk::Json& value);
/// The text if it is one of these.
std::optional<std::string> oneOf(const sdk::Json& value, std::initializer_list<std::string_view> allowed);
std::optional<std::int64_t> integer(const sdk::Json& value, std::int64_t min, std::int64_t max);
std::optional<bool> boolean(const sdk::Json& value);
std::optional<StoredPicture> picture(const sdk::Json& value);
/// JSON, or the text of a Python list of dicts.
std::vector<StoredPicture> pictures(const sdk::Json& value);
/// The text of a Python literal as JSON.
std::string jsonFromPython(std::string_view literal);

}  // namespace linkup::auth::legacy
