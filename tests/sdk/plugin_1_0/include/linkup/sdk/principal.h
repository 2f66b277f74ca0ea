#pragma once

#include <cstdint>
#include <string>

namespace linkup::sdk {

/// A user's number: 1 … 2³¹−1.
using UserId = std::int64_t;

/// Who is asking, as the Authenticator found it.
struct Principal {
    UserId user = 0;
    std::string session;  ///< id of the sign-in; its revocation ends everything made with it
    std::string email;
};

}  // namespace linkup::sdk
