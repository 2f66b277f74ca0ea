#include "mailer_store.h"

#include <algorithm>
#include <array>

namespace linkup::daemon {

std::span<const sdk::Migration> MailStore::migrations() {
    static const std::array<sdk::Migration, 1> kMigrations = {
        sdk::Migration{1, "mail queue",
                       R"(CREATE TABLE linkup_mail_queue (
               id INTEGER PRIMARY KEY AUTOINCREMENT,
               message_id TEXT NOT NULL,
               recipient TEXT NOT NULL,
               subject TEXT NOT NULL,
               text_body TEXT NOT NULL,
               html_body TEXT NOT NULL,
               created_at INTEGER NOT NULL,
               due_at INTEGER NOT NULL,
               attempts INTEGER NOT NULL DEFAULT 0,
               claim TEXT NOT NULL DEFAULT '',
               dead_at INTEGER,
               last_error TEXT NOT NULL DEFAULT '');
           CREATE INDEX linkup_mail_queue_due ON linkup_mail_queue (due_at) WHERE dead_at IS NULL;
           CREATE INDEX linkup_mail_queue_dead ON linkup_mail_queue (dead_at) WHERE dead_at IS NOT NULL)",
                       R"(CREATE TABLE linkup_mail_queue (
               id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
               message_id TEXT NOT NULL,
               recipient TEXT NOT NULL,
               subject TEXT NOT NULL,
               text_body TEXT NOT NULL,
               html_body TEXT NOT NULL,
               created_at BIGINT NOT NULL,
               due_at BIGINT NOT NULL,
               attempts BIGINT NOT NULL DEFAULT 0,
               claim TEXT NOT NULL DEFAULT '',
               dead_at BIGINT,
               last_error TEXT NOT NULL DEFAULT '');
           CREATE INDEX linkup_mail_queue_due ON linkup_mail_queue (due_at) WHERE dead_at IS NULL;
           CREATE INDEX linkup_mail_queue_dead ON linkup_mail_queue (dead_at) WHERE dead_at IS NOT NULL)"}};
    return kMigrations;
}

void MailStore::insert(sdk::Connection& connection, const sdk::Mail& mail, const std::string& message_id,
                       sdk::Time now) {
    connection.execute(
        "INSERT INTO linkup_mail_queue (message_id, recipient, subject, text_body, html_body, created_at, "
        "due_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $6)",
        {message_id, mail.to, mail.subject, mail.text, mail.html, sdk::toMicros(now)});
}

bool MailStore::anyDue(sdk::Time now) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        return !connection
                    .execute(
                        "SELECT id FROM linkup_mail_queue WHERE dead_at IS NULL AND due_at <= $1 LIMIT 1",
                        {sdk::toMicros(now)})
                    .empty();
    });
}

std::vector<QueuedMail> MailStore::claim(const std::string& claim, sdk::Time now, sdk::Time until,
                                         int limit) {
    // The array makes PostgreSQL run the inner query once; with IN the planner may repeat it and pass the
    // limit.
    const std::string_view sql =
        database_.dialect() == sdk::Dialect::kPostgresql
            ? "UPDATE linkup_mail_queue SET claim = $1, due_at = $2, attempts = attempts + 1 WHERE id = "
              "ANY(ARRAY("
              "SELECT id FROM linkup_mail_queue WHERE dead_at IS NULL AND due_at <= $3 ORDER BY due_at, id "
              "LIMIT $4 FOR UPDATE SKIP LOCKED)) "
              "RETURNING id, message_id, recipient, subject, text_body, html_body, created_at, attempts"
            : "UPDATE linkup_mail_queue SET claim = $1, due_at = $2, attempts = attempts + 1 WHERE id IN ("
              "SELECT id FROM linkup_mail_queue WHERE dead_at IS NULL AND due_at <= $3 ORDER BY due_at, id "
              "LIMIT $4) "
              "RETURNING id, message_id, recipient, subject, text_body, html_body, created_at, attempts";
    const sdk::Rows rows = sdk::transaction(database_, [&](sdk::Connection& connection) {
        return connection.execute(sql,
                                  {claim, sdk::toMicros(until), sdk::toMicros(now), std::int64_t{limit}});
    });
    std::vector<QueuedMail> mails;
    mails.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        mails.push_back({rows.integer(i, 0),
                         rows.text(i, 1),
                         rows.time(i, 6),
                         rows.integer(i, 7),
                         {rows.text(i, 2), rows.text(i, 3), rows.text(i, 4), rows.text(i, 5)}});
    }
    std::ranges::sort(mails, {}, &QueuedMail::id);  // RETURNING promises no order
    return mails;
}

void MailStore::settle(const MailOutcome& outcome, sdk::Time now) {
    database_.transaction([&](sdk::Connection& connection) {
        switch (outcome.kind) {
            case MailOutcome::Kind::kSent:
                connection.execute("DELETE FROM linkup_mail_queue WHERE id = $1 AND claim = $2",
                                   {outcome.id, outcome.claim});
                break;
            case MailOutcome::Kind::kLater:
                connection.execute(
                    "UPDATE linkup_mail_queue SET due_at = $1, last_error = $2, claim = '' WHERE id = $3 AND "
                    "claim = $4",
                    {sdk::toMicros(outcome.due), outcome.error, outcome.id, outcome.claim});
                break;
            case MailOutcome::Kind::kDead:
                connection.execute(
                    "UPDATE linkup_mail_queue SET dead_at = $1, last_error = $2, subject = '', text_body = "
                    "'', "
                    "html_body = '', claim = '' WHERE id = $3 AND claim = $4",
                    {sdk::toMicros(now), outcome.error, outcome.id, outcome.claim});
                break;
        }
    });
}

void MailStore::removeDead(sdk::Time before) {
    database_.transaction([&](sdk::Connection& connection) {
        connection.execute("DELETE FROM linkup_mail_queue WHERE dead_at IS NOT NULL AND dead_at < $1",
                           {sdk::toMicros(before)});
    });
}

}  // namespace linkup::daemon
