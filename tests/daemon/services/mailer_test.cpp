// What the mail queue promises, run against SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <map>
#include <thread>

#include "mailer_fixture.h"
#include "tests/support/mail.h"

using namespace linkup;
using namespace std::chrono_literals;
using daemon::MailError;
using daemon::MailFault;
using daemon::QueuedMail;
using test::MailerWorld;
using test::ScriptedPost;

namespace {

const sdk::Mail kMail{"alice@example.com", "Your code", "Code: 123456", "<p>123456</p>"};

class MailerTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MailerTest);
    CPPUNIT_TEST(committedMailIsSentOnceAndRemoved);
    CPPUNIT_TEST(rolledBackMailIsNotSent);
    CPPUNIT_TEST(commitWakesTheThread);
    CPPUNIT_TEST(temporaryFailureIsRetriedLaterAndLater);
    CPPUNIT_TEST(permanentFailureIsDeadAndItsContentGone);
    CPPUNIT_TEST(logNeverHoldsAddressOrCode);
    CPPUNIT_TEST(isGivenUpInTheEnd);
    CPPUNIT_TEST(oldDeadAreRemoved);
    CPPUNIT_TEST(unreachableServerIsAskedOnceNotForEachMail);
    CPPUNIT_TEST(sendsAgainWhenTheServerIsBack);
    CPPUNIT_TEST(mailOfADeadNodeIsSentByAnother);
    CPPUNIT_TEST(lateClaimerDoesNotSettleAnothersMail);
    CPPUNIT_TEST(fourSendersSendEachMailOnce);
    CPPUNIT_TEST(headerInjectionIsRefused);
    CPPUNIT_TEST(outboxHoldsWholeFilesInOrder);
    CPPUNIT_TEST(unusableOutboxLosesNothing);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override {
        post_ = std::make_unique<ScriptedPost>();
        world_ = std::make_unique<MailerWorld>(source());
        mailer_ = world_->mailer(post_->transport());
    }
    void tearDown() override {
        mailer_.reset();
        world_.reset();
    }

protected:
    virtual test::DatabaseSource& source() = 0;

private:
    std::unique_ptr<ScriptedPost> post_;
    std::unique_ptr<MailerWorld> world_;
    std::unique_ptr<daemon::QueuedMailer> mailer_;

    void failWith(MailFault fault) {
        post_->on_send = [fault](const QueuedMail&) { throw MailError(fault, "smtp: test 450 4.2.0"); };
    }

    void committedMailIsSentOnceAndRemoved() {
        world_->enqueue(*mailer_, kMail);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->waiting());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mailer_->sendDue());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, mailer_->sendDue());
        const auto taken = post_->taken();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, taken.size());
        CPPUNIT_ASSERT_EQUAL(kMail.to, taken[0].mail.to);
        CPPUNIT_ASSERT_EQUAL(kMail.subject, taken[0].mail.subject);
        CPPUNIT_ASSERT_EQUAL(kMail.text, taken[0].mail.text);
        CPPUNIT_ASSERT_EQUAL(kMail.html, taken[0].mail.html);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, taken[0].attempts);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
        CPPUNIT_ASSERT_EQUAL(1.0, world_->metrics.value("mails_sent_total"));
    }

    void rolledBackMailIsNotSent() {
        try {
            world_->database->transaction([&](sdk::Connection& connection) {
                mailer_->enqueue(connection, kMail);
                throw std::runtime_error("no");
            });
        } catch (const std::runtime_error&) {
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, mailer_->sendDue());
        CPPUNIT_ASSERT(post_->taken().empty());
    }

    void commitWakesTheThread() {
        daemon::MailerOptions options;
        options.poll_every = 1h;
        auto mailer = world_->mailer(post_->transport(), options);
        mailer->start();
        for (std::size_t i = 1; i <= 3; ++i) {
            world_->enqueue(*mailer, kMail);
            CPPUNIT_ASSERT(test::waitFor([&] { return post_->taken().size() == i; }));
        }
        mailer->stop();
    }

    void temporaryFailureIsRetriedLaterAndLater() {
        failWith(MailFault::kTryLater);
        world_->enqueue(*mailer_, kMail);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mailer_->sendDue());
        for (const auto full : {5'000ms, 10'000ms, 20'000ms, 40'000ms}) {
            world_->clock.advance(full * 79 / 100);
            CPPUNIT_ASSERT_EQUAL(std::size_t{0}, mailer_->sendDue());
            world_->clock.advance(full * 42 / 100);
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mailer_->sendDue());
        }
        post_->on_send = nullptr;
        world_->clock.advance(100s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mailer_->sendDue());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, post_->taken().at(0).attempts);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
        CPPUNIT_ASSERT_EQUAL(5.0, world_->metrics.value("mails_retried_total"));
    }

    void permanentFailureIsDeadAndItsContentGone() {
        failWith(MailFault::kRejected);
        world_->enqueue(*mailer_, kMail);
        mailer_->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->dead());
        CPPUNIT_ASSERT_EQUAL(1.0, world_->metrics.value("mails_dead_total"));
        world_->database->read([](sdk::Connection& connection) {
            const auto rows =
                connection.execute("SELECT subject, text_body, html_body, last_error FROM linkup_mail_queue");
            for (std::size_t column = 0; column < 3; ++column) CPPUNIT_ASSERT(rows.text(0, column).empty());
            CPPUNIT_ASSERT_EQUAL(std::string("smtp: test 450 4.2.0"), rows.text(0, 3));
        });
        world_->clock.advance(24h);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, mailer_->sendDue());
    }

    void logNeverHoldsAddressOrCode() {
        for (const auto fault : {MailFault::kTryLater, MailFault::kUnreachable, MailFault::kRejected}) {
            failWith(fault);
            world_->enqueue(*mailer_, kMail);
            world_->clock.advance(1h);
            mailer_->sendDue();
        }
        CPPUNIT_ASSERT(world_->log.mentions("refused for good"));
        CPPUNIT_ASSERT(!world_->log.mentions("alice"));
        CPPUNIT_ASSERT(!world_->log.mentions("123456"));
    }

    void isGivenUpInTheEnd() {
        failWith(MailFault::kTryLater);
        world_->enqueue(*mailer_, kMail);
        for (int hours = 0; hours < 30 && world_->waiting() > 0; ++hours) {
            mailer_->sendDue();
            world_->clock.advance(1h);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->dead());
        CPPUNIT_ASSERT(world_->log.mentions("given up"));
    }

    void oldDeadAreRemoved() {
        failWith(MailFault::kRejected);
        world_->enqueue(*mailer_, kMail);
        mailer_->sendDue();
        world_->clock.advance(6 * 24h);
        mailer_->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->dead());
        world_->clock.advance(2 * 24h);
        mailer_->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->dead());
    }

    void unreachableServerIsAskedOnceNotForEachMail() {
        failWith(MailFault::kUnreachable);
        for (int i = 0; i < 40; ++i) world_->enqueue(*mailer_, kMail);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mailer_->sendDue());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, mailer_->sendDue());
        world_->clock.advance(5s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mailer_->sendDue());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, world_->log.count(sdk::LogLevel::kWarning));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{40}, world_->waiting());
    }

    void sendsAgainWhenTheServerIsBack() {
        failWith(MailFault::kUnreachable);
        for (int i = 0; i < 20; ++i) world_->enqueue(*mailer_, kMail);
        mailer_->sendDue();
        post_->on_send = nullptr;
        world_->clock.advance(10s);
        mailer_->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::size_t{20}, post_->taken().size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
        CPPUNIT_ASSERT(world_->log.mentions("can be sent again"));
    }

    void mailOfADeadNodeIsSentByAnother() {
        world_->enqueue(*mailer_, kMail);
        daemon::MailStore dead_node(*world_->database);
        const auto now = world_->clock.now();
        const auto claimed = dead_node.claim("dead", now, now + 10min, 16);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, claimed.size());
        world_->clock.advance(9min);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, mailer_->sendDue());
        world_->clock.advance(2min);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mailer_->sendDue());
        CPPUNIT_ASSERT_EQUAL(claimed[0].message_id, post_->taken().at(0).message_id);
    }

    void lateClaimerDoesNotSettleAnothersMail() {
        world_->enqueue(*mailer_, kMail);
        daemon::MailStore store(*world_->database);
        const auto now = world_->clock.now();
        const auto first = store.claim("first", now, now + 1s, 16);
        const auto second = store.claim("second", now + 2s, now + 1h, 16);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, second.size());
        store.settle({first[0].id, "first", daemon::MailOutcome::Kind::kLater, now, ""}, now);
        CPPUNIT_ASSERT(store.claim("third", now + 3s, now + 1h, 16).empty());
        store.settle({first[0].id, "second", daemon::MailOutcome::Kind::kSent, {}, ""}, now);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
    }

    void fourSendersSendEachMailOnce() {
        constexpr int kMails = 100;
        world_->database->transaction([&](sdk::Connection& connection) {
            for (int i = 0; i < kMails; ++i) mailer_->enqueue(connection, kMail);
        });
        const auto other = daemon::openDatabase(test::settingsFor(world_->url), world_->log);
        std::vector<std::thread> senders;
        for (int i = 0; i < 4; ++i) {
            senders.emplace_back([&, i] {
                daemon::QueuedMailer node(i % 2 ? *world_->database : *other, world_->clock, world_->log,
                                          world_->metrics, post_->transport());
                while (world_->waiting() > 0) node.sendDue();
            });
        }
        for (auto& sender : senders) sender.join();
        std::map<std::string, int> times;
        for (const auto& mail : post_->taken()) ++times[mail.message_id];
        CPPUNIT_ASSERT_EQUAL(std::size_t{kMails}, times.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{kMails}, post_->taken().size());
    }

    void headerInjectionIsRefused() {
        for (const sdk::Mail& mail : {sdk::Mail{"a@b.example\r\nBcc: c@d.example", "s", "t", ""},
                                      sdk::Mail{"a@b.example", "s\nBcc: c@d.example", "t", ""}}) {
            CPPUNIT_ASSERT(sdk::ErrorCode::kInvalidArgument ==
                           test::codeOf([&] { world_->enqueue(*mailer_, mail); }));
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
    }

    void outboxHoldsWholeFilesInOrder() {
        const test::TemporaryFolder folder;
        const auto outbox = folder / "out/box";
        const auto mailer = world_->mailer(daemon::openOutbox(outbox, {"no-reply@example.com", "LinkUp"}));
        for (const char* subject : {"first", "second", "third"}) {
            world_->enqueue(*mailer, {"bob@example.com", subject, "Code: 654321", ""});
            world_->clock.advance(1ms);
        }
        mailer->sendDue();
        std::map<std::string, std::string> files;
        for (const auto& file : std::filesystem::directory_iterator(outbox)) {
            files[file.path().filename()] = test::readFile(file.path());
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, files.size());
        std::string subjects;
        for (const auto& [name, raw] : files) {
            CPPUNIT_ASSERT_MESSAGE(name, name.starts_with("20261124T02") && name.ends_with(".eml"));
            const auto mail = test::parseMail(raw);
            CPPUNIT_ASSERT(mail.isTo("bob@example.com"));
            CPPUNIT_ASSERT_EQUAL(std::string("654321"), mail.code());
            subjects += mail.subject + " ";
        }
        CPPUNIT_ASSERT_EQUAL(std::string("first second third "), subjects);
    }

    void unusableOutboxLosesNothing() {
        const test::TemporaryFolder folder;
        test::writeFile(folder / "file", "in the way");
        const auto mailer = world_->mailer(daemon::openOutbox(folder / "file/outbox", {}));
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->waiting());
        std::filesystem::remove(folder / "file");
        world_->clock.advance(10s);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
    }
};

class MailerOnSqliteTest : public MailerTest {
    CPPUNIT_TEST_SUB_SUITE(MailerOnSqliteTest, MailerTest);
    CPPUNIT_TEST_SUITE_END();
    test::SqliteSource source_;
    test::DatabaseSource& source() override { return source_; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MailerOnSqliteTest);

class MailerOnPostgresqlTest : public MailerTest {
    CPPUNIT_TEST_SUB_SUITE(MailerOnPostgresqlTest, MailerTest);
    CPPUNIT_TEST(mailSentWhileTheDatabaseDiesIsNotSentTwice);
    CPPUNIT_TEST_SUITE_END();
    test::PostgresqlSource source_;
    test::DatabaseSource& source() override { return source_; }

    void mailSentWhileTheDatabaseDiesIsNotSentTwice() {
        MailerWorld world(source_);
        ScriptedPost post;
        post.on_send = [](const QueuedMail&) { test::PrivatePostgres::shared().stop(); };
        const auto mailer = world.mailer(post.transport());
        world.enqueue(*mailer, kMail);
        CPPUNIT_ASSERT(sdk::ErrorCode::kUnavailable == test::codeOf([&] { mailer->sendDue(); }));
        post.on_send = nullptr;
        test::PrivatePostgres::shared().start();
        world.clock.advance(24h);
        const auto back = [&] {
            try {
                mailer->sendDue();
                return true;
            } catch (const sdk::Error&) {
                return false;
            }
        };
        CPPUNIT_ASSERT(test::waitFor(back));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, post.taken().size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world.waiting());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MailerOnPostgresqlTest);

}  // namespace
