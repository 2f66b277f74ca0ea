#pragma once

#include <cstdint>
#include <string>

namespace linkup::sdk {

/// A user's number: 1 … 2³¹−1.
using UserId = std::int64_t;

/// Who is asking, as the Authenticator found it.
/// Held by: both sides; plugin auth makes it.   Since: ABI 1.0.
struct Principal {
    UserId user = 0;      ///< whose token it is
    std::string session;  ///< id of the sign-in; its revocation ends everything made with it
    std::string email;    ///< of the account
};

}  // namespace linkup::sdk
