#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "linkup/sdk/database.h"
#include "mailer_transport.h"

namespace linkup::daemon {

/// What came of one attempt.
struct MailOutcome {
    enum class Kind { kSent, kLater, kDead };
    std::int64_t id = 0;
    std::string claim;
    Kind kind = Kind::kSent;
    sdk::Time due{};    ///< kLater: when to try again
    std::string error;  ///< kLater, kDead: why, without an address
};

/// The table `linkup_mail_queue`, which this alone writes.
///
/// A claim puts the mail's due time into the future, so one whose sender died comes up again by itself; its
/// token makes sure that only the last claimer settles it. Threading: any thread.   Errors: as Database.
class MailStore {
public:
    explicit MailStore(sdk::Database& database) : database_(database) {}

    static std::span<const sdk::Migration> migrations();

    void insert(sdk::Connection& connection, const sdk::Mail& mail, const std::string& message_id,
                sdk::Time now);
    bool anyDue(sdk::Time now);
    /// At most `limit` of the mails due, longest due first; nobody else gets them before `until`.
    std::vector<QueuedMail> claim(const std::string& claim, sdk::Time now, sdk::Time until, int limit);
    /// Sent: removes it. Later: makes it due then. Dead: keeps the recipient and the reason, not what it
    /// said.
    void settle(const MailOutcome& outcome, sdk::Time now);
    /// Removes the dead of before `time`.
    void removeDead(sdk::Time before);

private:
    sdk::Database& database_;
};

}  // namespace linkup::daemon
