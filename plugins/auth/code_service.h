#pragma once

#include <linkup/sdk/host.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "auth_options.h"
#include "code_mail.h"
#include "keyring.h"
#include "throttle_service.h"
#include "token_service.h"

namespace linkup::auth {

/// One-time codes: sent by mail, exchanged once for the proof that an address is someone's.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as sdk::Database.
class CodeService {
public:
    CodeService(sdk::Host& host, const Keyring& keyring, const TokenService& tokens,
                ThrottleService& throttle, const CodeLimits& limits, CodeMailTemplate mail);

    /// Mails a new code, which replaces an earlier one. The same whether or not there is an account.
    /// Error{kTooManyRequests}; Error{kUnavailable} if the mail cannot even be queued.
    void send(const std::string& email, const std::string& address);
    /// The e-mail token for `purpose`; the code is used up. Error{kInvalidArgument} if it is wrong, expired
    /// or void.
    std::string exchange(const std::string& email, std::int64_t code, std::string_view purpose);

    void removeExpired();

private:
    enum class Outcome { kRight, kWrong, kGone, kVoid };
    Outcome consume(sdk::Connection& connection, const std::string& email_key, const std::string& code);

    sdk::Host& host_;
    const Keyring& keyring_;
    const TokenService& tokens_;
    ThrottleService& throttle_;
    const CodeLimits limits_;
    const CodeMailTemplate mail_;
};

}  // namespace linkup::auth
