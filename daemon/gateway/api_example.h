#pragma once

#include <optional>

#include "linkup/sdk/schema.h"

namespace linkup::daemon {

/// A value that fits the schema, for its description; nothing where none is found, as for a pattern or a rule
/// that no usual value fits.
std::optional<sdk::Json> exampleOf(const sdk::Schema& schema);

}  // namespace linkup::daemon
