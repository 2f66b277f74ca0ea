#pragma once

#include <string>

#include "database.h"

namespace linkup::daemon {

/// The connection string of libpq for a PostgreSQL URL, with time limits and keep-alive where the URL sets
/// none. Errors: Error{kInvalidArgument} for a URL that libpq does not understand.
std::string postgresqlConninfo(const DatabaseSettings& settings);

}  // namespace linkup::daemon
