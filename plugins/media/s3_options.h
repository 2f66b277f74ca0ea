#pragma once

#include <linkup/sdk/config.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace linkup::media {

/// Where a store listens.
struct S3Endpoint {
    bool tls = false;
    std::string host{};
    std::uint16_t port = 0;

    /// As a Host header has it: without the port if that is the scheme's own.
    std::string authority() const;
};

/// How files of an S3 store go out: by redirect to a presigned URL of the store, or through the daemon.
enum class S3Delivery { kRedirect, kDaemon };

struct S3Options {
    std::string bucket{};          ///< media.bucket
    S3Endpoint endpoint{};         ///< for the daemon
    S3Endpoint public_endpoint{};  ///< for clients
    std::string region{};
    std::string access_key{};
    std::string secret{};
    bool path_style = true;  ///< bucket in front of the path, not of the host
    S3Delivery delivery = S3Delivery::kRedirect;
    int threads = 8;        ///< that fetch files for kDaemon
    std::string ca_file{};  ///< empty: the authorities of the system
    std::chrono::milliseconds timeout{5000};
    std::string folder{};  ///< of files on their way out
};

/// Declares and reads `s3.*`. What has to be set is asked for only if the store `is_used`.
S3Options readS3Options(sdk::Config& config, const std::string& bucket, bool is_used);

}  // namespace linkup::media
