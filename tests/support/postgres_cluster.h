#pragma once

#include <filesystem>
#include <string>

namespace linkup::test {

/// The path of a program of the newest PostgreSQL server installed. Errors: std::runtime_error when there is
/// none.
std::filesystem::path postgresProgram(const std::string& name);

/// Whom the server runs as: `postgres` if we are root, else (empty) whoever we are.
std::string postgresUser();

/// Makes `folder` a fresh cluster that belongs to `postgresUser`: trusts every local connection, UTF-8, C
/// locale.
void makeCluster(const std::filesystem::path& folder);

}  // namespace linkup::test
