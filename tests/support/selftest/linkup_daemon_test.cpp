#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>

#include "http_client.h"
#include "linkup_daemon.h"

namespace linkup::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Runs against a stand-in: what the real daemon does is tested elsewhere.
class LinkupDaemonTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LinkupDaemonTest);
    CPPUNIT_TEST(isReadyWhenStarted);
    CPPUNIT_TEST(failedStartShowsTheLog);
    CPPUNIT_TEST(runToEndReturnsExitCode);
    CPPUNIT_TEST(stopReturnsExitCodeAndStartUsesTheSamePort);
    CPPUNIT_TEST(newestCodeIsReadFromTheOutbox);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { setenv("LINKUP_DAEMON", FAKE_DAEMON, 1); }
    void tearDown() override { unsetenv("LINKUP_DAEMON"); }

    void isReadyWhenStarted() {
        LinkupDaemon daemon({.settings = {{"some.key", "some value"}}, .arguments = {"--extra"}});
        CPPUNIT_ASSERT_EQUAL(200, HttpClient(daemon.url()).get("/").status);
        CPPUNIT_ASSERT(std::filesystem::is_directory(daemon.state()));
        CPPUNIT_ASSERT(contains(daemon.log(), "-D some.key=some value"));
        CPPUNIT_ASSERT(contains(daemon.log(), "etc/linkupd.properties"));
        CPPUNIT_ASSERT(contains(daemon.log(), "--extra\n"));
    }

    void failedStartShowsTheLog() {
        try {
            LinkupDaemon daemon({.settings = {{"fake.fail", "yes"}}});
        } catch (const std::runtime_error& fault) {
            CPPUNIT_ASSERT(contains(fault.what(), "fake.fail: not allowed"));
            return;
        }
        CPPUNIT_FAIL("no error");
    }

    void runToEndReturnsExitCode() {
        const auto result = LinkupDaemon::runToEnd({.settings = {{"fake.fail", "yes"}}});
        CPPUNIT_ASSERT_EQUAL(3, result.exitCode);
        CPPUNIT_ASSERT(contains(result.output, "not allowed"));
    }

    void stopReturnsExitCodeAndStartUsesTheSamePort() {
        LinkupDaemon daemon;
        const std::string url = daemon.url();
        CPPUNIT_ASSERT_EQUAL(5, daemon.stop());
        CPPUNIT_ASSERT(!daemon.running());
        daemon.start();
        CPPUNIT_ASSERT_EQUAL(url, daemon.url());
        daemon.kill();
        CPPUNIT_ASSERT(!daemon.running());
    }

    void newestCodeIsReadFromTheOutbox() {
        LinkupDaemon daemon;
        HttpClient client(daemon.url());
        client.get("/mail/111111");
        CPPUNIT_ASSERT_EQUAL(std::string("111111"), daemon.codeFor("ann@example.com"));
        client.get("/mail/222222");
        CPPUNIT_ASSERT_EQUAL(std::string("222222"), daemon.codeFor("ann@example.com", 1));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, daemon.outbox().size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LinkupDaemonTest);

}  // namespace
}  // namespace linkup::test
