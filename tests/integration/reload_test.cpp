#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <fstream>

#include "http_client.h"
#include "linkup_daemon.h"
#include "temporary_folder.h"
#include "wait.h"

using namespace linkup::test;

namespace {

/// SIGHUP to a daemon that serves: all of a new configuration, or nothing of it.
class ReloadTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ReloadTest);
    CPPUNIT_TEST(liveOptionsTakeEffectAndOthersNeedARestart);
    CPPUNIT_TEST(oneWrongValueAndNothingIsApplied);
    CPPUNIT_TEST(everythingWrongIsToldWithItsReason);
    CPPUNIT_TEST(missingFileChangesNothing);
    CPPUNIT_TEST(networkLimitsAreLive);
    CPPUNIT_TEST(limitsOfOneAddressAreLive);
    CPPUNIT_TEST(whoseWordIsTakenAndWhoIsFreeAreLive);
    CPPUNIT_TEST(numberOfConnectionsIsLive);
    CPPUNIT_TEST(overloadLimitsMustStayInOrder);
    CPPUNIT_TEST(limitsOfAPluginAreLive);
    CPPUNIT_TEST(whatAPluginRefusesIsRejected);
    CPPUNIT_TEST(pluginThatFailsToTakeAValueHarmsNobody);
    CPPUNIT_TEST(otherPluginsNeedARestart);
    CPPUNIT_TEST(reportIsPrintedAtEveryLevel);
    CPPUNIT_TEST(newValuesHoldAfterTheNextReloadAndSecretsAreNotPrinted);
    CPPUNIT_TEST_SUITE_END();

    TemporaryFolder folder_;
    std::unique_ptr<LinkupDaemon> daemon_;
    std::size_t seen_ = 0;  ///< of the log

public:
    void setUp() override { seen_ = 0; }
    void tearDown() override { daemon_.reset(); }

private:
    void write(const std::string& text) { std::ofstream(folder_ / "linkupd.properties") << text; }

    void start(const std::string& plugins, const std::string& text) {
        write("plugins.enabled = " + plugins + "\n" + text);
        DaemonOptions options;
        options.config = folder_ / "linkupd.properties";
        daemon_ = std::make_unique<LinkupDaemon>(std::move(options));
    }

    /// What the daemon logs of the reload, up to its last line.
    std::string reload() {
        daemon_->signal(SIGHUP);
        std::string log;
        CPPUNIT_ASSERT(waitFor([&] {
            log = daemon_->log().substr(seen_);
            return log.find("configuration reloaded") != std::string::npos ||
                   log.find("the configuration is wrong") != std::string::npos;
        }));
        seen_ = daemon_->log().rfind('\n');
        return log;
    }

    static void assertContains(const std::string& text, const std::string& part) {
        CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in\n" + text, text.find(part) != std::string::npos);
    }

    int status(const std::string& path) { return HttpClient(daemon_->url()).get(path).status; }

    void liveOptionsTakeEffectAndOthersNeedARestart() {
        start("", "");
        CPPUNIT_ASSERT_EQUAL(200, status("/metrics"));
        write("plugins.enabled =\nmetrics.allowed = 10.0.0.0/8\nserver.backlog = 7\n");
        const std::string log = reload();
        assertContains(log, "reload: applied option=metrics.allowed value=10.0.0.0/8");
        assertContains(log, "reload: needs a restart option=server.backlog value=7");
        assertContains(log, "configuration reloaded applied=1 needs_restart=1");
        CPPUNIT_ASSERT_EQUAL(404, status("/metrics"));
        CPPUNIT_ASSERT_EQUAL(0, daemon_->stop());
    }

    void oneWrongValueAndNothingIsApplied() {
        start("", "");
        write("plugins.enabled =\nmetrics.allowed = 10.0.0.0/8\nserver.backlog = many\n");
        assertContains(reload(), "rejected=1");
        CPPUNIT_ASSERT_EQUAL(200, status("/metrics"));
        write("plugins.enabled =\nmetrics.allowed = 10.0.0.0/8\n");
        assertContains(reload(), "configuration reloaded applied=1");
        CPPUNIT_ASSERT_EQUAL(404, status("/metrics"));
    }

    void everythingWrongIsToldWithItsReason() {
        start("auth", "");
        write(
            "plugins.enabled = auth\nserver.backlog = many\nserver.bakclog = 7\nmetrics.allowed = here\n"
            "auth.code.tries = 0\nauth.cod.tries = 1\nnobody.knows = 1\n");
        const std::string log = reload();
        const std::string file = (folder_ / "linkupd.properties").string();
        assertContains(log, "option=server.backlog");
        assertContains(log, "allowed is a whole number from 1 to 65535");
        assertContains(log, "did you mean server.backlog?");
        assertContains(log, "option=metrics.allowed");
        assertContains(log, file + ": auth.code.tries: found");
        assertContains(log, "did you mean auth.code.tries?");
        assertContains(log, "no enabled plugin is named nobody");
        assertContains(log, "rejected=6");
    }

    void missingFileChangesNothing() {
        start("", "status.token = the token of the status route\n");
        std::filesystem::remove(folder_ / "linkupd.properties");
        assertContains(reload(), "no such file, or it cannot be read");
        CPPUNIT_ASSERT_EQUAL(200, status("/readyz"));
    }

    void networkLimitsAreLive() {
        start("", "");
        HttpClient client(daemon_->url());
        client.setHeader("X-Long", std::string(3000, 'x'));
        CPPUNIT_ASSERT_EQUAL(200, client.get("/healthz").status);
        write("plugins.enabled =\nserver.max_header_bytes = 2000\n");
        reload();
        client.disconnect();
        CPPUNIT_ASSERT_EQUAL(431, client.get("/healthz").status);
    }

    void limitsOfOneAddressAreLive() {
        const std::string all = "plugins.enabled = auth\nserver.unlimited_addresses =\n";
        const std::string path = "/api/v1/me";  // without a token, so 401
        start("auth", "server.unlimited_addresses =\n");
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(401, status(path));
        write(all + "server.requests_per_address = 1\nserver.requests_burst_per_address = 1\n");
        assertContains(reload(), "reload: applied option=server.requests_per_address value=1");
        CPPUNIT_ASSERT(waitFor([&] { return status(path) == 429; }));
        write(all + "server.requests_per_address = 0\n");
        reload();
        for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT_EQUAL(401, status(path));
    }

    void whoseWordIsTakenAndWhoIsFreeAreLive() {
        const std::string limits =
            "plugins.enabled = auth\nserver.requests_per_address = 1\nserver.requests_burst_per_address = "
            "1\n";
        const auto numbersFor = [this](const std::string& address) {
            HttpClient client(daemon_->url());
            client.setHeader("X-Forwarded-For", address);
            return client.get("/metrics").status;
        };
        write(limits);
        DaemonOptions options;
        options.config = folder_ / "linkupd.properties";
        daemon_ = std::make_unique<LinkupDaemon>(std::move(options));
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(401, status("/api/v1/me"));
        CPPUNIT_ASSERT_EQUAL(200, numbersFor("192.0.2.1"));
        write(limits + "server.trusted_proxies = 127.0.0.1\nserver.unlimited_addresses = everybody\n");
        assertContains(reload(), "'everybody' is neither an address nor a network");
        CPPUNIT_ASSERT_EQUAL(200, numbersFor("192.0.2.1"));
        write(limits + "server.trusted_proxies = 127.0.0.1\nserver.unlimited_addresses = 10.0.0.0/8\n");
        assertContains(reload(), "applied=2");
        CPPUNIT_ASSERT_EQUAL(404, numbersFor("192.0.2.1"));
        CPPUNIT_ASSERT(waitFor([&] { return status("/api/v1/me") == 429; }));
        write(limits);
        reload();
        CPPUNIT_ASSERT_EQUAL(200, numbersFor("192.0.2.1"));
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(401, status("/api/v1/me"));
    }

    void numberOfConnectionsIsLive() {
        start("", "");
        HttpClient kept(daemon_->url());
        CPPUNIT_ASSERT_EQUAL(200, kept.get("/healthz").status);
        write("plugins.enabled =\nserver.max_connections = 1\n");
        assertContains(reload(), "reload: applied option=server.max_connections value=1");
        CPPUNIT_ASSERT_THROW(status("/healthz"), Poco::Exception);
        CPPUNIT_ASSERT_EQUAL(200, kept.get("/healthz").status);
        write("plugins.enabled =\n");
        reload();
        CPPUNIT_ASSERT_EQUAL(200, status("/healthz"));
    }

    void overloadLimitsMustStayInOrder() {
        start("", "");
        write("plugins.enabled =\noverload.sign_in_ms = 2000\noverload.live_ms = 2500\n");
        const std::string log = reload();
        assertContains(
            log, "overload.discovery_ms: found 1000, less than the 2000 of what is to be given up before");
        assertContains(log, "rejected=1");
        write("plugins.enabled =\noverload.sign_in_ms = 700\n");
        assertContains(reload(), "reload: applied option=overload.sign_in_ms value=700");
    }

    void limitsOfAPluginAreLive() {
        const std::string code = "/api/v1/verify-email?email=ada@example.com";
        start("auth", "auth.code.resend_seconds = 3600\n");
        CPPUNIT_ASSERT_EQUAL(200, status(code));
        CPPUNIT_ASSERT_EQUAL(429, status(code));
        write("plugins.enabled = auth\nauth.code.resend_seconds = 0\n");
        assertContains(reload(), "reload: applied option=auth.code.resend_seconds value=0");
        CPPUNIT_ASSERT_EQUAL(200, status(code));
        write("plugins.enabled = auth\nauth.code.resend_seconds = 0\nauth.code.per_email_hour = 1\n");
        reload();
        CPPUNIT_ASSERT_EQUAL(429, status(code));
    }

    void whatAPluginRefusesIsRejected() {
        start("auth", "");
        write("plugins.enabled = auth\nauth.token.signing_key = nowhere\nauth.code.tries = 3\n");
        const std::string log = reload();
        assertContains(log, "option=auth.token.signing_key");
        assertContains(log, "names no key");
        assertContains(log, "rejected=1");
    }

    void pluginThatFailsToTakeAValueHarmsNobody() {
        const std::string plugin = std::string(LINKUP_BAD_PLUGINS_DIR) + "/throws_in_change.so";
        start(plugin, "");
        write("plugins.enabled = " + plugin + "\nthrows_in_change.value = 2\nmetrics.allowed = 10.0.0.0/8\n");
        assertContains(reload(), "configuration reloaded applied=2");
        assertContains(daemon_->log(), "a plugin failed to take a new value");
        CPPUNIT_ASSERT_EQUAL(404, status("/metrics"));
        CPPUNIT_ASSERT_EQUAL(0, daemon_->stop());
    }

    void otherPluginsNeedARestart() {
        start("auth", "");
        write("plugins.enabled = auth,media\nmedia.images.quality = 70\nauth.code.tries = 3\n");
        const std::string log = reload();
        assertContains(log, "reload: needs a restart option=plugins.enabled value=auth,media");
        assertContains(log, "reload: applied option=auth.code.tries value=3");
        assertContains(log, "applied=1 needs_restart=1");
    }

    void reportIsPrintedAtEveryLevel() {
        start("", "log.level = error\n");
        write("plugins.enabled =\nlog.level = error\nmetrics.allowed = 10.0.0.0/8\n");
        assertContains(reload(), "reload: applied option=metrics.allowed");
        // Soon after the report the level holds again.
        CPPUNIT_ASSERT(waitFor([this] {
            status("/nowhere");
            return reload().find("status=404") == std::string::npos;
        }));
        write("plugins.enabled =\nlog.level = info\n");
        assertContains(reload(), "reload: applied option=log.level value=info");
        status("/nowhere");
        CPPUNIT_ASSERT(
            waitFor([this] { return daemon_->log().find("status=404", seen_) != std::string::npos; }));
    }

    void newValuesHoldAfterTheNextReloadAndSecretsAreNotPrinted() {
        start("", "status.token = the token of the beginning\n");
        write("plugins.enabled =\nstatus.token = do-not-print-me\n");
        assertContains(reload(), "applied=1");
        assertContains(reload(), "applied=0 needs_restart=0");
        HttpClient client(daemon_->url());
        client.setHeader("X-Status-Token", "do-not-print-me");
        CPPUNIT_ASSERT_EQUAL(200, client.get("/api/v1/internal/status").status);
        CPPUNIT_ASSERT(daemon_->log().find("do-not-print-me") == std::string::npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReloadTest);

}  // namespace
