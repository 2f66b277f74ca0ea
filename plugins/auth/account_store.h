#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linkup::auth {

struct Account {
    sdk::UserId id = 0;
    std::string email;  ///< as typed at sign-up
    std::string password_hash;
    sdk::Time created_at;
};

struct NewAccount {
    std::string email;
    std::string email_key;
    std::string password_hash;
    sdk::Time created_at;
};

/// Table auth_users, and the two small ones around it.   Errors: as sdk::Connection::execute.
namespace account_store {

/// In any letter case; where imported accounts differ by case only, the exact spelling wins.
std::optional<Account> findByEmail(sdk::Connection& connection, const std::string& email);
/// The new account's id; nothing if the address is taken, also by a transaction that commits first.
std::optional<sdk::UserId> insert(sdk::Connection& connection, const NewAccount& account);
/// False if the account is deleted, else it stays until the transaction ends.
bool hold(sdk::Connection& connection, sdk::UserId user);
/// False if the hash is another by now, else it stays as it is until the transaction ends.
bool holdPasswordHash(sdk::Connection& connection, sdk::UserId user, const std::string& hash);
/// False, and nothing done, if the hash is not `old_hash` any more.
bool replacePasswordHash(sdk::Connection& connection, sdk::UserId user, const std::string& old_hash,
                         const std::string& new_hash);
/// Of an imported account that has not logged in yet.
std::optional<std::string> anyBcryptHash(sdk::Connection& connection);
/// Whether tokens of the original server are good for the account; and that they are no longer.
bool takesLegacyTokens(sdk::Connection& connection, sdk::UserId user);
/// As takesLegacyTokens, and it stays so until the transaction ends.
bool holdLegacyTokens(sdk::Connection& connection, sdk::UserId user);
bool endLegacyTokens(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
/// Accounts whose tokens of the original server ended then or later.
std::vector<sdk::UserId> legacyEndedSince(sdk::Connection& connection, sdk::Time since);
void setPasswordHash(sdk::Connection& connection, sdk::UserId user, const std::string& hash);
/// Frees the address and takes the credentials away, and holds the row until the transaction ends. The
/// address's key; nothing if the account is deleted already.
std::optional<std::string> erase(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
bool active(sdk::Connection& connection, sdk::UserId user);

/// False if the token was used before, also by a transaction that commits first.
bool useToken(sdk::Connection& connection, const std::string& jti, sdk::Time expires);
std::size_t removeExpiredTokens(sdk::Connection& connection, sdk::Time now);

void insertKeyIfAbsent(sdk::Connection& connection, const std::string& name, const std::string& value);
std::string key(sdk::Connection& connection, const std::string& name);

}  // namespace account_store
}  // namespace linkup::auth
