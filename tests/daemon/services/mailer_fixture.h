#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/services/mailer.h"
#include "daemon/services/migrations.h"
#include "database_fixture.h"
#include "linkup/sdk/testing/fake_clock.h"
#include "linkup/sdk/testing/fake_metrics.h"
#include "linkup/sdk/testing/recording_log.h"

namespace linkup::test {

/// Takes mails, or fails as the test says; shared by as many mailers as one likes.
class ScriptedPost {
public:
    /// Called for each mail before it is taken; may throw.
    std::function<void(const daemon::QueuedMail&)> on_send;

    std::vector<daemon::QueuedMail> taken() const {
        const std::lock_guard lock(mutex_);
        return taken_;
    }
    std::unique_ptr<daemon::MailTransport> transport();

private:
    friend class ScriptedTransport;
    mutable std::mutex mutex_;
    std::vector<daemon::QueuedMail> taken_;
};

/// A database with the mail queue in it, and all else that a mailer needs.
struct MailerWorld {
    explicit MailerWorld(DatabaseSource& source);

    std::unique_ptr<daemon::QueuedMailer> mailer(std::unique_ptr<daemon::MailTransport> transport,
                                                 daemon::MailerOptions options = {});
    void enqueue(daemon::QueuedMailer& mailer, const sdk::Mail& mail);
    /// Mails in the queue, the dead ones not counted.
    std::int64_t waiting();
    std::int64_t dead();

    sdk::testing::RecordingLog log;
    sdk::testing::FakeClock clock;
    sdk::testing::FakeMetrics metrics;
    std::string url;
    std::unique_ptr<daemon::PooledDatabase> database;

private:
    std::int64_t count(std::string_view sql);
};

}  // namespace linkup::test
