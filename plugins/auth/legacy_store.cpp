#include "legacy_store.h"

namespace linkup::auth::legacy_store {

bool insert(sdk::Connection& connection, const ImportedAccount& account) {
    const auto deleted =
        account.deleted_at ? std::optional(sdk::toMicros(*account.deleted_at)) : std::nullopt;
    return connection
               .execute(
                   "INSERT INTO auth_users (id, email, email_key, password_hash, created_at, deleted_at, "
                   "legacy_tokens) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                   {account.id, sdk::nullable(account.email), sdk::nullable(account.email_key),
                    sdk::nullable(account.password_hash), sdk::toMicros(account.created_at),
                    sdk::nullable(deleted), !account.deleted_at})
               .affected() == 1;
}

void passIds(sdk::Connection& connection) {
    // SQLite does it by itself.
    if (connection.dialect() == sdk::Dialect::kSqlite) return;
    connection.execute(
        "SELECT setval(pg_get_serial_sequence('auth_users', 'id'), (SELECT MAX(id) FROM auth_users)) "
        "WHERE EXISTS (SELECT 1 FROM auth_users)");
}

}  // namespace linkup::auth::legacy_store
