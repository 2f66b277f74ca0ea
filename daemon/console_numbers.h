#pragma once

#include <string_view>

#include "linkup/sdk/json.h"

namespace linkup::daemon {

/// What the console draws: the samples of a text in Prometheus' format as an object, `name{label="value"}` to
/// number. Labels `method` and `route` are left out and what then is the same is added up, so that the answer
/// stays small however many routes there are.
sdk::Json consoleNumbers(std::string_view metrics);

}  // namespace linkup::daemon
