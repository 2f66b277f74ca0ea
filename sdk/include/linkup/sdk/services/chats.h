#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/database.h"
#include "linkup/sdk/principal.h"

namespace linkup::sdk {

/// One chat, as its owner's list shows it. Made by: plugin.   Since: ABI 1.0.
struct ChatSummary {
    std::int64_t chat_room_id = 0;            ///< the chat's number
    UserId partner = 0;                       ///< the other person
    std::int64_t unseen = 0;                  ///< messages from the partner that the user has not seen
    std::int64_t last_seq = 0;                ///< sequence number of the latest message; 0 if there is none
    std::optional<std::string> last_message;  ///< its text
    std::optional<std::string> last_media_type;  ///< "image" or "voice"
    std::optional<Time> last_at;                 ///< when it came
};

/// What others may know of a user's chats.
///
/// Implemented by: plugin chat.   Lifetime: the plugin's.   Threading: any thread but an I/O thread.
/// Errors: as Connection::execute.   Since: ABI 1.0.
class Chats {
public:
    /// Its name for Services::find.
    static constexpr std::string_view kServiceName = "linkup.chats/1";
    virtual ~Chats() = default;
    /// All chats of the user, latest activity first.
    virtual std::vector<ChatSummary> summaries(Connection& connection, UserId user) = 0;
};

}  // namespace linkup::sdk
