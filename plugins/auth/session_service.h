#pragma once

#include <linkup/sdk/host.h>
#include <linkup/sdk/principal.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session_cache.h"
#include "session_store.h"
#include "token_service.h"

namespace linkup::auth {

/// Who signs in, and from where; kept for /sessions.
struct ClientInfo {
    std::string address;
    std::string user_agent;
};

/// What someone gets who has signed in.
struct SignIn {
    sdk::UserId user = 0;
    std::string access_token;
    std::string refresh_token;
};

/// What /refresh gives. `refresh_token` is empty unless it was rotated.
struct Refreshed {
    std::string access_token;
    std::string refresh_token;
};

/// The life of a sign-in: opened, refreshed, listed, revoked. A revocation holds on every node at once: the
/// others hear of it over the bus and forget what they knew, and its sockets are closed.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as sdk::Database.
class SessionService {
public:
    SessionService(sdk::Host& host, const TokenService& tokens, SessionCache& cache);

    /// Begins to hear of other nodes' revocations; stop() ends it.
    void start();
    void stop() noexcept;

    SignIn open(sdk::Connection& connection, sdk::UserId user, const std::string& email,
                const ClientInfo& client);

    enum class Rotation { kKeep, kRotate };
    struct Refresh {
        std::string_view token;
        Rotation rotation = Rotation::kKeep;
        ClientInfo client{};
        /// When it was presented: a token that was spent after that has no thief.
        sdk::Time presented_at = sdk::Time::max();
    };
    /// What became of one of several: set is what it gave, or why it failed.
    struct Outcome {
        std::optional<Refreshed> refreshed{};
        std::optional<sdk::Error> error{};
    };
    /// Error{kUnauthenticated} if the token is no good. One that was spent before it was presented ends its
    /// session: someone else has a copy.
    Refreshed refresh(std::string_view refresh_token, Rotation rotation, const ClientInfo& client = {});
    /// The same of up to kMostSessions at once, in their order. One that fails takes no other along: what
    /// was rotated must reach its owner.
    std::vector<Outcome> refresh(std::span<const Refresh> several);

    std::vector<ListedSession> list(sdk::UserId user);
    /// Error{kNotFound} if it is not this user's, or over already.
    void revoke(sdk::UserId user, const std::string& session);
    std::size_t revokeAll(sdk::UserId user);
    std::size_t revokeAll(sdk::Connection& connection, sdk::UserId user);

    /// For operators: take and fill the payloads of hooks `sessions.list` and `sessions.revoke`, as the
    /// README has them.
    void listForOperator(sdk::Connection& connection, sdk::Json& payload);
    void revokeForOperator(sdk::Connection& connection, sdk::Json& payload);

    /// Forgets the sessions whose revocation stands in the database, and closes this node's sockets of them;
    /// to be called every second, never twice at once. So a node learns what nobody could announce to it:
    /// what an operator's command ended, or another node while the bus was away. What could not be read now
    /// is read the next time.
    void readRevocations();

    /// Deletes rows that nobody can use any more.
    void removeExpired();

private:
    bool revoke(sdk::Connection& connection, const std::string& session, sdk::UserId user);
    /// The claims of a token of the original server, with the session that its first use begins.
    std::optional<SessionClaims> adopt(std::string_view legacy_token, const ClientInfo& client);
    std::vector<LiveSession> findLive(std::vector<std::string> ids);
    /// The live session that a token belongs to, if it is its present one.
    LiveSession presented(const SessionClaims& claims, sdk::Time at, std::span<const LiveSession> live);
    void announce(sdk::Connection& connection, sdk::UserId user, std::vector<std::string> sessions);
    std::string rotate(const SessionClaims& claims);
    sdk::Time expiry() const;

    sdk::Host& host_;
    const TokenService& tokens_;
    SessionCache& cache_;
    std::unique_ptr<sdk::Subscription> revocations_;
    sdk::Time read_until_;  ///< revocations up to then have been read
};

}  // namespace linkup::auth
