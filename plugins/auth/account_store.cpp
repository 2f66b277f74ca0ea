#include "account_store.h"

#include "email_address.h"

namespace linkup::auth::account_store {

std::optional<Account> findByEmail(sdk::Connection& connection, const std::string& email) {
    // The key is in lower case, but for an imported account whose lower case was taken.
    const auto rows = connection.execute(
        "SELECT id, email, password_hash, created_at FROM auth_users WHERE email_key = $1 OR email_key = $2 "
        "ORDER BY CASE WHEN email_key = $1 THEN 0 ELSE 1 END LIMIT 1",
        {trimmed(email), emailKey(email)});
    if (rows.empty()) return std::nullopt;
    return Account{rows.integer(0, 0), rows.text(0, 1), rows.optionalText(0, 2).value_or(""),
                   rows.time(0, 3)};
}

std::optional<sdk::UserId> insert(sdk::Connection& connection, const NewAccount& account) {
    const auto rows = connection.execute(
        "INSERT INTO auth_users (email, email_key, password_hash, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (email_key) DO NOTHING RETURNING id",
        {account.email, account.email_key, account.password_hash, sdk::toMicros(account.created_at)});
    if (rows.empty()) return std::nullopt;
    return rows.integer(0, 0);
}

bool hold(sdk::Connection& connection, sdk::UserId user) {
    // SQLite's transactions come one after the other, and hold everything.
    constexpr std::string_view kSqlite = "SELECT id FROM auth_users WHERE id = $1 AND deleted_at IS NULL";
    constexpr std::string_view kPostgresql =
        "SELECT id FROM auth_users WHERE id = $1 AND deleted_at IS NULL FOR SHARE";
    const auto sql = connection.dialect() == sdk::Dialect::kSqlite ? kSqlite : kPostgresql;
    return !connection.execute(sql, {user}).empty();
}

bool holdPasswordHash(sdk::Connection& connection, sdk::UserId user, const std::string& hash) {
    constexpr std::string_view kSqlite =
        "SELECT id FROM auth_users WHERE id = $1 AND password_hash = $2 AND deleted_at IS NULL";
    constexpr std::string_view kPostgresql =
        "SELECT id FROM auth_users WHERE id = $1 AND password_hash = $2 AND deleted_at IS NULL FOR SHARE";
    const auto sql = connection.dialect() == sdk::Dialect::kSqlite ? kSqlite : kPostgresql;
    return !connection.execute(sql, {user, hash}).empty();
}

bool replacePasswordHash(sdk::Connection& connection, sdk::UserId user, const std::string& old_hash,
                         const std::string& new_hash) {
    return connection
               .execute(
                   "UPDATE auth_users SET password_hash = $1 WHERE id = $2 AND password_hash = $3 AND "
                   "deleted_at IS NULL",
                   {new_hash, user, old_hash})
               .affected() == 1;
}

std::optional<std::string> anyBcryptHash(sdk::Connection& connection) {
    const auto rows =
        connection.execute("SELECT password_hash FROM auth_users WHERE password_hash LIKE '$2%' LIMIT 1");
    if (rows.empty()) return std::nullopt;
    return rows.text(0, 0);
}

bool takesLegacyTokens(sdk::Connection& connection, sdk::UserId user) {
    return !connection
                .execute("SELECT id FROM auth_users WHERE id = $1 AND legacy_tokens AND deleted_at IS NULL",
                         {user})
                .empty();
}

bool holdLegacyTokens(sdk::Connection& connection, sdk::UserId user) {
    constexpr std::string_view kSqlite =
        "SELECT id FROM auth_users WHERE id = $1 AND legacy_tokens AND deleted_at IS NULL";
    constexpr std::string_view kPostgresql =
        "SELECT id FROM auth_users WHERE id = $1 AND legacy_tokens AND deleted_at IS NULL FOR SHARE";
    const auto sql = connection.dialect() == sdk::Dialect::kSqlite ? kSqlite : kPostgresql;
    return !connection.execute(sql, {user}).empty();
}

bool endLegacyTokens(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    return connection
               .execute(
                   "UPDATE auth_users SET legacy_tokens = FALSE, legacy_ended_at = $1 WHERE id = $2 AND "
                   "legacy_tokens",
                   {sdk::toMicros(now), user})
               .affected() == 1;
}

std::vector<sdk::UserId> legacyEndedSince(sdk::Connection& connection, sdk::Time since) {
    const auto rows =
        connection.execute("SELECT id FROM auth_users WHERE legacy_ended_at >= $1", {sdk::toMicros(since)});
    std::vector<sdk::UserId> users;
    users.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) users.push_back(rows.integer(row, 0));
    return users;
}

void setPasswordHash(sdk::Connection& connection, sdk::UserId user, const std::string& hash) {
    connection.execute("UPDATE auth_users SET password_hash = $1 WHERE id = $2", {hash, user});
}

std::optional<std::string> erase(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    const auto rows = connection.execute(
        "UPDATE auth_users SET deleted_at = $1, password_hash = NULL WHERE id = $2 AND deleted_at IS NULL "
        "RETURNING email_key",
        {sdk::toMicros(now), user});
    if (rows.empty()) return std::nullopt;
    connection.execute("UPDATE auth_users SET email = NULL, email_key = NULL WHERE id = $1", {user});
    return rows.text(0, 0);
}

bool active(sdk::Connection& connection, sdk::UserId user) {
    return !connection.execute("SELECT id FROM auth_users WHERE id = $1 AND deleted_at IS NULL", {user})
                .empty();
}

bool useToken(sdk::Connection& connection, const std::string& jti, sdk::Time expires) {
    return connection
               .execute(
                   "INSERT INTO auth_used_tokens (jti, expires_at) VALUES ($1, $2) ON CONFLICT (jti) DO "
                   "NOTHING",
                   {jti, sdk::toMicros(expires)})
               .affected() == 1;
}

std::size_t removeExpiredTokens(sdk::Connection& connection, sdk::Time now) {
    return connection.execute("DELETE FROM auth_used_tokens WHERE expires_at < $1", {sdk::toMicros(now)})
        .affected();
}

void insertKeyIfAbsent(sdk::Connection& connection, const std::string& name, const std::string& value) {
    connection.execute("INSERT INTO auth_keys (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                       {name, value});
}

std::string key(sdk::Connection& connection, const std::string& name) {
    return connection.execute("SELECT value FROM auth_keys WHERE name = $1", {name}).text(0, 0);
}

}  // namespace linkup::auth::account_store
