#pragma once

#include <linkup/sdk/registrar.h>

#include "room_service.h"

namespace linkup::chat {

/// HTTP routes of chats.
class ChatEndpoints {
public:
    explicit ChatEndpoints(RoomService& rooms) : rooms_(rooms) {}
    void registerWith(sdk::Registrar& registrar);

private:
    RoomService& rooms_;
};

}  // namespace linkup::chat
