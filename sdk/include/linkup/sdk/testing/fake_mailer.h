#pragma once

#include <memory>
#include <vector>

#include "linkup/sdk/mailer.h"

namespace linkup::sdk::testing {

/// Keeps mails whose transaction committed.
///
/// Threading: one thread.   Errors: what the test sets.   Since: ABI 1.0.
class FakeMailer : public Mailer {
public:
    void enqueue(Connection& connection, const Mail& mail) override {
        if (!accepting_) throw Error(ErrorCode::kUnavailable, "Mail cannot be queued");
        connection.afterCommit([mails = mails_, mail] { mails->push_back(mail); });
    }
    /// While false, enqueue throws.
    void setAccepting(bool accepting) { accepting_ = accepting; }
    /// The mails of all transactions that were committed.
    const std::vector<Mail>& mails() const { return *mails_; }

private:
    bool accepting_ = true;
    std::shared_ptr<std::vector<Mail>> mails_ = std::make_shared<std::vector<Mail>>();
};

}  // namespace linkup::sdk::testing
