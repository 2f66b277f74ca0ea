#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/heartbeat.h>
#include <linkup/sdk/log.h>
#include <linkup/sdk/services/media_urls.h>
#include <linkup/sdk/socket.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "receipt_service.h"
#include "socket_feed.h"

namespace linkup::chat {

inline constexpr std::string_view kChatPath = "/api/v1/ws/chat";

/// How long feeds and their readers wait.
struct FeedTimes {
    std::chrono::milliseconds patience{100};   ///< with messages that others have overtaken
    std::chrono::milliseconds try_again{250};  ///< while the database is away
};

/// The feeds of all sockets of this node, and the threads that read for them what is missing: after a
/// `resume`, after a gap of the bus, and when a message that others have overtaken does not come. While the
/// database is away they try again; the live messages of the chats concerned wait.
///
/// Lifetime: the plugin's.   Threading: any thread; never blocks.
class ChatFeeds {
public:
    ChatFeeds(sdk::Database& database, sdk::SocketHub& hub, sdk::Log& log, ReceiptService& receipts,
              FeedTimes times = {});
    ~ChatFeeds();

    static constexpr std::size_t kThreads = 2;
    using Heartbeats = std::array<sdk::Heartbeat*, kThreads>;

    /// `media_urls` may be null. The heartbeats are those of the threads which read.
    void start(sdk::MediaUrls* media_urls, const Heartbeats& heartbeats);
    void stop() noexcept;

    /// The feed of a socket, made if it has none. A feed goes with its socket's close.
    std::shared_ptr<SocketFeed> open(const std::shared_ptr<sdk::SocketSession>& session);
    void close(const std::string& session_id);

    /// A committed message, to the sockets here of the two that it concerns.
    void offer(const StoredMessage& message, const std::string& frame, const std::string& sending_session);
    void resume(const std::shared_ptr<sdk::SocketSession>& session,
                const std::vector<SocketFeed::Place>& chats);
    /// Messages of other nodes may be missing.
    void gap();

private:
    enum class State { kIdle, kQueued, kReading, kWaiting, kPatient, kTryingAgain };
    /// A feed and where it stands in the queue; all but `feed` under the mutex.
    struct Entry {
        explicit Entry(std::shared_ptr<sdk::SocketSession> session) : feed(std::move(session)) {}
        SocketFeed feed;
        State state = State::kIdle;
        bool woken = false;                   // while a thread was reading for it
        bool written = false;                 // the frame that it would have waited for
        SocketFeed::Clock::time_point due{};  // in `later_`; an older place there counts no more
    };
    using EntryPtr = std::shared_ptr<Entry>;
    enum class Outcome { kDone, kWait, kPatience, kTryAgain, kFailed };

    EntryPtr entryOf(const std::shared_ptr<sdk::SocketSession>& session);
    void wake(const EntryPtr& entry);
    void wakeLater(const EntryPtr& entry);
    void onWritten(const EntryPtr& entry);
    SocketFeed::Options optionsFor(const EntryPtr& entry);
    void run(sdk::Heartbeat& heartbeat);
    // The next four with the mutex held.
    void queue(const EntryPtr& entry);
    void queueAfter(std::chrono::milliseconds delay, const EntryPtr& entry);
    void queueDue();
    void finish(const EntryPtr& entry, Outcome outcome);
    Outcome readFor(const EntryPtr& entry);
    void noteClaimed(sdk::Connection& connection, sdk::UserId user,
                     const std::vector<SocketFeed::Place>& claimed);
    SocketFeed::Page readPage(const SocketFeed& feed, const SocketFeed::Range& range);

    sdk::Database& database_;
    sdk::SocketHub& hub_;
    sdk::Log& log_;
    ReceiptService& receipts_;
    const FeedTimes times_;
    sdk::MediaUrls* media_urls_ = nullptr;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::unordered_map<std::string, EntryPtr> entries_;  // by session
    std::deque<EntryPtr> queue_;
    std::multimap<SocketFeed::Clock::time_point, EntryPtr> later_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace linkup::chat
