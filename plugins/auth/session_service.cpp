#include "session_service.h"

#include <linkup/sdk/error.h>

#include <sodium.h>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "account_store.h"
#include "json_values.h"
#include "random.h"

namespace linkup::auth {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kRevokedTopic = "session.revoked";
constexpr std::string_view kRevokedHook = "session.revoked";
/// What is read once more: clocks differ, and a transaction commits after the time that it writes.
constexpr auto kReadAgain = 30s;
/// How exact "last used" is: writing it at each refresh would cost a commit.
constexpr auto kTouchEvery = 1min;

[[noreturn]] void refuseRefresh() {
    throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid refresh token");
}

/// The same for the same token, and nothing that anybody could guess.
std::string idFrom(std::string_view token) {
    std::array<unsigned char, 16> hash;
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()),
                       token.size(), nullptr, 0);
    return toHex(hash);
}

}  // namespace

SessionService::SessionService(sdk::Host& host, const TokenService& tokens, SessionCache& cache)
    : host_(host), tokens_(tokens), cache_(cache) {}

void SessionService::start() {
    read_until_ = host_.clock().now();
    revocations_ = host_.bus().subscribe(
        kRevokedTopic, [this](std::string_view session) { cache_.forget(session); },
        [this] { cache_.clear(); });
}

void SessionService::stop() noexcept {
    revocations_.reset();
}

SignIn SessionService::open(sdk::Connection& connection, sdk::UserId user, const std::string& email,
                            const ClientInfo& client) {
    const sdk::Principal principal{user, randomUuid(), email};
    IssuedToken refresh = tokens_.refreshToken(principal);
    NewSession session;
    session.id = principal.session;
    session.user = user;
    session.refresh_jti = std::move(refresh.jti);
    session.created_at = host_.clock().now();
    session.expires_at = expiry();
    session.user_agent = client.user_agent;
    session.address = client.address;
    session_store::insert(connection, session);
    return {user, tokens_.accessToken(principal), std::move(refresh.token)};
}

Refreshed SessionService::refresh(std::string_view refresh_token, Rotation rotation,
                                  const ClientInfo& client) {
    const Refresh one{refresh_token, rotation, client};
    Outcome outcome = std::move(refresh(std::span(&one, 1)).front());
    if (outcome.error) throw sdk::Error(*outcome.error);
    return std::move(*outcome.refreshed);
}

std::vector<SessionService::Outcome> SessionService::refresh(std::span<const Refresh> several) {
    std::vector<Outcome> outcomes(several.size());
    std::vector<std::optional<SessionClaims>> claims(several.size());
    const auto for_each = [&](auto&& work) {
        for (std::size_t i = 0; i < several.size(); ++i) {
            if (outcomes[i].error) continue;
            try {
                work(i);
            } catch (const sdk::Error& error) {
                outcomes[i].error.emplace(error);
            }
        }
    };

    std::vector<std::string> ids;
    for_each([&](std::size_t i) {
        claims[i] = tokens_.readRefresh(several[i].token);
        if (!claims[i]) claims[i] = adopt(several[i].token, several[i].client);
        if (!claims[i]) refuseRefresh();
        ids.push_back(claims[i]->principal.session);
    });
    if (ids.empty()) return outcomes;
    const std::vector<LiveSession> live = findLive(std::move(ids));

    std::vector<std::string> used;
    for_each([&](std::size_t i) {
        const LiveSession session = presented(*claims[i], several[i].presented_at, live);
        claims[i]->principal.email = session.email;
        const bool noted = several[i].rotation == Rotation::kRotate ||
                           host_.clock().now() - session.last_used_at < kTouchEvery;
        if (!noted) used.push_back(session.id);
    });
    if (!used.empty()) {
        host_.database().transaction(
            [&](sdk::Connection& c) { session_store::touch(c, used, host_.clock().now()); });
    }

    // Last, as nothing may fail for all once a token has been rotated.
    for_each([&](std::size_t i) {
        Refreshed refreshed;
        if (several[i].rotation == Rotation::kRotate) refreshed.refresh_token = rotate(*claims[i]);
        refreshed.access_token = tokens_.accessToken(claims[i]->principal);
        outcomes[i].refreshed = std::move(refreshed);
    });
    return outcomes;
}

LiveSession SessionService::presented(const SessionClaims& claims, sdk::Time at,
                                      std::span<const LiveSession> live) {
    const auto session = std::find_if(live.begin(), live.end(), [&](const LiveSession& each) {
        return each.id == claims.principal.session;
    });
    if (session == live.end() || session->user != claims.principal.user) refuseRefresh();
    if (session->refresh_jti != claims.jti) {
        // Two at once with the same good token, of which the other was first: this one is no thief.
        if (session->spent_jti == claims.jti && session->rotated_at && at < *session->rotated_at)
            refuseRefresh();
        host_.log().warning("a spent refresh token was presented, its session ends",
                            {{"user", session->user}});
        host_.database().transaction([&](sdk::Connection& c) { revoke(c, session->id, session->user); });
        refuseRefresh();
    }
    return *session;
}

std::vector<LiveSession> SessionService::findLive(std::vector<std::string> ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return sdk::read(host_.database(), [&](sdk::Connection& c) {
        return session_store::findLive(c, ids, host_.clock().now());
    });
}

std::optional<SessionClaims> SessionService::adopt(std::string_view legacy_token, const ClientInfo& client) {
    auto claims = tokens_.readLegacy(legacy_token);
    if (!claims) return std::nullopt;
    NewSession session;
    session.id = idFrom(legacy_token);
    session.user = claims->principal.user;
    session.refresh_jti = claims->jti;
    session.created_at = host_.clock().now();
    session.expires_at = expiry();
    session.user_agent = client.user_agent;
    session.address = client.address;
    claims->principal.session = session.id;
    const bool known = sdk::read(host_.database(), [&](sdk::Connection& c) {
        return session_store::findLive(c, session.id, session.created_at).has_value();
    });
    const bool good = known || sdk::transaction(host_.database(), [&](sdk::Connection& c) {
                          if (!account_store::holdLegacyTokens(c, session.user)) return false;
                          session_store::insert(c, session);  // not if it was there and has ended
                          return true;
                      });
    return good ? claims : std::nullopt;
}

std::string SessionService::rotate(const SessionClaims& claims) {
    IssuedToken next = tokens_.refreshToken(claims.principal);
    const bool won = sdk::transaction(host_.database(), [&](sdk::Connection& c) {
        return session_store::rotate(c, claims.principal.session, claims.jti, next.jti, host_.clock().now(),
                                     expiry());
    });
    // As above: the other was first, only a moment ago.
    if (!won) refuseRefresh();
    return std::move(next.token);
}

std::vector<ListedSession> SessionService::list(sdk::UserId user) {
    return sdk::read(host_.database(), [&](sdk::Connection& c) {
        return session_store::listOfUser(c, user, host_.clock().now());
    });
}

void SessionService::revoke(sdk::UserId user, const std::string& session) {
    const bool revoked =
        sdk::transaction(host_.database(), [&](sdk::Connection& c) { return revoke(c, session, user); });
    if (!revoked) throw sdk::Error(sdk::ErrorCode::kNotFound, "Session not found");
}

std::size_t SessionService::revokeAll(sdk::UserId user) {
    return sdk::transaction(host_.database(), [&](sdk::Connection& c) { return revokeAll(c, user); });
}

std::size_t SessionService::revokeAll(sdk::Connection& connection, sdk::UserId user) {
    auto revoked = session_store::revokeAll(connection, user, host_.clock().now());
    if (account_store::endLegacyTokens(connection, user, host_.clock().now()))
        revoked.push_back(legacySession(user));
    const std::size_t count = revoked.size();
    if (count > 0) announce(connection, user, std::move(revoked));
    return count;
}

void SessionService::listForOperator(sdk::Connection& connection, sdk::Json& payload) {
    std::optional<sdk::UserId> user;
    if (payload["user_id"].isInteger()) {
        if (account_store::active(connection, payload["user_id"].asInteger()))
            user = payload["user_id"].asInteger();
    } else if (payload["email"].isString()) {
        if (const auto account = account_store::findByEmail(connection, payload["email"].asString()))
            user = account->id;
    }
    sdk::Json sessions = sdk::Json::array();
    if (user) {
        for (const ListedSession& session :
             session_store::listOfUser(connection, *user, host_.clock().now())) {
            sessions.push(sdk::Json::object({{"id", session.id},
                                             {"created_at", sdk::formatTime(session.created_at)},
                                             {"last_used_at", sdk::formatTime(session.last_used_at)},
                                             {"user_agent", session.user_agent},
                                             {"ip", session.address}}));
        }
    }
    payload.set("user_id", orNull(user));
    payload.set("sessions", std::move(sessions));
}

void SessionService::revokeForOperator(sdk::Connection& connection, sdk::Json& payload) {
    const sdk::UserId user = payload["user_id"].asInteger();
    const sdk::Json session = payload["session_id"];
    const std::size_t count = session.isString() ? (revoke(connection, session.asString(), user) ? 1 : 0)
                                                 : revokeAll(connection, user);
    payload.set("revoked", static_cast<std::int64_t>(count));
}

void SessionService::readRevocations() {
    const sdk::Time now = host_.clock().now();
    std::vector<std::string> revoked;
    try {
        revoked = sdk::read(host_.database(), [&](sdk::Connection& c) {
            auto ids = session_store::revokedSince(c, read_until_ - kReadAgain);
            for (const auto user : account_store::legacyEndedSince(c, read_until_ - kReadAgain)) {
                ids.push_back(legacySession(user));
            }
            return ids;
        });
    } catch (const std::exception&) {
        return;
    }
    read_until_ = now;
    if (revoked.empty()) return;
    for (const std::string& session : revoked) cache_.forget(session);
    const std::unordered_set<std::string_view> ended(revoked.begin(), revoked.end());
    for (const auto& socket : host_.sockets().local({})) {
        if (ended.contains(socket->principal().session)) {
            socket->close(sdk::CloseCode::kPolicy, "session ended");
        }
    }
}

void SessionService::removeExpired() {
    host_.database().transaction(
        [&](sdk::Connection& c) { session_store::removeExpired(c, host_.clock().now()); });
}

bool SessionService::revoke(sdk::Connection& connection, const std::string& session, sdk::UserId user) {
    const bool revoked = session == legacySession(user)
                             ? account_store::endLegacyTokens(connection, user, host_.clock().now())
                             : session_store::revoke(connection, session, user, host_.clock().now());
    if (!revoked) return false;
    announce(connection, user, {session});
    return true;
}

void SessionService::announce(sdk::Connection& connection, sdk::UserId user,
                              std::vector<std::string> sessions) {
    for (const std::string& session : sessions) {
        sdk::Json payload = sdk::Json::object({{"user_id", user}, {"session_id", session}});
        host_.hooks().run(kRevokedHook, connection, payload);
    }
    connection.afterCommit([this, sessions = std::move(sessions)] {
        for (const std::string& session : sessions) {
            cache_.forget(session);
            host_.sockets().closeSession(session, "session ended");
        }
        host_.bus().publishBatch(kRevokedTopic, sessions);
    });
}

sdk::Time SessionService::expiry() const {
    // The last access token of a session may outlive its refresh token, and has to be good until it ends.
    return host_.clock().now() + tokens_.lifetimes().refresh + tokens_.lifetimes().access;
}

}  // namespace linkup::auth
