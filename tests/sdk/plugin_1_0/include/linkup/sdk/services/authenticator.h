#pragma once

#include <optional>
#include <string_view>

#include "linkup/sdk/principal.h"

namespace linkup::sdk {

/// Tells who a bearer token belongs to. The gateway asks it before every protected route and socket.
///
/// Implemented by: plugin auth.   Lifetime: the plugin's.   Threading: any thread.   Since: ABI 1.0.
class Authenticator {
public:
    static constexpr std::string_view kServiceName = "linkup.authenticator/1";
    enum class Outcome { kAccepted, kRefused, kUnknown };
    struct Answer {
        Outcome outcome = Outcome::kRefused;
        Principal principal;  ///< when accepted
    };
    virtual ~Authenticator() = default;
    /// From memory alone, never blocks, for I/O threads; kUnknown: ask verify.
    virtual Answer verifyFast(std::string_view token) = 0;
    /// May ask the database; never kUnknown.   Errors: Error{kUnavailable}.
    virtual Answer verify(std::string_view token) = 0;
};

}  // namespace linkup::sdk
