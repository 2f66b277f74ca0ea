#include "throttle_service.h"

#include <arpa/inet.h>
#include <linkup/sdk/error.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "random.h"

namespace linkup::auth {

namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// What an address belongs to: itself, or the network that one IPv6 subscriber has; always written alike.
std::string subscriberOf(std::string_view address) {
    constexpr std::array<unsigned char, 12> kIpv4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    std::string written(address);
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET6, written.c_str(), bytes.data()) != 1) return written;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (std::equal(kIpv4.begin(), kIpv4.end(), bytes.begin()))
        return ::inet_ntop(AF_INET, bytes.data() + kIpv4.size(), text.data(), text.size());
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
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

ThrottleService::Try ThrottleService::admitCode(std::string_view email_key, std::string_view address) {
    const std::chrono::seconds pause = codes_.resend_after;
    return {*this,
            kTooManyCodes,
            {{key("code.pause", email_key), pause > 0s ? 1 : 0, pause},
             {key("code.email", email_key), codes_.per_email_hour, 1h},
             {key("code.address", subscriberOf(address)), codes_.per_address_hour, 1h}}};
}

ThrottleService::LoginTry ThrottleService::admitLogin(std::string_view email_key, std::string_view address) {
    const std::string subscriber = subscriberOf(address);
    return {*this,
            kTooManyLogins,
            {{pairKey(email_key, subscriber), logins_.per_email_and_address, logins_.window},
             {key("login.address", subscriber), logins_.per_address, logins_.window},
             {key("login.email", email_key), logins_.per_email, logins_.window}}};
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

milliseconds ThrottleService::count(const Limit& limit) {
    if (limit.most == 0) return 0ms;
    const std::int64_t tries = cache_.add(limit.counter, 1, limit.window);
    const std::string end_key = limit.counter + ".until";
    if (tries == 1) {
        cache_.setIfAbsent(end_key, std::to_string(sdk::toMicros(clock_.now() + limit.window)), limit.window);
    }
    if (tries <= limit.most) return 0ms;
    const auto end = cache_.get(end_key);
    if (!end) return 1s;  // the window closes at this very moment
    const auto left = sdk::fromMicros(std::strtoll(end->c_str(), nullptr, 10)) - clock_.now();
    return std::clamp(std::chrono::ceil<milliseconds>(left), milliseconds(1), limit.window);
}

void ThrottleService::uncount(const Limit& limit) {
    if (limit.most == 0) return;
    // Below zero: the window in which it was counted is over, and the next owes it nothing.
    if (cache_.add(limit.counter, -1, limit.window) < 0) cache_.remove(limit.counter);
}

ThrottleService::Try::Try(ThrottleService& owner, const char* refusal, std::vector<Limit> limits)
    : owner_(owner), limits_(std::move(limits)) {
    for (std::size_t counted = 0; counted < limits_.size(); ++counted) {
        milliseconds wait{0};
        try {
            wait = owner_.count(limits_[counted]);
        } catch (...) {
            limits_.resize(counted);
            takeBack(0);
            throw;
        }
        if (wait == 0ms) continue;
        limits_.resize(counted + 1);
        takeBack(0);
        throw sdk::Error(sdk::ErrorCode::kTooManyRequests, refusal).withRetryAfter(wait);
    }
}

ThrottleService::Try::~Try() {
    if (!kept_) takeBack(0);
}

void ThrottleService::Try::takeBack(std::size_t first) noexcept {
    try {
        for (std::size_t i = first; i < limits_.size(); ++i) owner_.uncount(limits_[i]);
    } catch (const std::exception&) {
        // The cache is away: the try stays counted until the window ends.
    }
}

void ThrottleService::LoginTry::succeeded() {
    keep();
    owner_.forget(limits_.front().counter);
    takeBack(1);
}

}  // namespace linkup::auth
