#pragma once

#include <linkup/sdk/cache.h>
#include <linkup/sdk/clock.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "auth_options.h"

namespace linkup::auth {

/// Counts what strangers try, shared by all nodes. Each try is counted before it is made, so that a thousand
/// tries at once get no further than a thousand in a row; what was refused has not been tried, and counts
/// nowhere. All addresses of one IPv6 network (/64) count as one, as whoever has one of them has all.
///
/// Threading: any thread but an I/O thread.   Errors: Error{kTooManyRequests} with the time to wait;
/// Error{kUnavailable} when the cache is away, so that nobody guesses unwatched.
class ThrottleService {
public:
    ThrottleService(sdk::Cache& cache, const sdk::Clock& clock, const CodeLimits& codes,
                    const LoginLimits& logins);

    /// How often something may be tried in a time from the first.
    struct Limit {
        std::string counter;
        int most = 0;  ///< 0: as often as one likes
        std::chrono::milliseconds window;
    };

    /// Something that was tried. Unless it is kept, it is as if it had never been.
    class Try {
    public:
        /// Counts it by each limit, or by none and throws.
        Try(ThrottleService& owner, const char* refusal, std::vector<Limit> limits);
        ~Try();
        Try(const Try&) = delete;
        Try& operator=(const Try&) = delete;
        void keep() noexcept { kept_ = true; }

    protected:
        void takeBack(std::size_t first) noexcept;

        ThrottleService& owner_;
        std::vector<Limit> limits_;

    private:
        bool kept_ = false;
    };

    class LoginTry : public Try {
    public:
        void failed() noexcept { keep(); }
        void succeeded();

    private:
        friend class ThrottleService;
        using Try::Try;
    };

    /// One more code for this address, or an error. To be kept once it is on its way.
    [[nodiscard]] Try admitCode(std::string_view email_key, std::string_view address);
    /// To be told the outcome.
    [[nodiscard]] LoginTry admitLogin(std::string_view email_key, std::string_view address);
    /// After the password was set anew: lifts the account's lock for every address.
    void forgetLogins(std::string_view email_key);

private:
    /// Zero if this is not one too many, else how long the window still lasts.
    std::chrono::milliseconds count(const Limit& limit);
    /// Where failures of this account from this address are counted: somewhere else after each reset.
    std::string pairKey(std::string_view email_key, std::string_view address);
    void forget(const std::string& counter);
    void uncount(const Limit& limit);

    sdk::Cache& cache_;
    const sdk::Clock& clock_;
    const CodeLimits codes_;
    const LoginLimits logins_;
};

}  // namespace linkup::auth
