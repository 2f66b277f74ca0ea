#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <Poco/Net/AcceptCertificateHandler.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/MailMessage.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/Net/SecureSMTPClientSession.h>
#include <Poco/SharedPtr.h>

#include "private_smtp.h"

namespace linkup::test {
namespace {

using Poco::Net::Context;
using Poco::Net::SecureSMTPClientSession;

/// Sends one mail as a careful client does: it trusts only the server's certificate.
void sendMail(const PrivateSmtp& server, const std::string& subject,
              const std::string& password = "mail-secret") {
    const Context::Ptr context(new Context(Context::TLS_CLIENT_USE, server.certificate().string()));
    SecureSMTPClientSession session("localhost", server.port());
    session.login();
    CPPUNIT_ASSERT(session.startTLS(context));
    session.login("localhost", Poco::Net::SMTPClientSession::AUTH_LOGIN, "mail", password);
    Poco::Net::MailMessage mail;
    mail.setSender("noreply@example.com");
    mail.addRecipient({Poco::Net::MailRecipient::PRIMARY_RECIPIENT, "ann@example.com"});
    mail.setSubject(subject);
    mail.setContent("Code 123456");
    session.sendMessage(mail);
    session.close();
}

class SmtpTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SmtpTest);
    CPPUNIT_TEST(takesMailOverTlsFromWhoSignsIn);
    CPPUNIT_TEST(refusesMailWithoutTls);
    CPPUNIT_TEST(refusesWrongPassword);
    CPPUNIT_TEST(refusesAsManyMailsAsTold);
    CPPUNIT_TEST(keepsItsMailsWhenRestarted);
    CPPUNIT_TEST(takesPlainMailIfToldTo);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { Poco::Net::initializeSSL(); }
    void tearDown() override { Poco::Net::uninitializeSSL(); }

    void takesMailOverTlsFromWhoSignsIn() {
        const PrivateSmtp server;
        sendMail(server, "First");
        sendMail(server, "Second");
        const auto mails = server.mails();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, mails.size());
        CPPUNIT_ASSERT_EQUAL(std::string("First"), mails[0].mail.subject);
        CPPUNIT_ASSERT_EQUAL(std::string("Second"), mails[1].mail.subject);
        CPPUNIT_ASSERT_EQUAL(std::string("123456"), mails[0].mail.code());
        CPPUNIT_ASSERT(mails[0].overTls);
        CPPUNIT_ASSERT_EQUAL(std::string("mail"), mails[0].user);
        CPPUNIT_ASSERT_EQUAL(std::string("noreply@example.com"), mails[0].envelopeFrom);
        CPPUNIT_ASSERT(mails[0].envelopeTo == std::vector<std::string>{"ann@example.com"});
    }

    void refusesMailWithoutTls() {
        const PrivateSmtp server;
        Poco::Net::SMTPClientSession session("127.0.0.1", server.port());
        session.login();
        CPPUNIT_ASSERT_EQUAL(530, statusOf([&] { send(session); }));
        CPPUNIT_ASSERT(server.mails().empty());
    }

    void refusesWrongPassword() {
        const PrivateSmtp server;
        CPPUNIT_ASSERT_EQUAL(535, statusOf([&] { sendMail(server, "x", "wrong"); }));
        CPPUNIT_ASSERT(server.mails().empty());
    }

    void refusesAsManyMailsAsTold() {
        PrivateSmtp server;
        server.refuse(451, 2);
        CPPUNIT_ASSERT_EQUAL(451, statusOf([&] { sendMail(server, "a"); }));
        CPPUNIT_ASSERT_EQUAL(1, server.refusalsLeft());
        CPPUNIT_ASSERT_EQUAL(451, statusOf([&] { sendMail(server, "b"); }));
        sendMail(server, "c");
        server.refuse(550, 1);
        CPPUNIT_ASSERT_EQUAL(550, statusOf([&] { sendMail(server, "d"); }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.mails().size());
        CPPUNIT_ASSERT_EQUAL(std::string("c"), server.mails()[0].mail.subject);
    }

    void keepsItsMailsWhenRestarted() {
        PrivateSmtp server;
        sendMail(server, "before");
        server.stop();
        CPPUNIT_ASSERT_THROW(sendMail(server, "during"), Poco::Net::ConnectionRefusedException);
        server.start();
        sendMail(server, "after");
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server.mails().size());
        CPPUNIT_ASSERT_EQUAL(std::string("after"), server.mails()[1].mail.subject);
    }

    void takesPlainMailIfToldTo() {
        const PrivateSmtp server({.startTls = false, .user = {}});
        Poco::Net::SMTPClientSession session("127.0.0.1", server.port());
        session.login();
        send(session);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.mails().size());
        CPPUNIT_ASSERT(!server.mails()[0].overTls);
    }

private:
    static void send(Poco::Net::SMTPClientSession& session) {
        Poco::Net::MailMessage mail;
        mail.setSender("noreply@example.com");
        mail.addRecipient({Poco::Net::MailRecipient::PRIMARY_RECIPIENT, "ann@example.com"});
        mail.setContent("text");
        session.sendMessage(mail);
    }

    /// The status code of the server's refusal; 0 if there was none.
    static int statusOf(const std::function<void()>& action) {
        try {
            action();
        } catch (const Poco::Net::SMTPException& fault) {
            return fault.code();
        }
        return 0;
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SmtpTest);

}  // namespace
}  // namespace linkup::test
