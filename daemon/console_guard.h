#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/log.h"

namespace linkup::daemon {

/// Lets in who has the console's token, slows down who guesses, and logs each wrong token's address.
///
/// An address that sent kMostFailures wrong tokens within kWindow, from the first of them on, is refused
/// until that window ends, even with the right one: so guessing on is no use. Lifetime: the clock outlives
/// it.   Threading: any thread.
class ConsoleGuard {
public:
    static constexpr int kMostFailures = 5;
    static constexpr std::chrono::seconds kWindow{60};
    /// More addresses are not remembered: the one whose window ends first is forgotten.
    static constexpr std::size_t kMostAddresses = 1000;
    static constexpr std::size_t kLeastTokenBytes = 32;

    /// Error{kInvalidArgument} for a token that is too short.
    ConsoleGuard(std::string token, sdk::Clock& clock, sdk::Log& log);

    /// `authorization` is the header's value. Error{kUnauthenticated} if it is no bearer token or a wrong
    /// one, Error{kTooManyRequests} with the time to wait.
    void check(std::string_view authorization, const std::string& address);

private:
    struct Failures {
        int count = 0;
        std::chrono::steady_clock::time_point until{};
    };
    void refuseIfLocked(const std::string& address);
    void noteFailure(const std::string& address);

    const std::string token_;
    sdk::Clock& clock_;
    sdk::Log& log_;
    std::mutex mutex_;
    std::map<std::string, Failures> failures_;
};

}  // namespace linkup::daemon
