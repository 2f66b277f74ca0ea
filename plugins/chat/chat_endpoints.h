#pragma once

#include <linkup/sdk/registrar.h>

#include "chat_events.h"
#include "presence_service.h"
#include "room_service.h"
#include "sync_service.h"

namespace linkup::chat {

/// HTTP routes of chats.
class ChatEndpoints {
public:
    ChatEndpoints(RoomService& rooms, SyncService& syncs, PresenceService& presence, ChatEvents& events)
        : rooms_(rooms), syncs_(syncs), presence_(presence), events_(events) {}
    void registerWith(sdk::Registrar& registrar);

private:
    void registerReading(sdk::Registrar& registrar);
    void answerPages(std::span<sdk::PendingRequest> pending);
    void registerMuting(sdk::Registrar& registrar);
    void registerPresence(sdk::Registrar& registrar);
    sdk::Json mute(sdk::UserId user, std::int64_t chat_id, std::int64_t until);

    RoomService& rooms_;
    SyncService& syncs_;
    PresenceService& presence_;
    ChatEvents& events_;
};

}  // namespace linkup::chat
