#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/database.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/mailer.h"
#include "linkup/sdk/metrics.h"
#include "mailer_store.h"
#include "mailer_transport.h"

namespace linkup::daemon {

struct MailerOptions {
    std::chrono::milliseconds first_retry{5'000};  ///< doubled for each further one, give or take a fifth
    std::chrono::milliseconds longest_retry{1'800'000};
    std::chrono::milliseconds give_up_after{86'400'000};
    std::chrono::milliseconds claim_for{600'000};  ///< how long a sender that died holds its mails
    std::chrono::milliseconds poll_every{
        1'000};  ///< how often to look for retries, and for other nodes' leavings
    std::chrono::milliseconds keep_dead_for{604'800'000};
};

/// The queue in the database, and the thread that empties it. Any number of nodes may send from one queue.
///
/// A mail is removed after the transport has taken it. Should the process or the database die between the
/// two, the mail is sent again, with the same Message-ID: it may come twice, but is never lost.
///
/// Lifetime: the database and the clock outlive it; it outlives each transaction that it queued a mail in.
/// Threading: any thread.
class QueuedMailer final : public sdk::Mailer {
public:
    /// The owner under which `migrations` are kept.
    static constexpr std::string_view kMigrationOwner = "daemon.mailer";
    static std::span<const sdk::Migration> migrations() { return MailStore::migrations(); }

    QueuedMailer(sdk::Database& database, const sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics,
                 std::unique_ptr<MailTransport> transport, MailerOptions options = {});
    /// As stop().
    ~QueuedMailer() override;

    /// Errors also: Error{kInvalidArgument} for a recipient or subject that could write headers of its own.
    void enqueue(sdk::Connection& connection, const sdk::Mail& mail) override;

    /// Starts the thread. The migrations must have been applied.
    void start();
    /// Breaks off what waits for a server, and ends the thread; what is left in the queue waits for the next
    /// start.
    void stop() noexcept;

    /// Sends all that is due by the clock, on this thread, and returns how many mails it tried; for tests,
    /// and what the thread calls. Errors: as Database.
    std::size_t sendDue();

private:
    void run();
    /// False if no further mail should be tried now.
    bool sendBatch(const std::vector<QueuedMail>& batch, const std::string& claim, sdk::Time claimed_at,
                   std::size_t& tried);
    MailOutcome attempt(const QueuedMail& mail, const std::string& claim);
    MailOutcome failed(const QueuedMail& mail, const std::string& claim, const MailError& error);
    void settle(MailOutcome outcome);
    void settleLeftovers();
    void noteUnreachable(const std::string& why);
    void noteReachable();
    void removeOldDead();
    std::chrono::microseconds delay(std::int64_t attempts);

    const sdk::Clock& clock_;
    sdk::Log& log_;
    const MailerOptions options_;
    MailStore store_;
    const std::unique_ptr<MailTransport> transport_;
    sdk::Counter& sent_;
    sdk::Counter& retried_;
    sdk::Counter& dead_;

    std::mutex pass_mutex_;  ///< one pass at a time; guards the next six
    std::vector<MailOutcome> unsettled_;
    bool down_ = false;                   ///< no further attempt in this pass
    std::int64_t unreachable_times_ = 0;  ///< in a row
    sdk::Time unreachable_until_{};
    sdk::Time dead_removed_at_{};
    std::mt19937_64 random_;

    std::mutex wake_mutex_;
    std::condition_variable wake_;
    bool woken_ = false;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace linkup::daemon
