#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <fstream>

#include "http_client.h"
#include "linkup_daemon.h"
#include "temporary_folder.h"
#include "wait.h"

using namespace linkup::test;

namespace {

/// The program itself: commands, exit codes, probes; without any of our plugins.
class DaemonTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DaemonTest);
    CPPUNIT_TEST(shippedConfigurationPassesTheCheck);
    CPPUNIT_TEST(shippedPluginFilesAreWhatThePluginsSay);
    CPPUNIT_TEST(wrongOptionFailsTheStartWithFileAndKey);
    CPPUNIT_TEST(unknownCommandLineOptionIsAUsageError);
    CPPUNIT_TEST(brokenPluginFailsTheStart);
    CPPUNIT_TEST(absentPluginFailsTheStart);
    CPPUNIT_TEST(databaseDownAtTheStartIsToldWithItsOwnExitCode);
    CPPUNIT_TEST(portInUseIsToldWithItsOwnExitCode);
    CPPUNIT_TEST(productionRefusesDemoData);
    CPPUNIT_TEST(probesAnswer);
    CPPUNIT_TEST(staticPagesHaveVersions);
    CPPUNIT_TEST(playgroundTakesNothingFromElsewhere);
    CPPUNIT_TEST(playgroundMakesPeopleForItselfAlone);
    CPPUNIT_TEST(productionHasNoPlayground);
    CPPUNIT_TEST(metricsAreForAllowedNetworksOnly);
    CPPUNIT_TEST(statusWantsItsToken);
    CPPUNIT_TEST(statusWithoutConfiguredTokenIsClosed);
    CPPUNIT_TEST(consoleStandsOnItsOwnListenerAlone);
    CPPUNIT_TEST(consoleWithoutPluginsHasNothingOfThem);
    CPPUNIT_TEST(consoleIsNotThereWithoutToken);
    CPPUNIT_TEST(shortTokenOfTheConsoleFailsTheCheck);
    CPPUNIT_TEST(terminationEndsWithZero);
    CPPUNIT_TEST(commandCanBeInterrupted);
    CPPUNIT_TEST(schemaIsKeptOverARestart);
    CPPUNIT_TEST(pluginThatFailsLaterLeavesNothingBehind);
    CPPUNIT_TEST_SUITE_END();

    static DaemonOptions bare() {
        DaemonOptions options;
        options.settings["plugins.enabled"] = "";
        return options;
    }

    static std::string bad(const std::string& name) {
        return std::string(LINKUP_BAD_PLUGINS_DIR) + "/" + name + ".so";
    }

    static void assertContains(const std::string& text, const std::string& part) {
        CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in\n" + text, text.find(part) != std::string::npos);
    }

    static void assertEnds(DaemonOptions options, int exit_code, const std::string& message) {
        const ProcessResult result = LinkupDaemon::runToEnd(std::move(options));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(result.output, exit_code, result.exitCode);
        assertContains(result.output, message);
    }

    void shippedConfigurationPassesTheCheck() {
        DaemonOptions options = bare();
        options.arguments = {"--check"};
        assertEnds(options, 0, "server.port = ");
    }

    void shippedPluginFilesAreWhatThePluginsSay() {
        for (const auto& entry : std::filesystem::directory_iterator(LINKUP_PLUGIN_CONFIG_DIR)) {
            DaemonOptions options;
            options.arguments = {"--defaults=" + entry.path().stem().string()};
            const ProcessResult result = LinkupDaemon::runToEnd(options);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(result.output, 0, result.exitCode);
            CPPUNIT_ASSERT_EQUAL(result.output, readFile(entry.path()));
        }
    }

    void wrongOptionFailsTheStartWithFileAndKey() {
        const TemporaryFolder folder;
        DaemonOptions options = bare();
        options.config = folder / "wrong.properties";
        std::ofstream(*options.config) << "server.max_connectons = 5\n";
        assertEnds(options, 78,
                   options.config->string() +
                       ": unknown option \"server.max_connectons\"; did you mean server.max_connections?");
        options = bare();
        options.environment["LINKUP_SERVER_BACKLOG"] = "many";
        assertEnds(options, 78,
                   "environment variable LINKUP_SERVER_BACKLOG: server.backlog: found \"many\", allowed is a "
                   "whole number");
    }

    void unknownCommandLineOptionIsAUsageError() {
        DaemonOptions options = bare();
        options.arguments = {"--chekc"};
        assertEnds(options, 64, "chekc");
        options.arguments = {"--demo", "none"};
        assertEnds(options, 78, "--demo: found \"none\", allowed is a whole number from 1 to 1000000");
    }

    void brokenPluginFailsTheStart() {
        DaemonOptions options;
        options.settings["plugins.enabled"] = bad("wrong_major");
        assertEnds(options, 78, bad("wrong_major") + ": field \"abi_major\": found 2, expected 1");
    }

    void absentPluginFailsTheStart() {
        DaemonOptions options;
        options.settings["plugins.enabled"] = "no_such_plugin";
        assertEnds(options, 78, "no_such_plugin.so: no such file, or it cannot be read");
    }

    void databaseDownAtTheStartIsToldWithItsOwnExitCode() {
        const FreePort port;
        DaemonOptions options = bare();
        options.settings["database.url"] =
            "postgresql://linkup:do-not-print-me@127.0.0.1:" + std::to_string(port.number()) + "/linkup";
        const ProcessResult result = LinkupDaemon::runToEnd(options);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(result.output, 69, result.exitCode);
        assertContains(result.output, "atabase");
        CPPUNIT_ASSERT(result.output.find("do-not-print-me") == std::string::npos);
    }

    void portInUseIsToldWithItsOwnExitCode() {
        const LinkupDaemon first(bare());
        DaemonOptions options = bare();
        options.settings["server.port"] = std::to_string(first.port());
        assertEnds(options, 69, std::to_string(first.port()));
    }

    void productionRefusesDemoData() {
        DaemonOptions options = bare();
        options.settings["profile"] = "production";
        options.arguments = {"--demo", "3"};
        assertEnds(options, 78, "--demo: not in the production profile");
    }

    void probesAnswer() {
        const LinkupDaemon daemon(bare());
        HttpClient client(daemon.url());
        CPPUNIT_ASSERT_EQUAL(std::string("ok"), client.get("/healthz").text("status"));
        const HttpReply ready = client.get("/readyz");
        CPPUNIT_ASSERT_EQUAL(std::string("ready"), ready.text("status"));
        CPPUNIT_ASSERT_EQUAL(std::string("ok"), ready.text("checks.database"));
        CPPUNIT_ASSERT_EQUAL(std::string("3.1.0"), client.get("/api/v1/openapi.json").text("openapi"));
        CPPUNIT_ASSERT_EQUAL(std::string("3.0.0"), client.get("/api/v1/asyncapi.json").text("asyncapi"));
        const HttpReply unknown = client.get("/api/v1/no-such-route");
        CPPUNIT_ASSERT_EQUAL(404, unknown.status);
        CPPUNIT_ASSERT_EQUAL(std::string("Not Found"), unknown.text("detail"));
    }

    void staticPagesHaveVersions() {
        const LinkupDaemon daemon(bare());
        HttpClient client(daemon.url());
        const HttpReply page = client.get("/");
        CPPUNIT_ASSERT_EQUAL(200, page.status);
        CPPUNIT_ASSERT_EQUAL(std::string("text/html; charset=utf-8"), page.header("content-type"));
        CPPUNIT_ASSERT(!page.header("last-modified").empty());
        const HttpReply again = client.send("GET", "/", {}, {}, {{"If-None-Match", page.header("etag")}});
        CPPUNIT_ASSERT_EQUAL(304, again.status);
        CPPUNIT_ASSERT(again.body.empty());
        CPPUNIT_ASSERT_EQUAL(200, client.send("GET", "/", {}, {}, {{"If-None-Match", "\"other\""}}).status);
        CPPUNIT_ASSERT_EQUAL(200, client.get("/docs").status);
    }

    void playgroundTakesNothingFromElsewhere() {
        LinkupDaemon daemon(bare());
        HttpClient client(daemon.url());
        for (const char* path : {"/try", "/try/page.js", "/try/try.css"}) {
            const HttpReply reply = client.get(path);
            CPPUNIT_ASSERT_EQUAL(200, reply.status);
            CPPUNIT_ASSERT_EQUAL(std::string("nosniff"), reply.header("x-content-type-options"));
            assertContains(reply.header("content-security-policy"), "default-src 'none'; script-src 'self';");
        }
        CPPUNIT_ASSERT_EQUAL(std::string("text/javascript; charset=utf-8"),
                             client.get("/try/page.js").header("content-type"));
        CPPUNIT_ASSERT_EQUAL(404, client.get("/page.js").status);
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void playgroundMakesPeopleForItselfAlone() {
        LinkupDaemon daemon(bare());
        HttpClient client(daemon.url());
        CPPUNIT_ASSERT_EQUAL(403, client.post("/try/people", R"({"count":2})").status);
        client.setHeader("X-Linkup-Try", "1");
        CPPUNIT_ASSERT_EQUAL(422, client.post("/try/people", R"({"count":101})").status);
        CPPUNIT_ASSERT_EQUAL(200, client.post("/try/people", R"({"count":2})").status);
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void productionHasNoPlayground() {
        DaemonOptions options = bare();
        options.settings["profile"] = "production";
        options.settings["status.token"] = std::string(32, 's');
        LinkupDaemon daemon(options);
        HttpClient client(daemon.url());
        CPPUNIT_ASSERT_EQUAL(200, client.get("/").status);
        for (const char* path : {"/try", "/try/page.js"}) CPPUNIT_ASSERT_EQUAL(404, client.get(path).status);
        client.setHeader("X-Linkup-Try", "1");
        CPPUNIT_ASSERT_EQUAL(404, client.post("/try/people", R"({"count":2})").status);
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void metricsAreForAllowedNetworksOnly() {
        DaemonOptions options = bare();
        const LinkupDaemon daemon(options);
        assertContains(HttpClient(daemon.url()).get("/metrics").body, "linkup_daemon_ready");
        options.settings["metrics.allowed"] = "10.0.0.0/8";
        const LinkupDaemon closed(options);
        CPPUNIT_ASSERT_EQUAL(404, HttpClient(closed.url()).get("/metrics").status);
    }

    void statusWantsItsToken() {
        DaemonOptions options = bare();
        options.settings["status.token"] = "a token for the status route";
        const LinkupDaemon daemon(options);
        HttpClient client(daemon.url());
        const HttpReply none = client.get("/api/v1/internal/status");
        CPPUNIT_ASSERT_EQUAL(401, none.status);
        CPPUNIT_ASSERT_EQUAL(std::string("Invalid or missing status token"), none.text("detail"));
        client.setHeader("X-Status-Token", "a token for the status routE");
        CPPUNIT_ASSERT_EQUAL(401, client.get("/api/v1/internal/status").status);
        client.setHeader("X-Status-Token", "a token for the status route");
        const HttpReply status = client.get("/api/v1/internal/status");
        CPPUNIT_ASSERT_EQUAL(200, status.status);
        CPPUNIT_ASSERT_EQUAL(std::string("ok"), status.text("status"));
        CPPUNIT_ASSERT_EQUAL(std::string("ok"), status.text("database"));
        CPPUNIT_ASSERT_EQUAL(std::string("ok"), status.text("redis"));
        CPPUNIT_ASSERT(status.body.find("a token for the status route") == std::string::npos);
    }

    void statusWithoutConfiguredTokenIsClosed() {
        const LinkupDaemon daemon(bare());
        HttpClient client(daemon.url());
        client.setHeader("X-Status-Token", "");
        CPPUNIT_ASSERT_EQUAL(401, client.get("/api/v1/internal/status").status);
    }

    static DaemonOptions withConsole(const FreePort& port) {
        DaemonOptions options = bare();
        options.settings["console.token"] = std::string(32, 'c');
        options.settings["console.port"] = std::to_string(port.number());
        return options;
    }

    static std::string consoleUrl(const FreePort& port) {
        return "http://127.0.0.1:" + std::to_string(port.number());
    }

    void consoleStandsOnItsOwnListenerAlone() {
        const FreePort port;
        LinkupDaemon daemon(withConsole(port));
        HttpClient console(consoleUrl(port));
        const HttpReply page = console.get("/console");
        CPPUNIT_ASSERT_EQUAL(200, page.status);
        assertContains(page.header("content-security-policy"), "default-src 'none'; script-src 'self';");
        CPPUNIT_ASSERT_EQUAL(404, console.get("/readyz").status);
        CPPUNIT_ASSERT_EQUAL(404, HttpClient(daemon.url()).get("/console").status);

        const HttpReply refused = console.get("/console/api/overview");
        CPPUNIT_ASSERT_EQUAL(401, refused.status);
        CPPUNIT_ASSERT_EQUAL(std::string("Not authenticated"), refused.text("detail"));
        console.setBearer(std::string(32, 'c'));
        const HttpReply overview = console.get("/console/api/overview");
        CPPUNIT_ASSERT_EQUAL(std::string("ready"), overview.text("status"));
        CPPUNIT_ASSERT_EQUAL(std::string("no-store"), overview.header("cache-control"));
        CPPUNIT_ASSERT(console.get("/console/api/numbers").object()->has("linkup_daemon_connections"));
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void consoleWithoutPluginsHasNothingOfThem() {
        const FreePort port;
        LinkupDaemon daemon(withConsole(port));
        HttpClient console(consoleUrl(port));
        console.setBearer(std::string(32, 'c'));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"plugins":[]})"), console.get("/console/api/plugins").body);
        for (const char* path : {"reports", "lobby"})
            CPPUNIT_ASSERT_EQUAL(std::string("null"), console.get(std::string("/console/api/") + path).body);
        CPPUNIT_ASSERT_EQUAL(std::string("null"),
                             console.post("/console/api/sessions", R"({"user_id":1})").body);
        CPPUNIT_ASSERT_EQUAL(422, console.post("/console/api/reports/clear", "{}").status);
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void consoleIsNotThereWithoutToken() {
        const FreePort port;
        DaemonOptions options = withConsole(port);
        options.settings["console.token"] = "";
        LinkupDaemon daemon(options);
        CPPUNIT_ASSERT_THROW(HttpClient(consoleUrl(port)).get("/console"), Poco::Exception);
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void shortTokenOfTheConsoleFailsTheCheck() {
        DaemonOptions options = bare();
        options.settings["console.token"] = "too short";
        options.arguments = {"--check"};
        assertEnds(options, 78, "console.token: found 9 bytes, allowed are 32 or more");
    }

    void terminationEndsWithZero() {
        LinkupDaemon daemon(bare());
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
        assertContains(daemon.log(), "draining");
        assertContains(daemon.log(), "stopped");
        LinkupDaemon interrupted(bare());
        interrupted.signal(SIGINT);
        CPPUNIT_ASSERT(waitFor([&] { return !interrupted.running(); }));
    }

    void commandCanBeInterrupted() {
        const TemporaryFolder state;
        ProcessOptions demo;
        demo.command = {
            LINKUP_PROGRAM, "-D",     "plugins.enabled=auth", "-D", "paths.state=" + state.path().string(),
            "--demo",       "1000000"};
        Process process(demo);
        CPPUNIT_ASSERT(waitFor([&] { return std::filesystem::exists(state / "linkup.db"); }));
        process.signal(SIGINT);
        CPPUNIT_ASSERT_EQUAL(128 + SIGINT, process.wait().value_or(0));
    }

    void schemaIsKeptOverARestart() {
        LinkupDaemon daemon(bare());
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
        CPPUNIT_ASSERT(std::filesystem::exists(daemon.state() / "linkup.db"));
        daemon.start();
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void pluginThatFailsLaterLeavesNothingBehind() {
        DaemonOptions options;
        options.settings["plugins.enabled"] = "auth," + bad("good") + "," + bad("throws_in_start");
        assertEnds(options, 78, "start failed: the fixture fails here");
        options.settings["plugins.enabled"] = "auth," + bad("good");
        LinkupDaemon daemon(options);
        CPPUNIT_ASSERT_EQUAL(200, HttpClient(daemon.url()).get("/fixture/good/x").status);
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DaemonTest);

}  // namespace
