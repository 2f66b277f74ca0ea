#include "account_service.h"

#include <linkup/sdk/error.h>

#include "bcrypt.h"
#include "email_address.h"

namespace linkup::auth {

namespace {

constexpr int kLogInRounds = 3;
constexpr std::string_view kRegisteredHook = "account.registered";

[[noreturn]] void proofIsNotValid() {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                     "Verification is not valid. Please request a new code.");
}

[[noreturn]] void noSuchUser() {
    throw sdk::Error(sdk::ErrorCode::kNotFound, "User not found");
}

[[noreturn]] void addressIsTaken() {
    throw sdk::Error(sdk::ErrorCode::kConflict, "This email is already registered. Please log in.");
}

}  // namespace

AccountService::AccountService(sdk::Host& host, const TokenService& tokens, PasswordService& passwords,
                               SessionService& sessions, ThrottleService& throttle)
    : host_(host), tokens_(tokens), passwords_(passwords), sessions_(sessions), throttle_(throttle) {}

SignIn AccountService::signUp(const std::string& email_token, const std::string& password,
                              const ClientInfo& client) {
    const EmailClaims proof = readProof(email_token, "email_verification");
    NewAccount account;
    account.email = proof.email;
    account.email_key = emailKey(proof.email);
    account.created_at = host_.clock().now();
    // Asked before the costly hash; the transaction asks again, by inserting.
    if (accountOf(account.email)) addressIsTaken();
    account.password_hash = passwords_.hash(password);

    return sdk::transaction(host_.database(), [&](sdk::Connection& connection) {
        const auto user = account_store::insert(connection, account);
        if (!user) addressIsTaken();
        if (!account_store::useToken(connection, proof.jti, proof.expires)) proofIsNotValid();
        sdk::Json payload = sdk::Json::object({{"user_id", *user}});
        const auto verdict = host_.hooks().run(kRegisteredHook, connection, payload);
        if (verdict.veto) throw sdk::Error(sdk::ErrorCode::kForbidden, *verdict.veto);
        return sessions_.open(connection, *user, account.email, client);
    });
}

SignIn AccountService::logIn(const std::string& email, const std::string& password,
                             const ClientInfo& client) {
    const std::string key = emailKey(email);
    auto attempt = throttle_.admitLogin(key, client.address);
    // A password that is changed between the check and the session must not let the old one in: then it is
    // checked again. One who renews the hash at the same time changes it once.
    for (int round = 0; round < kLogInRounds; ++round) {
        const auto account = accountOf(email);
        if (!passwords_.verify(password, account ? &account->password_hash : nullptr)) break;
        if (const auto signed_in = openIfUnchanged(*account, password, client)) {
            attempt.succeeded();
            return *signed_in;
        }
    }
    attempt.failed();
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "Invalid username or password");
}

std::optional<SignIn> AccountService::openIfUnchanged(const Account& account, const std::string& password,
                                                      const ClientInfo& client) {
    std::string new_hash;
    if (passwords_.outdated(account.password_hash)) new_hash = passwords_.hash(password);
    return sdk::transaction(host_.database(), [&](sdk::Connection& connection) -> std::optional<SignIn> {
        const bool unchanged =
            new_hash.empty()
                ? account_store::holdPasswordHash(connection, account.id, account.password_hash)
                : account_store::replacePasswordHash(connection, account.id, account.password_hash, new_hash);
        if (!unchanged) return std::nullopt;
        return sessions_.open(connection, account.id, account.email, client);
    });
}

void AccountService::resetPassword(const std::string& email_token, const std::string& password) {
    const EmailClaims proof = readProof(email_token, "forgot_password");
    if (!accountOf(proof.email)) noSuchUser();
    const std::string hash = passwords_.hash(password);
    host_.database().transaction([&](sdk::Connection& connection) {
        const auto account = account_store::findByEmail(connection, proof.email);
        if (!account) noSuchUser();
        if (!account_store::useToken(connection, proof.jti, proof.expires)) proofIsNotValid();
        // First the row, which log-ins hold while they open a session, then the sessions: none slips through.
        account_store::setPasswordHash(connection, account->id, hash);
        sessions_.revokeAll(connection, account->id);
    });
    try {
        throttle_.forgetLogins(emailKey(proof.email));
    } catch (const sdk::Error& error) {
        host_.log().warning("a log-in lock could not be lifted after a reset", {{"reason", error.what()}});
    }
}

std::optional<Account> AccountService::accountOf(const std::string& email) {
    return sdk::read(host_.database(), [&](sdk::Connection& connection) {
        return account_store::findByEmail(connection, email);
    });
}

void AccountService::learnOldHashes() {
    const auto hash = sdk::read(host_.database(), [](sdk::Connection& connection) {
        return account_store::anyBcryptHash(connection);
    });
    passwords_.expectBcrypt(hash ? bcrypt::costOf(*hash).value_or(0) : 0);
}

void AccountService::removeExpiredTokens() {
    host_.database().transaction([&](sdk::Connection& connection) {
        account_store::removeExpiredTokens(connection, host_.clock().now());
    });
}

EmailClaims AccountService::readProof(const std::string& email_token, std::string_view purpose) const {
    EmailClaims claims;
    switch (tokens_.readEmail(email_token, claims)) {
        case TokenService::EmailFault::kNone:
            break;
        case TokenService::EmailFault::kInvalid:
            proofIsNotValid();
        case TokenService::EmailFault::kExpired:
            throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                             "Verification expired. Please request a new code.");
    }
    if (claims.purpose != purpose) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "Invalid token purpose. Expected " + std::string(purpose));
    }
    return claims;
}

}  // namespace linkup::auth
