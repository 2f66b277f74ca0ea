#pragma once

#include <string_view>
#include <variant>

#include "linkup/sdk/json.h"

namespace linkup::sdk {

/// A plain recursive reader for what simdjson refuses: it knows where the fault is, and it reads integers
/// beyond 64 bits. Accepts the same language otherwise.
std::variant<Json, JsonFault> readJsonCarefully(std::string_view text, std::size_t max_depth);

}  // namespace linkup::sdk
