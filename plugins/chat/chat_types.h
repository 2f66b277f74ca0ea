#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>
#include <linkup/sdk/trace.h>

#include <functional>
#include <optional>
#include <string>

namespace linkup::chat {

/// A chat room as one of its two participants needs it.
struct Room {
    std::int64_t id = 0;
    sdk::UserId low = 0;
    sdk::UserId high = 0;
    std::int64_t last_seq = 0;
    sdk::Time last_at{};
    bool closed = false;  ///< one of the two deleted their account; told by lockRooms only

    bool has(sdk::UserId user) const noexcept { return user == low || user == high; }
    sdk::UserId partnerOf(sdk::UserId user) const noexcept { return user == low ? high : low; }
};

/// A message as it stands in the database.
struct StoredMessage {
    std::int64_t chat_id = 0;
    std::int64_t seq = 0;
    std::string message_id;
    sdk::UserId sender = 0;
    sdk::UserId receiver = 0;
    std::string body;
    std::optional<std::string> reply_id;
    std::optional<std::string> media;  ///< JSON: media_type, file_key, blurhash, metadata
    sdk::Time created_at{};
    // Of a message that was changed.
    std::int64_t revision = 0;  ///< of the chat, at its last change; 0: it is as it was sent
    std::optional<sdk::Time> edited_at;
    std::optional<sdk::Time> unsent_at;
    std::optional<std::string> reactions;  ///< JSON: a list of user_id, reaction
};

/// That a device of the receiver has a message, and with it all before.
struct Receipt {
    Receipt() = default;
    Receipt(const StoredMessage& message)
        : chat_id(message.chat_id),
          seq(message.seq),
          message_id(message.message_id),
          sender(message.sender),
          receiver(message.receiver) {}

    std::int64_t chat_id = 0;
    std::int64_t seq = 0;
    std::string message_id;
    sdk::UserId sender = 0;
    sdk::UserId receiver = 0;
};

enum class SendResult {
    kStored,
    kRepeated,
    kNotParticipant,
    kRecipientMismatch,
    kRecipientUnavailable,
    kIdConflict,
    kMediaNotAllowed,
    kVetoed,
    kBusy,
    kFailed
};

/// What became of a draft; `message` is set for kStored and kRepeated (then of it: chat, seq, id and time
/// only), `reason`, for the sender to read, for kVetoed.
struct SendOutcome {
    SendResult result = SendResult::kFailed;
    StoredMessage message;
    std::string reason{};
};

/// A message that somebody wants to send.
struct Draft {
    std::int64_t chat_id = 0;
    std::string message_id;
    sdk::UserId sender = 0;
    sdk::UserId recipient = 0;  ///< as the client says; refused if it is not the other participant
    std::string body;
    std::optional<std::string> reply_id;
    std::optional<std::string> media;
    std::string file_key;       ///< of `media`
    std::string session;        ///< the sending socket, left out of the echo
    sdk::TraceContext trace{};  ///< of the frame that brought it
    /// Called once, with this draft, from a thread of the writer's. Not if the plugin stops while nobody can
    /// tell whether the message is stored.
    std::function<void(const Draft&, const SendOutcome&)> reply;
};

}  // namespace linkup::chat
