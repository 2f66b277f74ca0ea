#include "code_store.h"

namespace linkup::auth::code_store {

void put(sdk::Connection& connection, const std::string& email_key, const std::string& hash,
         sdk::Time expires) {
    connection.execute(
        "INSERT INTO auth_codes (email_key, code_hash, tries, expires_at) VALUES ($1, $2, 0, $3) "
        "ON CONFLICT (email_key) DO UPDATE SET code_hash = excluded.code_hash, tries = 0, "
        "expires_at = excluded.expires_at",
        {email_key, hash, sdk::toMicros(expires)});
}

std::optional<TriedCode> countTry(sdk::Connection& connection, const std::string& email_key, sdk::Time now) {
    const auto rows = connection.execute(
        "UPDATE auth_codes SET tries = tries + 1 WHERE email_key = $1 AND expires_at > $2 RETURNING "
        "code_hash, tries",
        {email_key, sdk::toMicros(now)});
    if (rows.empty()) return std::nullopt;
    return TriedCode{rows.text(0, 0), rows.integer(0, 1)};
}

void remove(sdk::Connection& connection, const std::string& email_key) {
    connection.execute("DELETE FROM auth_codes WHERE email_key = $1", {email_key});
}

std::size_t removeExpired(sdk::Connection& connection, sdk::Time now) {
    return connection.execute("DELETE FROM auth_codes WHERE expires_at < $1", {sdk::toMicros(now)})
        .affected();
}

}  // namespace linkup::auth::code_store
