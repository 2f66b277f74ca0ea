#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/hooks.h>
#include <linkup/sdk/live.h>
#include <linkup/sdk/log.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "chat_types.h"
#include "sending_hook.h"

namespace linkup::chat {

/// Tells both people how a message looks now, after the commit.
class ChangeEvents {
public:
    virtual ~ChangeEvents() = default;
    virtual void changed(const StoredMessage& message, bool is_seen) = 0;
};

/// For how long after it was sent. Zero: never.
struct ChangeSettings {
    sdk::Live<std::chrono::seconds> edit = std::chrono::seconds(900);
    sdk::Live<std::chrono::seconds> unsend = std::chrono::seconds(86'400);
};

enum class ChangeResult {
    kChanged,
    kUnchanged,  ///< it is so already, as when the client asks again
    kNotParticipant,
    kRecipientUnavailable,
    kUnknownMessage,
    kNotOwn,
    kTooLate,
    kUnsent,
    kEmpty,
    kVetoed,
    kFailed
};

/// `message` is how it looks now, for kChanged and kUnchanged; `reason`, for the sender to read, of kVetoed.
struct ChangeOutcome {
    ChangeResult result = ChangeResult::kFailed;
    StoredMessage message;
    bool is_seen = false;  ///< by its receiver
    std::string reason{};
};

/// Changes messages that are stored: their senders edit and unsend them, both people react to them. Each
/// change has the next revision of its chat, so that clients tell which of two states is the newer one. Asked
/// again, each does nothing.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as Database::transaction.
class ChangeService {
public:
    ChangeService(sdk::Database& database, sdk::Clock& clock, sdk::Hooks& hooks, sdk::Log& log,
                  ChangeEvents& events, ChangeSettings settings);

    ChangeOutcome edit(sdk::UserId user, std::int64_t chat_id, const std::string& message_id,
                       const std::string& text);
    /// Its text and file go for good; its place stays.
    ChangeOutcome unsend(sdk::UserId user, std::int64_t chat_id, const std::string& message_id);
    /// One of each person; none takes it back.
    ChangeOutcome react(sdk::UserId user, std::int64_t chat_id, const std::string& message_id,
                        const std::optional<std::string>& reaction);

private:
    /// Changes the message it is given, and says whether it did. Sets the reason of a veto.
    using Change =
        std::function<ChangeResult(sdk::Connection&, const Room&, StoredMessage&, std::string& reason)>;
    ChangeOutcome apply(sdk::UserId user, std::int64_t chat_id, const std::string& message_id,
                        const Change& change);
    bool isOver(std::chrono::seconds window, const StoredMessage& message) const;

    sdk::Database& database_;
    sdk::Clock& clock_;
    SendingHook hook_;
    ChangeEvents& events_;
    const ChangeSettings settings_;
};

}  // namespace linkup::chat
