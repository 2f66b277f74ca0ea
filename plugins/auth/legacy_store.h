#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <string>

namespace linkup::auth {

/// An account with the id that it had; a deleted one has neither address nor hash.
struct ImportedAccount {
    sdk::UserId id = 0;
    std::optional<std::string> email;
    std::optional<std::string> email_key;
    std::optional<std::string> password_hash;
    sdk::Time created_at{};
    std::optional<sdk::Time> deleted_at;
};

namespace legacy_store {

/// False if the id or the address is taken. Old tokens are good for the account.
bool insert(sdk::Connection& connection, const ImportedAccount& account);
/// So that the next sign-up gets an id beyond all imported ones.
void passIds(sdk::Connection& connection);

}  // namespace legacy_store
}  // namespace linkup::auth
