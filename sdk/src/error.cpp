#include "linkup/sdk/error.h"

#include <utility>

namespace linkup::sdk {

Error::Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
Error::Error(ErrorCode code, const std::string& message, Json detail)
    : std::runtime_error(message), code_(code), detail_(std::move(detail)) {}
Error::~Error() = default;

Error& Error::withRetryAfter(std::chrono::milliseconds after) noexcept {
    retry_after_ = after;
    return *this;
}

// A violation that a service did not turn into an answer of its domain is a fault of ours; a lost race and a
// database that is away will pass.
int httpStatus(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kInvalidArgument:
            return 400;
        case ErrorCode::kUnauthenticated:
            return 401;
        case ErrorCode::kForbidden:
            return 403;
        case ErrorCode::kNotFound:
            return 404;
        case ErrorCode::kConflict:
            return 409;
        case ErrorCode::kTooLarge:
            return 413;
        case ErrorCode::kUnprocessable:
            return 422;
        case ErrorCode::kTooManyRequests:
            return 429;
        case ErrorCode::kUnavailable:
        case ErrorCode::kSerialization:
        case ErrorCode::kInDoubt:
            return 503;
        case ErrorCode::kInternal:
        case ErrorCode::kUniqueViolation:
        case ErrorCode::kForeignKeyViolation:
            return 500;
    }
    return 500;
}

std::string_view toString(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kInvalidArgument:
            return "invalid_argument";
        case ErrorCode::kUnauthenticated:
            return "unauthenticated";
        case ErrorCode::kForbidden:
            return "forbidden";
        case ErrorCode::kNotFound:
            return "not_found";
        case ErrorCode::kConflict:
            return "conflict";
        case ErrorCode::kTooLarge:
            return "too_large";
        case ErrorCode::kUnprocessable:
            return "unprocessable";
        case ErrorCode::kTooManyRequests:
            return "too_many_requests";
        case ErrorCode::kInternal:
            return "internal";
        case ErrorCode::kUnavailable:
            return "unavailable";
        case ErrorCode::kUniqueViolation:
            return "unique_violation";
        case ErrorCode::kForeignKeyViolation:
            return "foreign_key_violation";
        case ErrorCode::kSerialization:
            return "serialization";
        case ErrorCode::kInDoubt:
            return "in_doubt";
    }
    return "unknown";
}

}  // namespace linkup::sdk
