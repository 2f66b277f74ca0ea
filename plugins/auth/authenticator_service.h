#pragma once

#include <linkup/sdk/bus.h>
#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/services/authenticator.h>

#include <chrono>

#include "session_cache.h"
#include "token_service.h"

namespace linkup::auth {

/// Answers the gateway's question who a token belongs to: from the session cache where it can, else from the
/// database. While the bus is away, revocations of other nodes may be missed, so what the cache knows is then
/// good for a second.
class AuthenticatorService : public sdk::Authenticator {
public:
    AuthenticatorService(const TokenService& tokens, SessionCache& cache, sdk::Database& database,
                         const sdk::Bus& bus, const sdk::Clock& clock, std::chrono::milliseconds trust);

    Answer verifyFast(std::string_view token) override;
    Answer verify(std::string_view token) override;

private:
    SessionCache::State fromCache(const SessionClaims& claims) const;
    SessionCache::State fromDatabase(const SessionClaims& claims);

    const TokenService& tokens_;
    SessionCache& cache_;
    sdk::Database& database_;
    const sdk::Bus& bus_;
    const sdk::Clock& clock_;
    const std::chrono::milliseconds trust_;
};

}  // namespace linkup::auth
