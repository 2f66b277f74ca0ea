#pragma once

#include <linkup/sdk/cache.h>
#include <linkup/sdk/clock.h>

#include <chrono>
#include <string>
#include <string_view>

#include "auth_options.h"

namespace linkup::auth {

/// Counts what strangers try, shared by all nodes. Each try is counted before it is made, so that a thousand
/// tries at once get no further than a thousand in a row.
///
/// Threading: any thread but an I/O thread.   Errors: Error{kTooManyRequests} with the time to wait;
/// Error{kUnavailable} when the cache is away, so that nobody guesses unwatched.
class ThrottleService {
public:
    ThrottleService(sdk::Cache& cache, const sdk::Clock& clock, const CodeLimits& codes,
                    const LoginLimits& logins);

    /// One more code for this address, or an error.
    void admitCode(std::string_view email_key, std::string_view address);

    /// One try to log in. Unless it is told the outcome, it is as if it had never been.
    class LoginTry {
    public:
        ~LoginTry();
        LoginTry(const LoginTry&) = delete;
        LoginTry& operator=(const LoginTry&) = delete;
        void failed() noexcept { decided_ = true; }
        void succeeded();

    private:
        friend class ThrottleService;
        LoginTry(ThrottleService& owner, std::string_view email_key, std::string_view address);
        ThrottleService& owner_;
        std::string pair_;
        std::string email_;
        std::string address_;
        bool decided_ = false;
    };
    LoginTry admitLogin(std::string_view email_key, std::string_view address) {
        return {*this, email_key, address};
    }
    /// After the password was set anew: lifts the account's lock for every address.
    void forgetLogins(std::string_view email_key);

private:
    /// Zero if this is one of the first `limit` in the window, else how long the window still lasts.
    std::chrono::milliseconds count(const std::string& counter, int limit, std::chrono::milliseconds window);
    /// Where failures of this account from this address are counted: somewhere else after each reset.
    std::string pairKey(std::string_view email_key, std::string_view address);
    void forget(const std::string& counter);
    void uncount(const std::string& counter, int limit);

    sdk::Cache& cache_;
    const sdk::Clock& clock_;
    const CodeLimits codes_;
    const LoginLimits logins_;
};

}  // namespace linkup::auth
