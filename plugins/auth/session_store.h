#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace linkup::auth {

struct NewSession {
    std::string id;
    sdk::UserId user = 0;
    std::string refresh_jti;
    sdk::Time created_at;
    sdk::Time expires_at;
    std::string user_agent;
    std::string address;
};

struct LiveSession {
    std::string id;
    sdk::UserId user = 0;
    std::string email;
    std::string refresh_jti;  ///< of the one refresh token that is not spent
    sdk::Time last_used_at;
    std::optional<std::string> spent_jti;  ///< of the one before, and when it was spent
    std::optional<sdk::Time> rotated_at;
};

struct ListedSession {
    std::string id;
    sdk::Time created_at;
    sdk::Time last_used_at;
    std::string user_agent;
    std::string address;
};

/// Table auth_sessions: one row for each sign-in.   Errors: as sdk::Connection::execute.
namespace session_store {

/// Unless there is one with this id.
void insert(sdk::Connection& connection, const NewSession& session);
/// Nothing if it was revoked, has expired, or its account is deleted.
std::optional<LiveSession> findLive(sdk::Connection& connection, const std::string& id, sdk::Time now);
/// How many sessions a call takes at the most.
inline constexpr int kMostSessions = 16;
/// As above, of several, in no order and in one statement.
std::vector<LiveSession> findLive(sdk::Connection& connection, std::span<const std::string> ids,
                                  sdk::Time now);
std::vector<ListedSession> listOfUser(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
/// Notes that these sessions were used; up to kMostSessions.
void touch(sdk::Connection& connection, std::span<const std::string> ids, sdk::Time now);
/// Puts a new refresh token in the place of the old one; false if that is no longer the present one.
bool rotate(sdk::Connection& connection, const std::string& id, const std::string& old_jti,
            const std::string& new_jti, sdk::Time now, sdk::Time expires);
/// False if it is not this user's, or revoked already.
bool revoke(sdk::Connection& connection, const std::string& id, sdk::UserId user, sdk::Time now);
/// The ids of those that were revoked by this.
std::vector<std::string> revokeAll(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
/// Takes away where the user signed in from, and with what.
void forgetClients(sdk::Connection& connection, sdk::UserId user);
std::vector<std::string> revokedSince(sdk::Connection& connection, sdk::Time since);
std::size_t removeExpired(sdk::Connection& connection, sdk::Time now);

}  // namespace session_store
}  // namespace linkup::auth
