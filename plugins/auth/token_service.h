#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth_options.h"
#include "keyring.h"

namespace linkup::auth {

/// What an access or refresh token says of its bearer.
struct SessionClaims {
    sdk::Principal principal;
    std::string jti;
};

/// What the proof of a verified e-mail address says.
struct EmailClaims {
    std::string purpose;  ///< "email_verification" or "forgot_password"
    std::string email;
    std::string jti;
    sdk::Time expires;
};

struct IssuedToken {
    std::string token;
    std::string jti;
};

/// Makes and reads the three kinds of tokens: HS256 JWTs in the contract's form, nothing else. A token of one
/// kind is never taken for another. Whether its session still lives is not asked here.
///
/// Threading: any thread, once the keyring has been loaded.
class TokenService {
public:
    enum class Legacy { kRefuse, kAccept };
    TokenService(const Keyring& keyring, const TokenLifetimes& lifetimes, const sdk::Clock& clock,
                 Legacy legacy = Legacy::kRefuse);

    std::string accessToken(const sdk::Principal& principal) const;
    IssuedToken refreshToken(const sdk::Principal& principal) const;
    std::string emailToken(std::string_view purpose, std::string_view email) const;

    /// Nothing if it cannot be used, for whatever reason.
    std::optional<SessionClaims> readAccess(std::string_view token) const;
    std::optional<SessionClaims> readRefresh(std::string_view token) const;

    /// A token of the original server, if those are accepted; its session is legacySession() of its user.
    std::optional<SessionClaims> readLegacy(std::string_view token) const;

    enum class EmailFault { kNone, kInvalid, kExpired };
    /// An expired token is told apart from a wrong one only if its signature is right.
    EmailFault readEmail(std::string_view token, EmailClaims& claims) const;

    const TokenLifetimes& lifetimes() const noexcept { return lifetimes_; }

private:
    struct Signed;
    /// Taken apart, its header understood, its signature not yet checked.
    static std::optional<Signed> split(std::string_view token);
    std::optional<sdk::Principal> principalOf(const sdk::Json& claims) const;
    std::string encode(const sdk::Json& claims) const;
    /// The claims of a token with a right header and signature, else nothing.
    std::optional<sdk::Json> decode(std::string_view token) const;
    std::optional<SessionClaims> readSession(std::string_view token, std::string_view type) const;
    IssuedToken sessionToken(const sdk::Principal& principal, std::string_view type,
                             std::chrono::seconds life) const;
    std::int64_t nowSeconds() const;

    const Keyring& keyring_;
    const TokenLifetimes lifetimes_;
    const sdk::Clock& clock_;
    const Legacy legacy_;
};

/// What stands for the session that the original's tokens do not have.
std::string legacySession(sdk::UserId user);
/// The user of such a name; nothing if it is none.
std::optional<sdk::UserId> legacyUser(std::string_view session);

}  // namespace linkup::auth
