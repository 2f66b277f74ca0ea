#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/error.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/services/chats.h>
#include <linkup/sdk/services/matches.h>
#include <linkup/sdk/services/media_urls.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chat_types.h"
#include "message_store.h"
#include "page_cache.h"
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
    struct PageWanted {
        sdk::UserId user = 0;
        std::int64_t chat_id = 0;
        Before before;
    };
    /// Either of the two.
    struct PageAnswer {
        std::string body{};  ///< JSON
        std::optional<sdk::Error> error{};
    };
    /// How many pages are best asked for together.
    static constexpr int kPagesTogether = 16;
    /// The pages strictly before; marks nothing as seen. What was sent of a page is kept for a while, and
    /// sent again if it is still the same.
    std::vector<PageAnswer> pages(std::span<const PageWanted> wanted);
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
    /// Answers those whose page is kept and still the same.
    void answerKept(sdk::Connection& connection, std::span<const PageWanted> wanted,
                    std::vector<PageAnswer>& answers);
    struct Place {
        message_store::ViewKey view;
        bool lasts = false;  ///< the page will always end there
    };
    /// Where the page ends.
    static Place placeOf(sdk::Connection& connection, const PageWanted& wanted);
    std::string pageOf(const message_store::View& view, sdk::UserId user) const;
    static Room participated(sdk::Connection& connection, sdk::UserId user, std::int64_t chat_id);
    /// The two cursors say up to where each has seen what the other wrote.
    sdk::Json frames(const std::vector<StoredMessage>& messages, sdk::UserId user, std::int64_t seen_seq,
                     std::int64_t partner_seen_seq) const;

    sdk::Database& database_;
    sdk::Clock& clock_;
    ReceiptService& receipts_;
    sdk::Matches* matches_ = nullptr;
    sdk::MediaUrls* media_urls_ = nullptr;
    PageCache pages_;
};

}  // namespace linkup::chat
