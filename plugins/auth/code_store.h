#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>

#include <cstdint>
#include <optional>
#include <string>

namespace linkup::auth {

/// What a code looks like to someone who has just tried one, this try included.
struct TriedCode {
    std::string hash;
    std::int64_t tries = 0;
};

/// Table auth_codes: at most one code for each address.   Errors: as sdk::Connection::execute.
namespace code_store {

/// Replaces an earlier code, and its tries.
void put(sdk::Connection& connection, const std::string& email_key, const std::string& hash,
         sdk::Time expires);
/// Counts a try and holds the row until the transaction ends, so that tries come one after the other. Nothing
/// if there is no code, or no longer.
std::optional<TriedCode> countTry(sdk::Connection& connection, const std::string& email_key, sdk::Time now);
void remove(sdk::Connection& connection, const std::string& email_key);
std::size_t removeExpired(sdk::Connection& connection, sdk::Time now);

}  // namespace code_store
}  // namespace linkup::auth
