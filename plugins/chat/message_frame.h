#pragma once

#include <linkup/sdk/json.h>
#include <linkup/sdk/services/media_urls.h>

#include <optional>
#include <string>

#include "chat_types.h"

namespace linkup::chat {

/// The contract's Message, for live frames and history alike. `media_urls` may be null: then pictures have an
/// empty URL.
sdk::Json messageFrame(const StoredMessage& message, bool is_seen, sdk::MediaUrls* media_urls);

/// What of a client's `media` object is stored, as JSON text; none if the file is not one that `sender`
/// uploaded.
std::optional<std::string> storedMedia(const sdk::Json& media, sdk::UserId sender);

}  // namespace linkup::chat
