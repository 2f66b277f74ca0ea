#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/services/media_urls.h>
#include <sodium.h>

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "blurhash.h"
#include "media_options.h"

namespace linkup::media {

/// The file key of what is shown of a deleted account.
inline constexpr std::string_view kDeletedKey = "sw/static/deleted.webp";

/// What a signed URL leads to.
struct SignedFile {
    std::string file_key;
    sdk::Time expires;
};

/// Signs the URLs of files in imgproxy's form, so that either this server or an imgproxy in front of it can
/// serve them. A URL is the same for an hour, so what was signed in it is kept, up to some thousands of
/// files.
///
/// Threading: any.
class UrlService : public sdk::MediaUrls {
public:
    UrlService(const MediaOptions& options, const sdk::Clock& clock);

    std::string url(std::string_view file_key) override;
    sdk::Json picture(std::string_view file_key, std::string_view blurhash) override;
    sdk::Json placeholder() override;

    /// The signature of a path that begins with a slash, as imgproxy has it.
    std::string sign(std::string_view path) const;
    /// What these parts of a URL lead to, expired or not; nothing if the signature is not ours.
    std::optional<SignedFile> verify(std::string_view signature, std::string_view expiry,
                                     std::string_view source) const;
    /// The file that a whole URL leads to, expired or not; nothing if it is not one of ours.
    std::optional<std::string> keyOf(std::string_view url) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    /// The URLs of some files, all of one hour.
    struct Shard {
        std::mutex mutex;
        sdk::Time expires;
        std::unordered_map<std::string, std::string, Hash, std::equal_to<>> urls;
    };
    static constexpr std::size_t kShards = 16;
    static constexpr std::size_t kUrlsInAShard = 2048;

    std::string signedUrl(std::string_view file_key, sdk::Time expires) const;

    const std::string base_url_;
    const std::string source_prefix_;  ///< "s3://bucket/"
    const sdk::Clock& clock_;
    crypto_auth_hmacsha256_state signing_{};  ///< after key and salt went in
    std::array<Shard, kShards> shards_;
};

}  // namespace linkup::media
