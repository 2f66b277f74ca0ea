#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include "linkup/sdk/export.h"
#include "linkup/sdk/json.h"

namespace linkup::sdk {

/// Why something was refused or failed; one table (httpStatus) turns it into a status. Since: ABI 1.0.
enum class ErrorCode {
    kInvalidArgument,  ///< 400: the request makes no sense in the present state of the domain
    kUnauthenticated,  ///< 401: the token is no good; never used for a rule of the domain
    kForbidden,        ///< 403
    kNotFound,         ///< 404
    kConflict,         ///< 409
    kTooLarge,         ///< 413
    kUnprocessable,    ///< 422
    kTooManyRequests,  ///< 429
    kInternal,         ///< 500
    kUnavailable,      ///< 503: full, draining, or a dependency is away; trying again is right
    // Of the database layer; a service turns them into one of the above, the host turns what is left into 500
    // or 503.
    kUniqueViolation,  ///< a unique or primary key exists already
    kForeignKeyViolation,
    kSerialization,  ///< the transaction lost a race; Database::transaction retries it by itself
    kInDoubt,        ///< the connection was lost at the commit, and what became of it cannot be found out yet
};

/// The status that the gateway answers with for `code`.
LINKUP_SDK_API int httpStatus(ErrorCode code) noexcept;
/// The code's name in the log, such as "unavailable".
LINKUP_SDK_API std::string_view toString(ErrorCode code) noexcept;

/// The one exception of linkup. Its message is shown to strangers, so it never holds SQL, a path, an address
/// or another exception's text; those belong in the log.
///
/// Lifetime: a value.   Threading: any.   Since: ABI 1.0.
class LINKUP_SDK_API Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message);
    /// With a detail that replaces the message in the reply's "detail", such as a list of faults.
    Error(ErrorCode code, const std::string& message, Json detail);
    ~Error() override;

    ErrorCode code() const noexcept { return code_; }
    /// Null unless given.
    const Json& detail() const noexcept { return detail_; }
    /// For 429 and 503: when to try again; zero if unknown. The gateway rounds up to whole seconds.
    std::chrono::milliseconds retryAfter() const noexcept { return retry_after_; }
    Error& withRetryAfter(std::chrono::milliseconds after) noexcept;

private:
    ErrorCode code_;
    Json detail_;
    std::chrono::milliseconds retry_after_{0};
};

}  // namespace linkup::sdk
