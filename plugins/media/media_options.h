#pragma once

#include <linkup/sdk/config.h>

#include <string>

#include "s3_options.h"

namespace linkup::media {

enum class StorageKind { kLocal, kS3 };

/// All options of the plugin, as read once by Plugin::configure.
struct MediaOptions {
    std::string key;       ///< bytes of the signing key
    std::string salt;      ///< bytes that are signed in front of each path
    std::string bucket;    ///< name of the store in a signed source
    std::string base_url;  ///< what stands in front of a signed path, without a slash at its end
    StorageKind storage = StorageKind::kLocal;
    std::string folder{};  ///< of the files
    S3Options s3{};
    int image_threads = 1;
    int image_queue = 16;
    int quality = 80;
    std::string cascade{};  ///< the file that says what a face looks like
};

/// Declares and reads every option. The production profile refuses the key and salt of development.
MediaOptions readOptions(sdk::Config& config);

}  // namespace linkup::media
