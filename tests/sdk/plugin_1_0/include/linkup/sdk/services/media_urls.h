#pragma once

#include <string>
#include <string_view>

#include "linkup/sdk/json.h"

namespace linkup::sdk {

/// Makes what a phone can load out of a stored file key.
///
/// Implemented by: plugin media.   Lifetime: the plugin's.   Threading: any thread; only computes.   Since:
/// ABI 1.0.
class MediaUrls {
public:
    static constexpr std::string_view kServiceName = "linkup.media_urls/1";
    virtual ~MediaUrls() = default;
    /// Signed, valid for at least two hours, the same for an hour.
    virtual std::string url(std::string_view file_key) = 0;
    /// The contract's Picture; a missing or malformed blurhash becomes the grey one.
    virtual Json picture(std::string_view file_key, std::string_view blurhash) = 0;
    /// The Picture of a deleted account.
    virtual Json placeholder() = 0;
};

}  // namespace linkup::sdk
