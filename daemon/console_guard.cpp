#include "console_guard.h"

#include <algorithm>

#include "daemon/gateway/bearer.h"
#include "linkup/sdk/error.h"
#include "same_secret.h"

namespace linkup::daemon {

ConsoleGuard::ConsoleGuard(std::string token, sdk::Clock& clock, sdk::Log& log)
    : token_(std::move(token)), clock_(clock), log_(log) {
    if (token_.size() < kLeastTokenBytes)
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "console.token: found " + std::to_string(token_.size()) + " bytes, allowed are " +
                             std::to_string(kLeastTokenBytes) + " or more");
}

void ConsoleGuard::check(std::string_view authorization, const std::string& address) {
    refuseIfLocked(address);
    const auto token = bearerToken(authorization);
    if (!token) throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Not authenticated");
    if (sameSecret(*token, token_)) return;
    noteFailure(address);
    throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid token");
}

void ConsoleGuard::refuseIfLocked(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto found = failures_.find(address);
    if (found == failures_.end()) return;
    const auto now = clock_.steady();
    if (found->second.until <= now) {
        failures_.erase(found);
    } else if (found->second.count >= kMostFailures) {
        sdk::Error error(sdk::ErrorCode::kTooManyRequests, "Too many wrong tokens. Please try again later.");
        error.withRetryAfter(std::chrono::ceil<std::chrono::milliseconds>(found->second.until - now));
        throw error;
    }
}

void ConsoleGuard::noteFailure(const std::string& address) {
    log_.warning("somebody tried a wrong token", {{"peer", address}});
    const std::lock_guard lock(mutex_);
    if (failures_.size() >= kMostAddresses && !failures_.contains(address)) {
        failures_.erase(std::min_element(
            failures_.begin(), failures_.end(),
            [](const auto& left, const auto& right) { return left.second.until < right.second.until; }));
    }
    const auto [entry, first] = failures_.try_emplace(address);
    if (first) entry->second.until = clock_.steady() + kWindow;
    ++entry->second.count;
}

}  // namespace linkup::daemon
