#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/services/chats.h>
#include <linkup/sdk/services/matches.h>
#include <linkup/sdk/services/media_urls.h>

#include <optional>

#include "chat_types.h"
#include "message_store.h"
#include "receipt_service.h"

namespace linkup::chat {

/// Opening and reading chats. Offers itself to other plugins as Chats.
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: sdk::Error with the
/// contract's sentences.
class RoomService : public sdk::Chats {
public:
    RoomService(sdk::Database& database, sdk::Clock& clock, ReceiptService& receipts);
    /// What other plugins offer; before the first request. `media_urls` may be null.
    void setNeighbours(sdk::Matches& matches, sdk::MediaUrls* media_urls);

    std::vector<sdk::ChatSummary> summaries(sdk::Connection& connection, sdk::UserId user) override;

    sdk::Json startChat(sdk::UserId user, sdk::UserId other);
    sdk::Json history(sdk::UserId user, std::int64_t chat_id);
    /// Where a page of history ends; the first that is set and known counts.
    struct Before {
        std::optional<std::int64_t> seq;
        std::optional<std::string> message_id;
        std::optional<sdk::Time> time;
    };
    /// The page strictly before; marks nothing as seen.
    sdk::Json page(sdk::UserId user, std::int64_t chat_id, const Before& before);
    /// Nobody but the phones of this user goes by it. `until` 0: not any more. Returns what is told to
    /// clients.
    sdk::Json mute(sdk::UserId user, std::int64_t chat_id, std::int64_t until);
    /// The messages above `after_seq`, a page of the whole chat for somebody to keep.
    sdk::Json exported(sdk::UserId user, std::int64_t chat_id, std::int64_t after_seq);
    /// The room if `user` is one of the two.
    std::optional<Room> roomOf(sdk::UserId user, std::int64_t chat_id);
    /// Handler of hook `user.blocked`, inside its transaction.
    void removeBetween(sdk::Connection& connection, sdk::UserId one, sdk::UserId other);

private:
    static Room participated(sdk::Connection& connection, sdk::UserId user, std::int64_t chat_id);
    /// The messages below `before`; without it the newest.
    static message_store::View viewed(sdk::Connection& connection, sdk::UserId user, std::int64_t chat_id,
                                      std::optional<std::int64_t> before);
    /// The two cursors say up to where each has seen what the other wrote.
    sdk::Json frames(const std::vector<StoredMessage>& messages, sdk::UserId user, std::int64_t seen_seq,
                     std::int64_t partner_seen_seq) const;

    sdk::Database& database_;
    sdk::Clock& clock_;
    ReceiptService& receipts_;
    sdk::Matches* matches_ = nullptr;
    sdk::MediaUrls* media_urls_ = nullptr;
};

}  // namespace linkup::chat
