#include "session_store.h"

namespace linkup::auth::session_store {

using sdk::toMicros;

namespace {

std::vector<std::string> firstColumn(const sdk::Rows& rows) {
    std::vector<std::string> texts;
    texts.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) texts.push_back(rows.text(row, 0));
    return texts;
}

/// $2 to $17. Of several, the last fills the places that are left: see profile_store::findLikers.
#define LINKUP_AUTH_SESSIONS "($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"

std::vector<sdk::SqlValue> withSessions(sdk::Time first, std::span<const std::string> ids) {
    std::vector<sdk::SqlValue> values{toMicros(first)};
    values.insert(values.end(), ids.begin(), ids.end());
    if (ids.size() > 1) values.resize(1 + kMostSessions, ids.back());
    return values;
}

}  // namespace

void insert(sdk::Connection& connection, const NewSession& session) {
    connection.execute(
        "INSERT INTO auth_sessions (id, user_id, refresh_jti, created_at, last_used_at, expires_at, "
        "user_agent, address) "
        "VALUES ($1, $2, $3, $4, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        {session.id, session.user, session.refresh_jti, toMicros(session.created_at),
         toMicros(session.expires_at), session.user_agent, session.address});
}

std::optional<LiveSession> findLive(sdk::Connection& connection, const std::string& id, sdk::Time now) {
    auto found = findLive(connection, std::span(&id, 1), now);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<LiveSession> findLive(sdk::Connection& connection, std::span<const std::string> ids,
                                  sdk::Time now) {
#define LINKUP_AUTH_SELECT_LIVE                                                                  \
    "SELECT s.id, s.user_id, u.email, s.refresh_jti, s.last_used_at, s.spent_jti, s.rotated_at " \
    "FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id "                                \
    "WHERE s.revoked_at IS NULL AND s.expires_at > $1 AND u.deleted_at IS NULL AND s.id "
    constexpr std::string_view kOne = LINKUP_AUTH_SELECT_LIVE "= $2";
    constexpr std::string_view kSeveral = LINKUP_AUTH_SELECT_LIVE "IN " LINKUP_AUTH_SESSIONS;
#undef LINKUP_AUTH_SELECT_LIVE
    const auto rows = connection.execute(ids.size() == 1 ? kOne : kSeveral, withSessions(now, ids));
    std::vector<LiveSession> sessions;
    sessions.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        sessions.push_back({rows.text(row, 0), rows.integer(row, 1), rows.text(row, 2), rows.text(row, 3),
                            rows.time(row, 4), rows.optionalText(row, 5), std::nullopt});
        if (!rows.isNull(row, 6)) sessions.back().rotated_at = rows.time(row, 6);
    }
    return sessions;
}

std::vector<ListedSession> listOfUser(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    const auto rows = connection.execute(
        "SELECT id, created_at, last_used_at, user_agent, address FROM auth_sessions "
        "WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id",
        {user, toMicros(now)});
    std::vector<ListedSession> sessions;
    sessions.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        sessions.push_back(
            {rows.text(row, 0), rows.time(row, 1), rows.time(row, 2), rows.text(row, 3), rows.text(row, 4)});
    }
    return sessions;
}

void touch(sdk::Connection& connection, std::span<const std::string> ids, sdk::Time now) {
    constexpr std::string_view kOne = "UPDATE auth_sessions SET last_used_at = $1 WHERE id = $2";
    constexpr std::string_view kSeveral =
        "UPDATE auth_sessions SET last_used_at = $1 WHERE id IN " LINKUP_AUTH_SESSIONS;
    connection.execute(ids.size() == 1 ? kOne : kSeveral, withSessions(now, ids));
}

bool rotate(sdk::Connection& connection, const std::string& id, const std::string& old_jti,
            const std::string& new_jti, sdk::Time now, sdk::Time expires) {
    return connection
               .execute(
                   "UPDATE auth_sessions SET spent_jti = refresh_jti, rotated_at = $2, refresh_jti = $1, "
                   "last_used_at = $2, expires_at = $3 WHERE id = $4 AND refresh_jti = $5 AND revoked_at IS "
                   "NULL",
                   {new_jti, toMicros(now), toMicros(expires), id, old_jti})
               .affected() == 1;
}

bool revoke(sdk::Connection& connection, const std::string& id, sdk::UserId user, sdk::Time now) {
    return connection
               .execute(
                   "UPDATE auth_sessions SET revoked_at = $1 WHERE id = $2 AND user_id = $3 AND revoked_at "
                   "IS NULL",
                   {toMicros(now), id, user})
               .affected() == 1;
}

std::vector<std::string> revokeAll(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    const auto rows = connection.execute(
        "UPDATE auth_sessions SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL RETURNING id",
        {toMicros(now), user});
    return firstColumn(rows);
}

void forgetClients(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("UPDATE auth_sessions SET user_agent = '', address = '' WHERE user_id = $1", {user});
}

std::vector<std::string> revokedSince(sdk::Connection& connection, sdk::Time since) {
    const auto rows =
        connection.execute("SELECT id FROM auth_sessions WHERE revoked_at >= $1", {toMicros(since)});
    return firstColumn(rows);
}

std::size_t removeExpired(sdk::Connection& connection, sdk::Time now) {
    return connection.execute("DELETE FROM auth_sessions WHERE expires_at < $1", {toMicros(now)}).affected();
}

}  // namespace linkup::auth::session_store
