#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/database.h"
#include "linkup/sdk/principal.h"

namespace linkup::sdk {

struct ChatSummary {
    std::int64_t chat_room_id = 0;
    UserId partner = 0;
    std::int64_t unseen = 0;
    std::int64_t last_seq = 0;
    std::optional<std::string> last_message;
    std::optional<std::string> last_media_type;  ///< "image" or "voice"
    std::optional<Time> last_at;
};

/// Implemented by: plugin chat.   Lifetime: the plugin's.   Threading: any thread but an I/O thread.
/// Errors: as Connection::execute.   Since: ABI 1.0.
class Chats {
public:
    static constexpr std::string_view kServiceName = "linkup.chats/1";
    virtual ~Chats() = default;
    /// All chats of the user, latest activity first.
    virtual std::vector<ChatSummary> summaries(Connection& connection, UserId user) = 0;
};

}  // namespace linkup::sdk
