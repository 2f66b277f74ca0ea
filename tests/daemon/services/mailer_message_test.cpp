// What goes over the wire, read back by another implementation (Poco::Net, in tests/support/mail).

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <sstream>

#include "daemon/services/mailer_message.h"
#include "linkup/sdk/clock.h"
#include "tests/support/mail.h"

using namespace linkup;
using daemon::composeMessage;
using daemon::isAddressSafe;
using daemon::isHeaderSafe;
using daemon::MailSender;
using daemon::QueuedMail;

namespace {

QueuedMail queued(sdk::Mail mail) {
    return {7, "id-1", *sdk::parseTime("2026-11-24T02:04:15.207976Z"), 1, std::move(mail)};
}

class MailerMessageTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MailerMessageTest);
    CPPUNIT_TEST(plainAsciiStaysReadable);
    CPPUNIT_TEST(htmlComesAsTheLastAlternative);
    CPPUNIT_TEST(anyTextComesBackAsItWas);
    CPPUNIT_TEST(everyLineIsSevenBitAndShort);
    CPPUNIT_TEST(longSubjectIsCutBetweenCharacters);
    CPPUNIT_TEST(headersSayWhatTheyShould);
    CPPUNIT_TEST(lineBreaksAreNotHeaderSafe);
    CPPUNIT_TEST(addressesThatCouldEscapeAreUnsafe);
    CPPUNIT_TEST_SUITE_END();

    MailSender sender_{"no-reply@example.com", "LinkUp"};

public:
    void plainAsciiStaysReadable() {
        const std::string raw =
            composeMessage(queued({"a@example.com", "Your code", "Code: 123456\nBye", ""}), sender_);
        CPPUNIT_ASSERT(raw.ends_with("\r\n\r\nCode: 123456\r\nBye\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::string("123456"), test::parseMail(raw).code());
    }

    void htmlComesAsTheLastAlternative() {
        const std::string raw =
            composeMessage(queued({"a@example.com", "s", "plain", "<p>rich = ü</p>"}), sender_);
        const auto mail = test::parseMail(raw);
        CPPUNIT_ASSERT_EQUAL(std::string("plain"), mail.text.substr(0, 5));
        CPPUNIT_ASSERT_EQUAL(std::string("<p>rich = ü</p>"), mail.html.substr(0, 16));
        CPPUNIT_ASSERT(raw.find("text/plain") < raw.find("text/html"));
        CPPUNIT_ASSERT(raw.find("multipart/alternative") != std::string::npos);
    }

    void anyTextComesBackAsItWas() {
        std::string text = "Grüße, 你好 👋 = = \t\n";
        text += std::string(2000, 'x') + "\n";
        for (int c = 0x20; c < 0x7f; ++c) text += static_cast<char>(c);
        text += "\n.\n..dots\nFrom here\ntrailing blank \nend\n";
        const auto mail = test::parseMail(composeMessage(queued({"a@example.com", "s", text, ""}), sender_));
        std::string back = mail.text;
        std::erase(back, '\r');
        CPPUNIT_ASSERT_EQUAL(text, back);
    }

    void everyLineIsSevenBitAndShort() {
        const std::string long_text = std::string(5000, '=') + "ü";
        std::istringstream raw(composeMessage(
            queued({"a@example.com", std::string(500, 's') + "é", long_text, "<b>" + long_text + "</b>"}),
            sender_));
        std::string line;
        while (std::getline(raw, line)) {
            CPPUNIT_ASSERT_MESSAGE(line, line.size() <= 79 && line.ends_with('\r'));
            CPPUNIT_ASSERT(
                std::ranges::all_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
        }
    }

    void longSubjectIsCutBetweenCharacters() {
        std::string subject;
        for (int i = 0; i < 40; ++i) subject += "€x";
        const auto mail =
            test::parseMail(composeMessage(queued({"a@example.com", subject, "t", ""}), sender_));
        // The blanks between encoded words do not count (RFC 2047, 6.2); the reader here keeps them.
        std::string back = mail.subject;
        std::erase(back, ' ');
        CPPUNIT_ASSERT_EQUAL(subject, back);
    }

    void headersSayWhatTheyShould() {
        const std::string raw =
            composeMessage(queued({"a@example.com", "Hi", "t", ""}), {"no-reply@example.com", "Link \"Up\""});
        for (const char* line : {"Date: Tue, 24 Nov 2026 02:04:15 +0000\r\n", "To: <a@example.com>\r\n",
                                 "From: \"Link \\\"Up\\\"\" <no-reply@example.com>\r\n",
                                 "Message-ID: <id-1@example.com>\r\n", "Subject: Hi\r\n"}) {
            CPPUNIT_ASSERT_MESSAGE(line + ("\nin\n" + raw), raw.find(line) != std::string::npos);
        }
    }

    void lineBreaksAreNotHeaderSafe() {
        CPPUNIT_ASSERT(isHeaderSafe("Grüße, a: b"));
        for (const std::string_view text : {std::string_view("a\nBcc: x@y"), std::string_view("a\rb"),
                                            std::string_view("a\0b", 3), std::string_view("a\x7f")}) {
            CPPUNIT_ASSERT(!isHeaderSafe(text));
        }
    }

    void addressesThatCouldEscapeAreUnsafe() {
        CPPUNIT_ASSERT(isAddressSafe("a.b+c@example.com"));
        CPPUNIT_ASSERT(isAddressSafe("jürgen@exämple.de"));
        for (const char* address :
             {"", "nobody", "a@b\r\nRCPT TO:<c@d>", "a@b>", "a@b, c@d", "a b@c", "<a@b", "\"a\"@b"}) {
            CPPUNIT_ASSERT_MESSAGE(address, !isAddressSafe(address));
        }
        CPPUNIT_ASSERT(!isAddressSafe(std::string(250, 'a') + "@b.example"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MailerMessageTest);

}  // namespace
