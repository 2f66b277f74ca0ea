#pragma once

#include <chrono>
#include <string>

#include "private_postgres.h"

namespace linkup::bench {

struct PgbenchResult {
    double per_second = 0;
    std::chrono::microseconds median{0};
};

/// What PostgreSQL's own tool reaches with `script`, prepared, in the database `linkup`. In the script `:n`
/// counts up from 1 in each client.   Errors: std::runtime_error with what it printed.
PgbenchResult runPgbench(test::PrivatePostgres& postgres, const std::string& script, int clients,
                         std::chrono::seconds duration);

}  // namespace linkup::bench
