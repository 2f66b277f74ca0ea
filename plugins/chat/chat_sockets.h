#pragma once

#include <linkup/sdk/metrics.h>
#include <linkup/sdk/registrar.h>
#include <linkup/sdk/socket.h>

#include "change_service.h"
#include "chat_events.h"
#include "chat_feeds.h"
#include "limit_service.h"
#include "message_service.h"
#include "presence_service.h"
#include "receipt_service.h"
#include "room_service.h"

namespace linkup::chat {

/// `/ws/chat`: message, typing, seen, resume, and the changes edit, unsend, react.
class ChatSockets : public sdk::SocketHandler {
public:
    /// What it hands events to; all outlive it.
    struct Parts {
        MessageService& messages;
        ReceiptService& receipts;
        ChangeService& changes;
        RoomService& rooms;
        ChatEvents& events;
        ChatFeeds& feeds;
        PresenceService& presence;
        LimitService& limits;
    };
    ChatSockets(const Parts& parts, sdk::Metrics& metrics, sdk::Clock& clock);
    void registerWith(sdk::Registrar& registrar);

    void onOpen(const std::shared_ptr<sdk::SocketSession>& session) override;
    void onEvent(const std::shared_ptr<sdk::SocketSession>& session, const std::string& event,
                 const sdk::Json& body) override;
    void onClose(const std::shared_ptr<sdk::SocketSession>& session, std::uint16_t code) override;

private:
    using SessionPtr = std::shared_ptr<sdk::SocketSession>;
    void onMessage(const SessionPtr& session, const sdk::Json& body);
    void onTyping(const SessionPtr& session, const sdk::Json& body);
    void onSeen(const SessionPtr& session, const sdk::Json& body);
    void onResume(const SessionPtr& session, const sdk::Json& body);
    void onChange(const SessionPtr& session, const std::string& event, const sdk::Json& body);
    /// False, after an error event, if the user sends too much of this kind.
    bool isWithinLimits(const SessionPtr& session, EventKind kind, const sdk::Json& body);
    /// False, after an error event, if the event speaks for somebody else.
    static bool speaksForItself(const SessionPtr& session, const sdk::Json& body);

    MessageService& messages_;
    ReceiptService& receipts_;
    ChangeService& changes_;
    RoomService& rooms_;
    ChatEvents& events_;
    ChatFeeds& feeds_;
    PresenceService& presence_;
    LimitService& limits_;
    sdk::Clock& clock_;
    std::vector<sdk::Counter*> refused_;  // by EventKind
};

}  // namespace linkup::chat
