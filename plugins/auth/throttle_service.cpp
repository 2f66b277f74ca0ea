#include "throttle_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <cstdlib>

#include "random.h"

namespace linkup::auth {

namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

[[noreturn]] void refuse(const char* sentence, milliseconds wait) {
    throw sdk::Error(sdk::ErrorCode::kTooManyRequests, sentence).withRetryAfter(wait);
}

std::string key(std::string_view kind, std::string_view who) {
    return std::string(kind) + ":" + std::string(who);
}

constexpr const char* kTooManyCodes = "Too many codes requested. Please try again later.";
constexpr const char* kTooManyLogins = "Too many login attempts. Please try again later.";

}  // namespace

ThrottleService::ThrottleService(sdk::Cache& cache, const sdk::Clock& clock, const CodeLimits& codes,
                                 const LoginLimits& logins)
    : cache_(cache), clock_(clock), codes_(codes), logins_(logins) {}

void ThrottleService::admitCode(std::string_view email_key, std::string_view address) {
    if (const std::chrono::seconds pause = codes_.resend_after; pause > 0s) {
        const auto wait = count(key("code.pause", email_key), 1, pause);
        if (wait > 0ms) refuse(kTooManyCodes, wait);
    }
    const auto email_wait = count(key("code.email", email_key), codes_.per_email_hour, 1h);
    if (email_wait > 0ms) refuse(kTooManyCodes, email_wait);
    const auto address_wait = count(key("code.address", address), codes_.per_address_hour, 1h);
    if (address_wait > 0ms) refuse(kTooManyCodes, address_wait);
}

void ThrottleService::forgetLogins(std::string_view email_key) {
    // What was counted before is over when this is.
    cache_.set(key("login.reset", email_key), randomHex(8), logins_.window);
    forget(key("login.email", email_key));
}

std::string ThrottleService::pairKey(std::string_view email_key, std::string_view address) {
    std::string pair = key("login.pair", std::string(email_key) + " " + std::string(address));
    const auto reset = cache_.get(key("login.reset", email_key));
    if (reset) pair += " " + *reset;
    return pair;
}

void ThrottleService::forget(const std::string& counter) {
    cache_.remove(counter);
    cache_.remove(counter + ".until");
}

milliseconds ThrottleService::count(const std::string& counter, int limit, milliseconds window) {
    if (limit == 0) return 0ms;
    const std::int64_t tries = cache_.add(counter, 1, window);
    const std::string end_key = counter + ".until";
    if (tries == 1) {
        cache_.setIfAbsent(end_key, std::to_string(sdk::toMicros(clock_.now() + window)), window);
    }
    if (tries <= limit) return 0ms;
    const auto end = cache_.get(end_key);
    if (!end) return 1s;  // the window closes at this very moment
    const auto left = sdk::fromMicros(std::strtoll(end->c_str(), nullptr, 10)) - clock_.now();
    return std::clamp(std::chrono::ceil<milliseconds>(left), milliseconds(1), window);
}

void ThrottleService::uncount(const std::string& counter, int limit) {
    if (limit != 0) cache_.add(counter, -1, logins_.window);
}

ThrottleService::LoginTry::LoginTry(ThrottleService& owner, std::string_view email_key,
                                    std::string_view address)
    : owner_(owner),
      pair_(owner.pairKey(email_key, address)),
      email_(key("login.email", email_key)),
      address_(key("login.address", address)) {
    const LoginLimits& limits = owner.logins_;
    const auto pair_wait = owner.count(pair_, limits.per_email_and_address, limits.window);
    if (pair_wait > 0ms) refuse(kTooManyLogins, pair_wait);
    const auto address_wait = owner.count(address_, limits.per_address, limits.window);
    if (address_wait > 0ms) {
        owner.uncount(pair_, limits.per_email_and_address);
        refuse(kTooManyLogins, address_wait);
    }
    const auto email_wait = owner.count(email_, limits.per_email, limits.window);
    if (email_wait > 0ms) {
        owner.uncount(pair_, limits.per_email_and_address);
        owner.uncount(address_, limits.per_address);
        refuse(kTooManyLogins, email_wait);
    }
}

ThrottleService::LoginTry::~LoginTry() {
    if (decided_) return;
    try {
        owner_.uncount(pair_, owner_.logins_.per_email_and_address);
        owner_.uncount(address_, owner_.logins_.per_address);
        owner_.uncount(email_, owner_.logins_.per_email);
    } catch (const std::exception&) {
        // The cache is away: the try stays counted until the window ends.
    }
}

void ThrottleService::LoginTry::succeeded() {
    decided_ = true;
    owner_.forget(pair_);
    owner_.uncount(address_, owner_.logins_.per_address);
    owner_.uncount(email_, owner_.logins_.per_email);
}

}  // namespace linkup::auth
