#pragma once

#include <string_view>

#include "linkup/sdk/json.h"

namespace linkup::daemon {

/// Whether a field of this name may hold a secret or an address: one of its words is token, password, code,
/// email, otp, authorization or the like. Words are told apart by `_`, `-`, `.`, blank and capitals. Known
/// harmless ones
/// (`status_code`, `fencing_token`, …) are not.
bool isSecretName(std::string_view name);

/// The value as it may stand in a log: "[redacted]" if `name` is secret, else with that done to the members
/// below it.
sdk::Json redacted(std::string_view name, const sdk::Json& value);

}  // namespace linkup::daemon
