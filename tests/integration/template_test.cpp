#include <cppunit/extensions/HelperMacros.h>

#include "http_client.h"
#include "linkup_daemon.h"
#include "socket_client.h"

using namespace linkup::test;

namespace {

DaemonOptions withTemplate() {
    DaemonOptions options;
    options.settings["plugins.enabled"] = std::string("auth,") + LINKUP_TEMPLATE_PLUGIN;
    return options;
}

/// The template plugin, built out of tree, in the built daemon.
class TemplateTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TemplateTest);
    CPPUNIT_TEST(checkListsWhatItRegisters);
    CPPUNIT_TEST(checkRefusesAWrongOptionOfIt);
    CPPUNIT_TEST(daemonServesItsRoute);
    CPPUNIT_TEST(itsSocketWantsAToken);
    CPPUNIT_TEST(withoutAuthItsSocketIsRefusedAtTheStart);
    CPPUNIT_TEST_SUITE_END();

    static void assertContains(const std::string& text, const std::string& part) {
        CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in\n" + text, text.find(part) != std::string::npos);
    }

    static ProcessResult check(DaemonOptions options) {
        options.arguments.push_back("--check");
        return LinkupDaemon::runToEnd(std::move(options));
    }

    void checkListsWhatItRegisters() {
        const ProcessResult result = check(withTemplate());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(result.output, 0, result.exitCode);
        assertContains(result.output, "hello 1.0.0 (Greets people; ");
        assertContains(result.output, "GET /api/v1/hello (plugin hello: open, Greets somebody.)");
        assertContains(result.output, "/api/v1/ws/hello (plugin hello: Greets and counts.)");
        assertContains(result.output, "hello.forget (plugin hello: every 600000 ms, once per cluster)");
        assertContains(result.output, "hello.greeting = Hello (default)");
    }

    void checkRefusesAWrongOptionOfIt() {
        DaemonOptions options = withTemplate();
        options.settings["hello.forget_after_seconds"] = "soon";
        const ProcessResult result = check(options);
        CPPUNIT_ASSERT_EQUAL(78, result.exitCode);
        assertContains(
            result.output,
            "command line: hello.forget_after_seconds: found \"soon\", allowed is a whole number from 1 to "
            "31536000");
        options = withTemplate();
        options.settings["hello.greting"] = "Servus";
        assertContains(check(options).output,
                       "command line: unknown option \"hello.greting\"; did you mean hello.greeting?");
    }

    void daemonServesItsRoute() {
        DaemonOptions options = withTemplate();
        options.settings["hello.greeting"] = "Servus";
        LinkupDaemon daemon(options);
        HttpClient client(daemon.url());
        const HttpReply reply = client.get("/api/v1/hello?name=Ada");
        CPPUNIT_ASSERT_EQUAL(200, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string("{\"message\":\"Servus, Ada!\"}"), reply.body);
        CPPUNIT_ASSERT(!reply.header("x-request-id").empty());
        CPPUNIT_ASSERT_EQUAL(422, client.get("/api/v1/hello?name=" + std::string(101, 'x')).status);
        CPPUNIT_ASSERT_EQUAL(405, client.post("/api/v1/hello").status);
        assertContains(client.get("/metrics").body, "linkup_hello_greetings_total{via=\"http\"} 1");
        assertContains(client.get("/openapi.json").body, "\"/api/v1/hello\"");
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void itsSocketWantsAToken() {
        LinkupDaemon daemon(withTemplate());
        CPPUNIT_ASSERT_EQUAL(403, SocketClient::handshake(daemon.url(), "/api/v1/ws/hello").status);
    }

    void withoutAuthItsSocketIsRefusedAtTheStart() {
        DaemonOptions options;
        options.settings["plugins.enabled"] = LINKUP_TEMPLATE_PLUGIN;
        const ProcessResult result = check(options);
        CPPUNIT_ASSERT_EQUAL(78, result.exitCode);
        assertContains(
            result.output,
            "plugin hello wants bearer tokens, but no enabled plugin provides linkup.authenticator/1");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TemplateTest);

}  // namespace
