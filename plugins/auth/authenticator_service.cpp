#include "authenticator_service.h"

#include <algorithm>
#include <utility>

#include "account_store.h"
#include "session_store.h"

namespace linkup::auth {

namespace {

constexpr std::chrono::milliseconds kTrustWithoutBus{1000};

sdk::Authenticator::Answer answer(SessionCache::State state, SessionClaims&& claims) {
    using Outcome = sdk::Authenticator::Outcome;
    switch (state) {
        case SessionCache::State::kLive:
            return {Outcome::kAccepted, std::move(claims.principal)};
        case SessionCache::State::kDead:
            return {Outcome::kRefused, {}};
        case SessionCache::State::kUnknown:
            break;
    }
    return {Outcome::kUnknown, {}};
}

}  // namespace

AuthenticatorService::AuthenticatorService(const TokenService& tokens, SessionCache& cache,
                                           sdk::Database& database, const sdk::Bus& bus,
                                           const sdk::Clock& clock, std::chrono::milliseconds trust)
    : tokens_(tokens), cache_(cache), database_(database), bus_(bus), clock_(clock), trust_(trust) {}

sdk::Authenticator::Answer AuthenticatorService::verifyFast(std::string_view token) {
    auto claims = tokens_.readAccess(token);
    if (!claims) claims = tokens_.readLegacy(token);
    if (!claims) return {Outcome::kRefused, {}};
    const auto state = fromCache(*claims);
    return answer(state, std::move(*claims));
}

sdk::Authenticator::Answer AuthenticatorService::verify(std::string_view token) {
    auto claims = tokens_.readAccess(token);
    if (!claims) claims = tokens_.readLegacy(token);
    if (!claims) return {Outcome::kRefused, {}};
    auto state = fromCache(*claims);
    if (state == SessionCache::State::kUnknown) state = fromDatabase(*claims);
    return answer(state, std::move(*claims));
}

SessionCache::State AuthenticatorService::fromCache(const SessionClaims& claims) const {
    return cache_.find(claims.principal.session,
                       bus_.connected() ? trust_ : std::min(trust_, kTrustWithoutBus));
}

SessionCache::State AuthenticatorService::fromDatabase(const SessionClaims& claims) {
    const std::uint64_t generation = cache_.generation();
    const auto& [user, id, email] = claims.principal;
    const bool live = sdk::read(database_, [&](sdk::Connection& connection) {
        if (legacyUser(id)) return account_store::takesLegacyTokens(connection, user);
        const auto session = session_store::findLive(connection, id, clock_.now());
        return session && session->user == user;
    });
    const auto state = live ? SessionCache::State::kLive : SessionCache::State::kDead;
    cache_.put(claims.principal.session, state, generation);
    return state;
}

}  // namespace linkup::auth
