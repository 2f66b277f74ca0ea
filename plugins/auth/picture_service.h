#pragma once

#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>
#include <linkup/sdk/services/media_urls.h>

#include <string_view>
#include <vector>

#include "profile_store.h"

namespace linkup::auth {

/// True if `user` may put this file into a profile: below "sw/", no way out of it, and not another user's
/// folder.
bool fileKeyAllowed(std::string_view file_key, sdk::UserId user);

/// Turns stored pictures into the contract's, with a URL of the plugin that serves files.
///
/// Lifetime: the plugin's.   Threading: use() once in Plugin::start, then any thread.
class PictureService {
public:
    /// Null: nobody serves files here, and pictures have an empty URL.
    void use(sdk::MediaUrls* urls) noexcept { urls_ = urls; }
    sdk::Json picture(const StoredPicture& stored) const;
    sdk::Json pictures(const std::vector<StoredPicture>& stored) const;
    /// Of a deleted account, or one without a picture.
    sdk::Json placeholder() const;

private:
    sdk::MediaUrls* urls_ = nullptr;
};

}  // namespace linkup::auth
