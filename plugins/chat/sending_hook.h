#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/hooks.h>
#include <linkup/sdk/log.h>

#include <optional>
#include <string>
#include <string_view>

#include "chat_types.h"

namespace linkup::chat {

/// Runs the hook `message.sending`, by which other plugins have a say in what is stored. Its payload is
/// {"chat_room_id", "message_id", "sender_id", "recipient_id", "message", "media", "reply_id", "is_edit"}; a
/// handler may set another "message", or null as "media".
///
/// Lifetime: the service's that has it.   Threading: any thread.
class SendingHook {
public:
    SendingHook(sdk::Hooks& hooks, sdk::Log& log) : hooks_(hooks), log_(log) {}

    /// What is to be stored if `result` is kStored. kVetoed comes with a reason; kFailed means that a handler
    /// left something that is no message.
    struct Answer {
        SendResult result = SendResult::kFailed;
        std::string reason;
        std::string body;
        std::optional<std::string> media;
    };
    /// Whether anybody is asked; else the answer is what the draft says.
    bool isHandled() const noexcept { return hooks_.handled(kEvent); }
    /// In the transaction that stores the message. Copies what it needs of the draft.   Errors: what a
    /// handler throws.
    Answer ask(sdk::Connection& connection, const Draft& draft, bool is_edit = false);

private:
    static constexpr std::string_view kEvent = "message.sending";

    sdk::Hooks& hooks_;
    sdk::Log& log_;
};

}  // namespace linkup::chat
