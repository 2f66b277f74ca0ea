#pragma once

#include "linkup/sdk/schema.h"

namespace linkup::sdk {

/// As much of an input as a fault shows: texts and printed structures are cut at 200 characters.
Json shownInput(const Json& input);

}  // namespace linkup::sdk
