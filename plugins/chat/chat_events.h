#pragma once

#include <linkup/sdk/bus.h>
#include <linkup/sdk/clock.h>
#include <linkup/sdk/services/media_urls.h>
#include <linkup/sdk/socket.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "change_service.h"
#include "chat_feeds.h"
#include "message_service.h"
#include "presence_service.h"
#include "receipt_service.h"

namespace linkup::chat {

/// Takes what was committed to the sockets: at once to those of this node, and over the bus, one publish for
/// a whole batch, to the other nodes. The feeds see to order and to what is missing. Lifetime: the
/// plugin's.   Threading: any thread.
class ChatEvents : public MessageDelivery, public ReceiptEvents, public ChangeEvents, public PresenceEvents {
public:
    ChatEvents(sdk::SocketHub& hub, sdk::Bus& bus, sdk::Clock& clock);

    /// `media_urls` may be null.
    void start(ChatFeeds& feeds, sdk::MediaUrls* media_urls);
    void stop() noexcept;

    void deliver(std::vector<Item> items) override;
    void delivered(const std::vector<Receipt>& receipts) override;
    void seen(const StoredMessage& message, const std::string& reading_session) override;
    /// To all sockets of both, the one that asked for it included.
    void changed(const StoredMessage& message, bool is_seen) override;
    /// To the one that asked, as nothing happened for the others.
    void tellUnchanged(sdk::SocketSession& session, const ChangeOutcome& outcome);
    /// To the user's sockets.
    void muted(sdk::UserId user, std::int64_t chat_id, std::int64_t muted_until);
    bool isHere(sdk::UserId user) const override;
    std::vector<sdk::UserId> allHere() const override;
    void presence(sdk::UserId to, sdk::UserId user, bool online, std::optional<sdk::Time> last_seen) override;
    /// To the partner's sockets on every node; not stored. Of a socket that reads too slowly it is the first
    /// to go, but for the last of each chat.
    void typing(const Room& room, sdk::UserId typist);

private:
    void onBusMessage(std::string_view text);
    void onReceipts(std::string_view text);
    void tellHere(sdk::UserId user, const std::string& frame);
    /// Messages come by themselves after a gap; of all else clients ask what they missed, one after the
    /// other.
    void onGap();
    /// What only counts now, to the user's sockets on every node: droppable, and of those with one key that
    /// wait for a socket only the last is kept.
    void passOn(sdk::UserId user, std::string key, std::string frame);
    void passHere(sdk::UserId user, const std::string& key, const std::string& frame);
    void onPassing(std::string_view text);

    sdk::SocketHub& hub_;
    sdk::Bus& bus_;
    sdk::Clock& clock_;
    const std::string node_;  // tells our own publications from those of others
    ChatFeeds* feeds_ = nullptr;
    sdk::MediaUrls* media_urls_ = nullptr;
    std::unique_ptr<sdk::Subscription> subscription_;
    std::unique_ptr<sdk::Subscription> receipts_;
    std::unique_ptr<sdk::Subscription> passing_;
};

}  // namespace linkup::chat
