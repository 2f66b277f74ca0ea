#pragma once

#include <linkup/sdk/clock.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linkup::media {

/// A request to a store as its signature covers it. Nothing is percent-encoded.
struct AwsRequest {
    std::string method;
    std::string path;  ///< from the slash on
    std::vector<std::pair<std::string, std::string>> query{};
    std::vector<std::pair<std::string, std::string>>
        headers{};  ///< names in lower case; `host` is among them
};

/// Signs requests to S3 with "AWS Signature Version 4".
///
/// Threading: any thread. Source: Amazon S3 API reference, "Authenticating Requests".
class AwsSignature {
public:
    AwsSignature(std::string access_key, std::string secret, std::string region);

    /// The headers to send beside those that the request has. `content_sha256` is in hex.
    std::vector<std::pair<std::string, std::string>> headers(const AwsRequest& request,
                                                             std::string_view content_sha256,
                                                             sdk::Time now) const;
    /// Path and query of a URL that whoever has it may use for this method, from `signed_at` on for
    /// `lifetime`: a week at most.
    std::string presigned(const AwsRequest& request, sdk::Time signed_at,
                          std::chrono::seconds lifetime) const;

private:
    std::string scope(std::string_view day) const;
    std::string sign(std::string_view canonical_request, std::string_view time) const;

    const std::string access_key_;
    const std::string secret_;
    const std::string region_;
};

/// All but letters, digits and `-._~` percent-encoded, in UTF-8; slashes too unless it is a path.
std::string awsEncodedPath(std::string_view path);
std::string awsEncodedValue(std::string_view value);

}  // namespace linkup::media
