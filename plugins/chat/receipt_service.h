#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/heartbeat.h>
#include <linkup/sdk/log.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chat_types.h"

namespace linkup::chat {

/// How far a message has come, told to whom it concerns after the commit.
class ReceiptEvents {
public:
    virtual ~ReceiptEvents() = default;
    /// Of each the message is the newest that its receiver got.
    virtual void delivered(const std::vector<Receipt>& receipts) = 0;
    /// `reading_session`, an id or empty, knows already.
    virtual void seen(const StoredMessage& message, const std::string& reading_session) = 0;
};

/// The delivered and seen cursors of each participant. They only move forward.
/// Lifetime: start to stop.   Threading: any thread; noteDelivered never blocks, markSeen asks the database.
class ReceiptService {
public:
    ReceiptService(sdk::Database& database, sdk::Log& log, ReceiptEvents& events,
                   std::chrono::milliseconds try_again = std::chrono::milliseconds(500));
    ~ReceiptService();

    /// `heartbeat` is that of the thread which writes.
    void start(sdk::Heartbeat& heartbeat);
    /// Writes what was noted, then ends the thread.
    void stop() noexcept;

    /// A device of the receiver has the message. Written at once, or, while others are written, with all that
    /// gather: one transaction for all chats. Tried again while the database is away.
    void noteDelivered(Receipt receipt);
    /// The reader has seen the partner's messages up to this one; unknown ids change nothing. Without a chat
    /// the id is looked up in the reader's own.
    void markSeen(sdk::UserId reader, std::optional<std::int64_t> chat_id, const std::string& message_id,
                  const std::string& reading_session);
    /// As part of reading a chat: moves both cursors to `seq`, in the caller's transaction; events follow its
    /// commit.
    void markSeenUpTo(sdk::Connection& connection, const Room& room, sdk::UserId reader, std::int64_t seq,
                      const std::string& reading_session);

private:
    struct Noted {
        Receipt receipt;
        bool in_doubt = false;  ///< a commit of it may have happened, and nobody was told
    };
    using Batch = std::map<std::pair<std::int64_t, sdk::UserId>, Noted>;

    void run();
    /// False if it is to be tried again.
    bool write(Batch& batch);
    /// Those that are left, unless a newer one was noted since. With the mutex held.
    void noteAgain(Batch&& left);

    sdk::Database& database_;
    sdk::Log& log_;
    ReceiptEvents& events_;
    const std::chrono::milliseconds try_again_;

    std::mutex mutex_;
    std::condition_variable wake_;
    Batch noted_;        // newest by chat and receiver
    bool idle_ = false;  // the thread waits for the first to be noted
    bool stopping_ = false;
    sdk::Heartbeat* heartbeat_ = nullptr;
    std::thread thread_;
};

}  // namespace linkup::chat
