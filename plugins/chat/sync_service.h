#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/services/media_urls.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat_types.h"
#include "receipt_service.h"
#include "sync_cursor.h"
#include "sync_store.h"

namespace linkup::chat {

/// Everything that a client missed over all its chats, page by page.
///
/// The cursor is a list of places, one for each chat: how far in `seq`, in `revision`, and the receipts that
/// the client knows. Both numbers are given out under the lock of the chat and have no gaps, so whatever is
/// at or below the chat's present one is visible, in whichever order transactions commit; nothing of it hangs
/// on clocks or on the order between chats. A page is read by ranges of these numbers, so its size is known
/// beforehand. If the reply is lost, asking again with the cursor before gives the same and what came since.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: Error{kUnprocessable} for a
/// cursor that is none.
class SyncService {
public:
    SyncService(sdk::Database& database, ReceiptService& receipts)
        : database_(database), receipts_(receipts) {}
    /// Before the first request; may be null.
    void setMediaUrls(sdk::MediaUrls* media_urls) { media_urls_ = media_urls; }

    /// No more than `limit` messages, changes and chats together. Without `since` from the beginning; "now"
    /// gives the state of all chats and a cursor, and no messages. What is handed out counts as delivered.
    sdk::Json sync(sdk::UserId user, const std::optional<std::string>& since, std::int64_t limit);

private:
    struct Page {
        std::vector<sync_store::Range> messages;
        std::vector<sync_store::Range> changes;
        std::vector<sync_store::Place> chats;  ///< those whose state is told
        SyncPositions reached;
        sdk::Json removed = sdk::Json::array();
        bool has_more = false;
    };
    static Page plan(const std::vector<sync_store::Place>& places, SyncPositions known, std::int64_t limit);
    sdk::Json frames(const std::vector<StoredMessage>& messages, sdk::UserId user,
                     const std::vector<sync_store::Place>& places) const;
    void noteDelivered(const std::vector<StoredMessage>& messages, sdk::UserId user);

    sdk::Database& database_;
    ReceiptService& receipts_;
    sdk::MediaUrls* media_urls_ = nullptr;
};

}  // namespace linkup::chat
