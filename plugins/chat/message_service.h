#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/heartbeat.h>
#include <linkup/sdk/hooks.h>
#include <linkup/sdk/log.h>
#include <linkup/sdk/metrics.h>
#include <linkup/sdk/services/media_files.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chat_types.h"
#include "sending_hook.h"

namespace linkup::chat {

/// Hands committed messages to the people they concern. Called from the writer's thread.
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

/// Stores messages: one thread commits, in one transaction, what has gathered while the commit before was
/// under way. Alone and idle it waits for nothing. A draft that cannot be stored fails alone, never its
/// batch. Replies to a draft only after the commit.
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

    /// Without `files`, which may be null, nobody can tell who uploaded what, and that is not asked.
    /// `heartbeat` is that of the thread which writes.
    void start(sdk::MediaFiles* files, sdk::Heartbeat& heartbeat);
    /// Writes what waits, then ends the thread.
    void stop() noexcept;
    /// False if the queue is full or the writer stopped; then `reply` is not called.
    [[nodiscard]] bool submit(Draft draft);

private:
    struct Decided {
        Draft* draft = nullptr;
        SendOutcome outcome;
        bool is_new = false;
    };

    enum class Attempt { kCommitted, kInDoubt, kBusy, kFailed };

    void run();
    std::vector<Draft> takeBatch();
    void write(std::vector<Draft> batch);
    void writeOneByOne(std::vector<Draft> batch);
    Attempt attempt(std::vector<Draft>& batch, std::vector<Decided>& decided);
    std::vector<Decided> decide(sdk::Connection& connection, std::vector<Draft>& batch);
    /// Which of the batch's files their senders uploaded.
    std::set<sdk::MediaFiles::File> uploadedFiles(sdk::Connection& connection,
                                                  const std::vector<Draft>& batch);
    void tell(std::vector<Decided>& decided);
    static void replyAll(std::vector<Draft>& batch, SendResult result);

    void keepInDoubt(const std::vector<Decided>& decided);
    /// True if nothing is in doubt any more.
    bool settle();
    void refuseWhileInDoubt(std::vector<Draft>& batch);
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
    std::vector<Draft> waiting_;
    bool stopping_ = false;
    sdk::Heartbeat* heartbeat_ = nullptr;
    std::thread thread_;

    // Of the writer's thread alone: drafts in doubt, and what the lost commits would have stored of them.
    std::vector<Draft> doubtful_;
    std::multimap<std::pair<std::int64_t, std::string>, StoredMessage> perhaps_stored_;
};

}  // namespace linkup::chat
