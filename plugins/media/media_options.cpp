#include "media_options.h"

#include <linkup/sdk/long_computation.h>
#include <sodium.h>

#include <optional>
#include <string_view>

namespace linkup::media {

namespace {

/// For development alone, where every node and every start has to agree and nothing is secret.
constexpr std::string_view kDevelopmentKey =
    "6c696e6b75702d646576656c6f706d656e742d6d656469612d6b65792d303031";
constexpr std::string_view kDevelopmentSalt = "6c696e6b75702d646576656c6f706d656e74";
constexpr std::size_t kMinKeyBytes = 32;
constexpr std::size_t kMinSaltBytes = 8;

std::optional<std::string> fromHex(std::string_view hex) {
    std::string bytes(hex.size() / 2, '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), hex.data(), hex.size(),
                       nullptr, &size, &end) != 0 ||
        end != hex.data() + hex.size()) {
        return std::nullopt;
    }
    return bytes;
}

std::string readHex(sdk::Config& config, const char* key, const char* help, std::string_view development,
                    std::size_t min_bytes) {
    const std::string hex = config.text({key, help, true}, development);
    const auto bytes = fromHex(hex);
    if (!bytes) config.refuse(key, "must be an even number of hexadecimal digits");
    if (config.production() && hex == development)
        config.refuse(key, "must be set to a random value in production");
    if (config.production() && bytes->size() < min_bytes) {
        config.refuse(key, "must have " + std::to_string(min_bytes) + " bytes or more in production");
    }
    return *bytes;
}

void readStorage(sdk::Config& config, MediaOptions& options) {
    options.bucket =
        config.text({"bucket", "Name of the store that holds the files; of S3, the bucket."}, "linkup-media");
    if (options.bucket.empty()) config.refuse("bucket", "must not be empty");
    const std::string storage = config.choice(
        {"storage", "Where files are kept: in a folder (local) or in an S3-compatible store (s3)."}, "local",
        {"local", "s3"});
    options.storage = storage == "s3" ? StorageKind::kS3 : StorageKind::kLocal;
    options.folder = config.text(
        {"storage.folder",
         "Folder of the files, which all nodes have to share; of S3, of files on their way out. Empty: the "
         "folder media in paths.state."},
        "");
    if (options.folder.empty()) options.folder = config.stateFolder() + "/media";
    options.s3 = readS3Options(config, options.bucket, options.storage == StorageKind::kS3);
    options.s3.folder = options.folder;
}

void readProcessing(sdk::Config& config, MediaOptions& options) {
    options.image_threads =
        static_cast<int>(config.integer({"images.threads",
                                         "Threads that process uploads and do nothing else; 0: as many as "
                                         "there are cores but one, which is left to all "
                                         "other requests."},
                                        0, 0, 64));
    if (options.image_threads == 0) options.image_threads = sdk::LongComputation::cores();
    options.image_queue = static_cast<int>(
        config.integer({"images.queue", "Uploads that may wait for them; beyond, 503."}, 16, 1, 10'000));
    options.quality = static_cast<int>(
        config.integer({"images.quality", "Quality of the WebP files that are stored."}, 80, 1, 100));
    options.cascade = config.text(
        {"faces.cascade", "What OpenCV takes for a face: one of the files of Debian's opencv-data."},
        "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml");
}

}  // namespace

MediaOptions readOptions(sdk::Config& config) {
    MediaOptions options;
    options.key = readHex(config, "url.key", "Key that signs the URLs of files, in hex; 32 bytes or more.",
                          kDevelopmentKey, kMinKeyBytes);
    options.salt =
        readHex(config, "url.salt", "What is signed in front of each path, in hex; 8 bytes or more.",
                kDevelopmentSalt, kMinSaltBytes);
    options.base_url = config.text(
        {"url.base", "What stands in front of the signed path of a file; phones need https here."},
        "http://127.0.0.1:8002/media");
    while (options.base_url.ends_with('/')) options.base_url.pop_back();
    if (!options.base_url.starts_with("http://") && !options.base_url.starts_with("https://")) {
        config.refuse("url.base", "must begin with http:// or https://");
    }
    readStorage(config, options);
    readProcessing(config, options);
    return options;
}

}  // namespace linkup::media
