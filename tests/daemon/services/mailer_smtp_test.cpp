// Mail over SMTP to a real server, from both databases.

#include <Poco/Net/ServerSocket.h>
#include <cppunit/extensions/HelperMacros.h>

#include "mailer_fixture.h"
#include "tests/support/private_smtp.h"

using namespace linkup;
using namespace std::chrono_literals;
using daemon::SmtpSecurity;
using daemon::SmtpSettings;
using test::MailerWorld;
using test::PrivateSmtp;

namespace {

const sdk::Mail kMail{"alice@example.com", "Grüße", "Code: 123456\n.\nend", "<p>123456</p>"};

SmtpSettings settingsOf(const PrivateSmtp& server) {
    SmtpSettings settings;
    settings.host = "localhost";
    settings.port = server.port();
    settings.authorities_file = server.certificate();
    settings.user = server.options().user;
    settings.password = server.options().password;
    settings.helo_name = "node1.example.com";
    return settings;
}

class MailerSmtpTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MailerSmtpTest);
    CPPUNIT_TEST(arrivesEncryptedAndAuthenticated);
    CPPUNIT_TEST(severalMailsArriveInOrder);
    CPPUNIT_TEST(serverDownAndBackLosesNothing);
    CPPUNIT_TEST(serverDownBetweenTwoMailsLosesNothing);
    CPPUNIT_TEST(tryLaterIsRetried);
    CPPUNIT_TEST(neverIsDeadAndTheNextMailGoesOn);
    CPPUNIT_TEST(wrongPasswordKeepsTheMail);
    CPPUNIT_TEST(untrustedCertificateKeepsTheMailAndThePassword);
    CPPUNIT_TEST(otherHostsCertificateIsRefused);
    CPPUNIT_TEST(uncheckedCertificateIsAccepted);
    CPPUNIT_TEST(noTlsOfferedSendsNothing);
    CPPUNIT_TEST(plainServerWorksIfAskedFor);
    CPPUNIT_TEST(stopBreaksOffASilentServer);
    CPPUNIT_TEST(silentServerTimesOut);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override { world_ = std::make_unique<MailerWorld>(source()); }
    void tearDown() override { world_.reset(); }

protected:
    virtual test::DatabaseSource& source() = 0;

private:
    std::unique_ptr<MailerWorld> world_;

    std::unique_ptr<daemon::QueuedMailer> mailerTo(SmtpSettings settings) {
        return world_->mailer(daemon::openSmtp(std::move(settings), {"no-reply@example.com", "LinkUp"}));
    }
    void assertKept(const PrivateSmtp& server, const std::string& reason) {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->waiting());
        CPPUNIT_ASSERT(server.mails().empty());
        std::string said;
        for (const auto& line : world_->log.lines()) said += line.text + " " + line.fields.dump() + "\n";
        CPPUNIT_ASSERT_MESSAGE("no <" + reason + "> in\n" + said, world_->log.mentions(reason));
        CPPUNIT_ASSERT(!world_->log.mentions("alice"));
        CPPUNIT_ASSERT(!world_->log.mentions(server.options().password));
    }

    void arrivesEncryptedAndAuthenticated() {
        const PrivateSmtp server;
        const auto mailer = mailerTo(settingsOf(server));
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
        const auto mails = server.mails();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mails.size());
        CPPUNIT_ASSERT(mails[0].overTls);
        CPPUNIT_ASSERT_EQUAL(std::string("mail"), mails[0].user);
        CPPUNIT_ASSERT_EQUAL(std::string("no-reply@example.com"), mails[0].envelopeFrom);
        CPPUNIT_ASSERT(std::vector<std::string>{"alice@example.com"} == mails[0].envelopeTo);
        CPPUNIT_ASSERT_EQUAL(std::string("Grüße"), mails[0].mail.subject);
        CPPUNIT_ASSERT(mails[0].mail.text.find("\n.\r\nend") != std::string::npos ||
                       mails[0].mail.text.find("\n.\nend") != std::string::npos);
        CPPUNIT_ASSERT(mails[0].mail.html.find("<p>123456</p>") != std::string::npos);
    }

    void severalMailsArriveInOrder() {
        const PrivateSmtp server;
        const auto mailer = mailerTo(settingsOf(server));
        for (int i = 0; i < 20; ++i) world_->enqueue(*mailer, {"a@example.com", std::to_string(i), "t", ""});
        CPPUNIT_ASSERT_EQUAL(std::size_t{20}, mailer->sendDue());
        const auto mails = server.mails();
        CPPUNIT_ASSERT_EQUAL(std::size_t{20}, mails.size());
        for (std::size_t i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(i), mails[i].mail.subject);
    }

    void serverDownAndBackLosesNothing() {
        PrivateSmtp server;
        server.stop();
        const auto mailer = mailerTo(settingsOf(server));
        for (int i = 0; i < 3; ++i) world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, world_->waiting());
        server.start();
        world_->clock.advance(10s);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, server.mails().size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
    }

    void serverDownBetweenTwoMailsLosesNothing() {
        PrivateSmtp server;
        const auto mailer = mailerTo(settingsOf(server));
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        server.stop();
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->waiting());
        server.start();
        world_->clock.advance(10s);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
    }

    void tryLaterIsRetried() {
        PrivateSmtp server;
        server.refuse(451, 2);
        const auto mailer = mailerTo(settingsOf(server));
        world_->enqueue(*mailer, kMail);
        for (int i = 0; i < 2; ++i) {
            mailer->sendDue();
            CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->waiting());
            world_->clock.advance(1min);
        }
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.mails().size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
        CPPUNIT_ASSERT(world_->log.mentions("451"));
    }

    void neverIsDeadAndTheNextMailGoesOn() {
        PrivateSmtp server;
        server.refuse(550, 1);
        const auto mailer = mailerTo(settingsOf(server));
        world_->enqueue(*mailer, kMail);
        world_->enqueue(*mailer, {"bob@example.com", "second", "t", ""});
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->dead());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, world_->waiting());
        CPPUNIT_ASSERT_EQUAL(std::string("second"), server.mails().at(0).mail.subject);
        CPPUNIT_ASSERT(world_->log.mentions("550"));
        CPPUNIT_ASSERT(!world_->log.mentions("alice"));
    }

    void wrongPasswordKeepsTheMail() {
        const PrivateSmtp server;
        auto settings = settingsOf(server);
        settings.password = "wrong-secret";
        const auto mailer = mailerTo(settings);
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        assertKept(server, "the log-in was refused with 535");
        CPPUNIT_ASSERT(!world_->log.mentions("wrong-secret"));
    }

    void untrustedCertificateKeepsTheMailAndThePassword() {
        const PrivateSmtp server;
        auto settings = settingsOf(server);
        settings.authorities_file.clear();
        const auto mailer = mailerTo(settings);
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        assertKept(server, "certificate verify failed");
    }

    void otherHostsCertificateIsRefused() {
        const PrivateSmtp server;
        auto settings = settingsOf(server);
        settings.host = "127.1";  // reaches 127.0.0.1, but is not what the certificate is for
        const auto mailer = mailerTo(settings);
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        assertKept(server, "Certificate validation error");
    }

    void uncheckedCertificateIsAccepted() {
        const PrivateSmtp server;
        auto settings = settingsOf(server);
        settings.authorities_file.clear();
        settings.verify_certificate = false;
        const auto mailer = mailerTo(settings);
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        CPPUNIT_ASSERT(server.mails().at(0).overTls);
    }

    void noTlsOfferedSendsNothing() {
        const PrivateSmtp server({false, "", ""});
        auto settings = settingsOf(server);
        settings.authorities_file.clear();
        const auto mailer = mailerTo(settings);
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->waiting());
        CPPUNIT_ASSERT(server.mails().empty());
        CPPUNIT_ASSERT(world_->log.mentions("STARTTLS"));
    }

    void plainServerWorksIfAskedFor() {
        const PrivateSmtp server({false, "", ""});
        auto settings = settingsOf(server);
        settings.security = SmtpSecurity::kNone;
        const auto mailer = mailerTo(settings);
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.mails().size());
        CPPUNIT_ASSERT(!server.mails()[0].overTls);
    }

    /// A server that takes connections and never says a word.
    static SmtpSettings towards(const Poco::Net::ServerSocket& silent) {
        SmtpSettings settings;
        settings.host = "127.0.0.1";
        settings.port = silent.address().port();
        return settings;
    }

    void stopBreaksOffASilentServer() {
        Poco::Net::ServerSocket silent(Poco::Net::SocketAddress("127.0.0.1", 0));
        auto settings = towards(silent);
        settings.reply_timeout_ms = 600'000;
        const auto mailer = mailerTo(settings);
        mailer->start();
        world_->enqueue(*mailer, kMail);
        CPPUNIT_ASSERT(silent.poll(Poco::Timespan(10, 0), Poco::Net::Socket::SELECT_READ));
        mailer->stop();  // returns, or the test runs into its time limit
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->waiting());
    }

    void silentServerTimesOut() {
        Poco::Net::ServerSocket silent(Poco::Net::SocketAddress("127.0.0.1", 0));
        auto settings = towards(silent);
        settings.reply_timeout_ms = 100;
        const auto mailer = mailerTo(settings);
        world_->enqueue(*mailer, kMail);
        mailer->sendDue();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, world_->waiting());
        CPPUNIT_ASSERT(world_->log.mentions("Timeout"));
    }
};

class MailerSmtpOnSqliteTest : public MailerSmtpTest {
    CPPUNIT_TEST_SUB_SUITE(MailerSmtpOnSqliteTest, MailerSmtpTest);
    CPPUNIT_TEST_SUITE_END();
    test::SqliteSource source_;
    test::DatabaseSource& source() override { return source_; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MailerSmtpOnSqliteTest);

class MailerSmtpOnPostgresqlTest : public MailerSmtpTest {
    CPPUNIT_TEST_SUB_SUITE(MailerSmtpOnPostgresqlTest, MailerSmtpTest);
    CPPUNIT_TEST_SUITE_END();
    test::PostgresqlSource source_;
    test::DatabaseSource& source() override { return source_; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MailerSmtpOnPostgresqlTest);

}  // namespace
