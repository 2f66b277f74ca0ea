#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "mail.h"

namespace linkup::test {
namespace {

class MailTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MailTest);
    CPPUNIT_TEST(plainMailIsRead);
    CPPUNIT_TEST(partsAreDecoded);
    CPPUNIT_TEST(codeStandsAlone);
    CPPUNIT_TEST(newestMailIsTheOneWrittenLastWhicheverNodeSentIt);
    CPPUNIT_TEST_SUITE_END();

public:
    void plainMailIsRead() {
        const auto mail = parseMail(
            "From: LinkUp <noreply@example.com>\r\nTo: Ann Other <Ann@example.com>, bob@example.com\r\n"
            "Subject: Hello\r\n\r\nYour code is 012345.\r\nBye\r\n");
        CPPUNIT_ASSERT(mail.isTo("ann@example.com") && mail.isTo("bob@example.com") &&
                       !mail.isTo("n@example.com"));
        CPPUNIT_ASSERT_EQUAL(std::string("Hello"), mail.subject);
        CPPUNIT_ASSERT_EQUAL(std::string("Your code is 012345.\r\nBye\r\n"), mail.text);
        CPPUNIT_ASSERT_EQUAL(std::string("012345"), mail.code());
    }

    void partsAreDecoded() {
        const auto mail = parseMail(
            "To: a@example.com\nSubject: =?UTF-8?B?SMOpbGxv?=\nMIME-Version: 1.0\n"
            "Content-Type: multipart/alternative; boundary=\"xyz\"\n\n"
            "--xyz\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
            "caf=C3=A9 =\n1\n"
            "--xyz\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
            "PGI+Y2Fmw6k8L2I+\n"
            "--xyz--\n");
        CPPUNIT_ASSERT_EQUAL(std::string("Héllo"), mail.subject);
        CPPUNIT_ASSERT_EQUAL(std::string("café 1"), mail.text);
        CPPUNIT_ASSERT_EQUAL(std::string("<b>café</b>"), mail.html);
    }

    void codeStandsAlone() {
        const auto code = [](const std::string& text) { return parseMail("To: a@b\n\n" + text).code(); };
        CPPUNIT_ASSERT_EQUAL(std::string("654321"), code("order 12345678 code 654321"));
        CPPUNIT_ASSERT_EQUAL(std::string("111111"), code("111111"));
        CPPUNIT_ASSERT_THROW(code("no 12345 and 1234567"), std::runtime_error);
    }

    void newestMailIsTheOneWrittenLastWhicheverNodeSentIt() {
        std::vector<Mail> mails(3);
        mails[0].file = "20261124T020416000001Z-000000000002.eml";  // of the first node
        mails[1].file = "20261124T020415999999Z-000000000001.eml";  // of the second
        mails[2].file = "20261124T020416000001Z-000000000001.eml";
        CPPUNIT_ASSERT(&newestOf(mails) == &mails[0]);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MailTest);

}  // namespace
}  // namespace linkup::test
