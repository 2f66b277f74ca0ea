#pragma once

#include <linkup/sdk/json.h>
#include <linkup/sdk/services/media_urls.h>

#include <optional>
#include <string>

#include "chat_types.h"

namespace linkup::chat {

/// The contract's Message, for live frames and history alike. One that was changed has `revision` as well,
/// and `edited_at`, `unsent_at`, `reactions` if there are any. `media_urls` may be null: then pictures have
/// an empty URL.
sdk::Json messageFrame(const StoredMessage& message, bool is_seen, sdk::MediaUrls* media_urls);

/// What its sender gets for a message that is stored.
std::string ackFrame(const StoredMessage& message);

/// The event that tells how a message looks now.
sdk::Json changedFrame(const StoredMessage& message, bool is_seen, sdk::MediaUrls* media_urls);

/// Until when a chat is muted, as told to clients: null for 0.
sdk::Json mutedUntil(std::int64_t micros);

/// What of a client's `media` object is stored, as JSON text; none if the file is not one that `sender`
/// uploaded.
std::optional<std::string> storedMedia(const sdk::Json& media, sdk::UserId sender);

}  // namespace linkup::chat
