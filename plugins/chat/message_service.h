#pragma once

#include <Poco/LRUCache.h>
#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/error.h>
#include <linkup/sdk/heartbeat.h>
#include <linkup/sdk/hooks.h>
#include <linkup/sdk/log.h>
#include <linkup/sdk/metrics.h>
#include <linkup/sdk/services/media_files.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chat_types.h"
#include "sending_hook.h"

namespace linkup::chat {

/// Hands committed messages to the people they concern. Called from the writer's threads, one at a time.
class MessageDelivery {
public:
    virtual ~MessageDelivery() = default;
    struct Item {
        StoredMessage message;
        std::string sending_session;
        sdk::TraceContext trace{};
    };
    virtual void deliver(std::vector<Item> items) = 0;
};

struct WriterSettings {
    std::size_t batch = 256;                      ///< messages in one transaction at the most
    std::size_t queue = 10000;                    ///< waiting messages; beyond, senders are told to try again
    std::chrono::milliseconds settle_again{250};  ///< between two looks at what is in doubt
};

/// Stores messages: in one transaction what has gathered while the commit before was under way. Alone and
/// idle it waits for nothing. A draft that cannot be stored fails alone, never its batch. Replies to a draft
/// only after the commit.
///
/// On PostgreSQL what needs no more than the chat's participants to be judged, which this node remembers, is
/// stored in one round trip: the database counts. It leaves out the chats that are closed or gone, or have
/// one of the ids; these are locked and looked at, like everything else.
///
/// Two threads take turns: while one tells of what it has stored, the other stores the next batch. One
/// transaction at a time, and what is told is told in the order of the commits.
///
/// If nobody can tell whether a commit happened, its drafts are kept and tried again before any others: their
/// ids and the lock on their rooms show what was stored. Until then their senders hear nothing, as neither an
/// ack nor an error would be true, and the others are told to try again.
///
/// Lifetime: start to stop.   Threading: submit from any thread, never blocks.
class MessageService {
public:
    MessageService(sdk::Database& database, sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics,
                   sdk::Hooks& hooks, MessageDelivery& delivery, WriterSettings settings);
    ~MessageService();

    static constexpr std::size_t kThreads = 2;
    static constexpr std::size_t kRememberedRooms = 50'000;
    using Heartbeats = std::array<sdk::Heartbeat*, kThreads>;

    /// Without `files`, which may be null, nobody can tell who uploaded what, and that is not asked. The
    /// heartbeats are those of the threads which write.
    void start(sdk::MediaFiles* files, const Heartbeats& heartbeats);
    /// Writes what waits, then ends the threads.
    void stop() noexcept;
    /// False if the queue is full or the writer stopped; then `reply` is not called.
    [[nodiscard]] bool submit(Draft draft);

private:
    using Batch = std::vector<Draft>;
    struct Decided {
        Draft* draft = nullptr;
        SendOutcome outcome{};
        bool is_new = false;
    };
    struct Answer {
        Draft draft;
        SendOutcome outcome{};
        bool is_new = false;
    };
    using Answers = std::vector<Answer>;  // in the order of the commits

    enum class Attempt { kCommitted, kInDoubt, kBusy, kFailed };

    void run(sdk::Heartbeat& heartbeat);
    /// Waits for drafts, or until it is time to settle; nothing at the end.
    std::optional<Batch> takeBatch(sdk::Heartbeat& heartbeat);
    bool hasWaiting();
    void write(Batch batch, Answers& answers);
    void writeOneByOne(Batch batch, Answers& answers);
    /// In one round trip what can be; takes from the batch what is answered or in doubt.
    void writeAtOnce(Batch& batch, Answers& answers);
    /// Takes the drafts out of the batch for which that may do.
    Batch takeSimple(Batch& batch);
    Attempt attempt(Batch& batch, std::vector<Decided>& decided);
    std::vector<Decided> decide(sdk::Connection& connection, Batch& batch);
    void complain(const Batch& batch, const sdk::Error& error);
    /// Which of the batch's files their senders uploaded.
    std::set<sdk::MediaFiles::File> uploadedFiles(sdk::Connection& connection, const Batch& batch);
    void tell(Answers& answers);
    void answer(std::vector<Decided>& decided, Answers& answers);
    static void answerAll(Batch& batch, SendResult result, Answers& answers);

    void keepInDoubt(const std::vector<Decided>& decided);
    /// True if nothing is in doubt any more.
    bool settle(Answers& answers);
    Attempt tryAgain(Batch& batch, Answers& answers);
    void settleOneByOne(Answers& answers);
    void refuseWhileInDoubt(Batch& batch, Answers& answers);
    void recogniseOwn(Decided& decided);

    sdk::Database& database_;
    sdk::Clock& clock_;
    sdk::Log& log_;
    SendingHook hook_;
    MessageDelivery& delivery_;
    WriterSettings settings_;
    sdk::MediaFiles* files_ = nullptr;
    sdk::Histogram& batch_sizes_;
    sdk::Counter& stored_;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Draft> waiting_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;

    // Whoever has the turn takes a batch and stores it. It gives the turn away only when it may tell, so that
    // nobody can tell of a later commit before.
    std::mutex turn_;
    std::mutex telling_;

    // Of whose turn it is: rooms of which only the participants count, drafts in doubt, and what the lost
    // commits would have stored of them; without a seq where only the database would know it.
    Poco::LRUCache<std::int64_t, Room> rooms_{kRememberedRooms};
    Batch doubtful_;
    std::multimap<std::pair<std::int64_t, std::string>, StoredMessage> perhaps_stored_;
};

}  // namespace linkup::chat
