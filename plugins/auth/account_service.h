#pragma once

#include <linkup/sdk/host.h>

#include <optional>
#include <string>

#include "account_store.h"
#include "password_service.h"
#include "session_service.h"
#include "throttle_service.h"
#include "token_service.h"

namespace linkup::auth {

/// Accounts come into being and let their owners in.
///
/// Lifetime: the plugin's.   Threading: the pool "passwords": signUp, logIn and
/// resetPassword hash.   Errors: as sdk::Database.
class AccountService {
public:
    AccountService(sdk::Host& host, const TokenService& tokens, PasswordService& passwords,
                   SessionService& sessions, ThrottleService& throttle);

    /// Makes the account that `email_token` is the proof for, and signs it in. The proof is used up by
    /// success only. Error{kInvalidArgument} if the proof is no good, Error{kConflict} if the address has an
    /// account.
    SignIn signUp(const std::string& email_token, const std::string& password, const ClientInfo& client);
    /// Error{kInvalidArgument} if address and password do not belong together, Error{kTooManyRequests}.
    SignIn logIn(const std::string& email, const std::string& password, const ClientInfo& client);

    /// Sets the password of the account that `email_token` is the proof for, and ends all its sessions and
    /// its log-in lock. Errors as signUp, but Error{kNotFound} if the address has no account.
    void resetPassword(const std::string& email_token, const std::string& password);

    /// Finds out whether imported accounts with bcrypt hashes are left; at the start, and now and then.
    void learnOldHashes();
    void removeExpiredTokens();

private:
    std::optional<Account> accountOf(const std::string& email);
    /// Opens a session unless the password has been changed since `account` was read.
    std::optional<SignIn> openIfUnchanged(const Account& account, const std::string& password,
                                          const ClientInfo& client);
    EmailClaims readProof(const std::string& email_token, std::string_view purpose) const;

    sdk::Host& host_;
    const TokenService& tokens_;
    PasswordService& passwords_;
    SessionService& sessions_;
    ThrottleService& throttle_;
};

}  // namespace linkup::auth
