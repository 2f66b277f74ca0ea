#include "code_service.h"

#include <linkup/sdk/error.h>

#include <utility>

#include "code_store.h"
#include "email_address.h"
#include "random.h"

namespace linkup::auth {

namespace {

[[noreturn]] void failed(const char* why) {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument, std::string("OTP verification failed: ") + why);
}

}  // namespace

CodeService::CodeService(sdk::Host& host, const Keyring& keyring, const TokenService& tokens,
                         ThrottleService& throttle, const CodeLimits& limits, CodeMailTemplate mail)
    : host_(host),
      keyring_(keyring),
      tokens_(tokens),
      throttle_(throttle),
      limits_(limits),
      mail_(std::move(mail)) {}

void CodeService::send(const std::string& email, const std::string& address) {
    const std::string key = emailKey(email);
    auto attempt = throttle_.admitCode(key, address);
    const std::string code = randomCode();
    const std::chrono::seconds ttl = limits_.ttl;
    try {
        host_.database().transaction([&](sdk::Connection& connection) {
            code_store::put(connection, key, keyring_.hashCode(key, code), host_.clock().now() + ttl);
            host_.mailer().enqueue(connection, codeMail(mail_, trimmed(email), code, ttl));
        });
        attempt.keep();
    } catch (const sdk::Error& error) {
        host_.log().error("a code could not be stored or its mail queued",
                          {{"reason", std::string(error.what())}});
        throw sdk::Error(sdk::ErrorCode::kUnavailable, "Could not send the e-mail. Please try again.")
            .withRetryAfter(error.retryAfter());
    }
}

std::string CodeService::exchange(const std::string& email, std::int64_t code, std::string_view purpose) {
    const std::string key = emailKey(email);
    // A wrong try has to be counted, so its transaction commits: the outcome is a value, not an exception.
    const Outcome outcome = sdk::transaction(host_.database(), [&](sdk::Connection& connection) {
        return consume(connection, key, std::to_string(code));
    });
    switch (outcome) {
        case Outcome::kRight:
            break;
        case Outcome::kWrong:
            failed("Invalid OTP");
        case Outcome::kGone:
            failed("OTP expired or not found");
        case Outcome::kVoid:
            failed("Too many attempts. Request a new code.");
    }
    return tokens_.emailToken(purpose, trimmed(email));
}

void CodeService::removeExpired() {
    host_.database().transaction(
        [&](sdk::Connection& c) { code_store::removeExpired(c, host_.clock().now()); });
}

CodeService::Outcome CodeService::consume(sdk::Connection& connection, const std::string& email_key,
                                          const std::string& code) {
    const auto tried = code_store::countTry(connection, email_key, host_.clock().now());
    if (!tried) return Outcome::kGone;
    const bool right = keyring_.isHashOf(tried->hash, email_key, code);
    const bool last = tried->tries >= limits_.tries;
    if (right || last) code_store::remove(connection, email_key);
    if (right) return Outcome::kRight;
    return last ? Outcome::kVoid : Outcome::kWrong;
}

}  // namespace linkup::auth
