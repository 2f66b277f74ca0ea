#include "mailer_fixture.h"

namespace linkup::test {

class ScriptedTransport final : public daemon::MailTransport {
public:
    explicit ScriptedTransport(ScriptedPost& post) : post_(post) {}
    void send(const daemon::QueuedMail& mail) override {
        if (post_.on_send) post_.on_send(mail);
        const std::lock_guard lock(post_.mutex_);
        post_.taken_.push_back(mail);
    }

private:
    ScriptedPost& post_;
};

std::unique_ptr<daemon::MailTransport> ScriptedPost::transport() {
    return std::make_unique<ScriptedTransport>(*this);
}

MailerWorld::MailerWorld(DatabaseSource& source) : url(source.newUrl()) {
    database = daemon::openDatabase(settingsFor(url), log);
    daemon::Migrator(*database, log)
        .apply(daemon::QueuedMailer::kMigrationOwner, daemon::QueuedMailer::migrations());
}

std::unique_ptr<daemon::QueuedMailer> MailerWorld::mailer(std::unique_ptr<daemon::MailTransport> transport,
                                                          daemon::MailerOptions options) {
    return std::make_unique<daemon::QueuedMailer>(*database, clock, log, metrics, std::move(transport),
                                                  options);
}

void MailerWorld::enqueue(daemon::QueuedMailer& mailer, const sdk::Mail& mail) {
    database->transaction([&](sdk::Connection& connection) { mailer.enqueue(connection, mail); });
}

std::int64_t MailerWorld::waiting() {
    return count("SELECT COUNT(*) FROM linkup_mail_queue WHERE dead_at IS NULL");
}

std::int64_t MailerWorld::dead() {
    return count("SELECT COUNT(*) FROM linkup_mail_queue WHERE dead_at IS NOT NULL");
}

std::int64_t MailerWorld::count(std::string_view sql) {
    return sdk::read(*database,
                     [&](sdk::Connection& connection) { return connection.execute(sql).integer(0, 0); });
}

}  // namespace linkup::test
