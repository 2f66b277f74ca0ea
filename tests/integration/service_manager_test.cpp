#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <mutex>
#include <sstream>
#include <thread>

#include "http_client.h"
#include "linkup_daemon.h"
#include "notify_socket.h"
#include "wait.h"

using namespace linkup::test;
using namespace std::chrono_literals;

namespace {

/// The daemon as systemd sees it: what it is told, and what it hands over.
class ServiceManagerTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ServiceManagerTest);
    CPPUNIT_TEST(tellsWhenItIsReadyReloadsAndStops);
    CPPUNIT_TEST(whatStandsStillStarvesTheWatchdog);
    CPPUNIT_TEST(restartRefusesNoConnection);
    CPPUNIT_TEST(refusesWhatIsNoListeningSocket);
    CPPUNIT_TEST_SUITE_END();

    DaemonOptions bare() {
        DaemonOptions options;
        options.settings["plugins.enabled"] = "";
        options.environment["NOTIFY_SOCKET"] = notify_.address();
        return options;
    }

    DaemonOptions handedOver(const ListeningSocket& socket) {
        DaemonOptions options = bare();
        options.listener = socket.handle();
        options.settings["server.port"] = std::to_string(socket.port());
        return options;
    }

    void tellsWhenItIsReadyReloadsAndStops() {
        LinkupDaemon daemon(bare());
        CPPUNIT_ASSERT(waitFor([&] { return notify_.count("READY=1") == 1; }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, notify_.messages().size());  // no watchdog is asked for
        daemon.signal(SIGHUP);
        CPPUNIT_ASSERT(waitFor([&] { return notify_.count("READY=1") == 2; }));
        CPPUNIT_ASSERT_EQUAL(std::string("RELOADING=1\nMONOTONIC_USEC="),
                             notify_.messages().at(1).substr(0, 27));
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, notify_.messages().size());
        CPPUNIT_ASSERT_EQUAL(std::string("STOPPING=1"), notify_.messages().back());
    }

    void whatStandsStillStarvesTheWatchdog() {
        DaemonOptions options = bare();
        // A look each 1.1 s: readiness, which looks at the database, does so every second.
        options.environment["WATCHDOG_USEC"] = "4400000";
        options.settings["plugins.enabled"] = std::string(LINKUP_BAD_PLUGINS_DIR) + "/stalls.so";
        options.settings["server.worker_threads"] = "1";
        options.settings["database.sessions"] = "1";
        options.settings["database.wait_ms"] = "600000";
        LinkupDaemon daemon(options);
        CPPUNIT_ASSERT(waitFor([&] { return notify_.count("WATCHDOG=1") > 0; }));
        const auto release = [&] { ask(daemon, "release"); };
        starves(daemon, "worker", "pool requests", release);
        starves(daemon, "database", "database and cache", release);
        starves(daemon, "heartbeat", "heartbeat stalls.thread", release);
        starves(daemon, "front?wait=now", "I/O thread",
                [&] { std::ofstream(daemon.state() / "release").put('\n'); });
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
    }

    void starves(LinkupDaemon& daemon, const std::string& route, const std::string& part,
                 const std::function<void()>& release) {
        std::thread stalled([&] { ask(daemon, route); });
        const bool told = waitFor([&] {
            for (const std::string& line : linesOf(daemon.log())) {
                if (line.find("makes no progress") != std::string::npos &&
                    line.find(part) != std::string::npos)
                    return true;
            }
            return false;
        });
        const std::size_t fed = notify_.count("WATCHDOG=1");
        const bool starved = !waitFor([&] { return notify_.count("WATCHDOG=1") > fed; }, 1300ms);
        release();
        stalled.join();
        CPPUNIT_ASSERT_MESSAGE("nothing is said of " + part + " in\n" + daemon.log(), told);
        CPPUNIT_ASSERT_MESSAGE("fed while " + part + " stood still", starved);
        CPPUNIT_ASSERT(waitFor([&] { return notify_.count("WATCHDOG=1") > fed; }));
    }

    static std::vector<std::string> linesOf(const std::string& text) {
        std::istringstream stream(text);
        std::vector<std::string> lines;
        for (std::string line; std::getline(stream, line);) lines.push_back(line);
        return lines;
    }

    static void ask(const LinkupDaemon& daemon, const std::string& route) {
        HttpClient client(daemon.url());
        client.setTimeout(30s);
        client.get("/fixture/stalls/" + route);
    }

    void restartRefusesNoConnection() {
        const ListeningSocket socket;
        LinkupDaemon daemon(handedOver(socket));
        std::atomic<bool> over{false};
        std::atomic<int> served{0};
        std::mutex mutex;
        std::string faults;
        std::vector<std::thread> clients;
        for (const char* path : {"/healthz", "/"}) {
            clients.emplace_back([&, path] {
                while (!over) {
                    const std::string fault = faultOf(daemon, path);
                    if (fault.empty()) ++served;
                    const std::lock_guard lock(mutex);
                    faults += fault;
                }
            });
        }
        for (int i = 0; i < 3; ++i) {
            const int before = served;
            CPPUNIT_ASSERT(waitFor([&] { return served > before + 20; }));
            CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
            daemon.start();
        }
        over = true;
        for (auto& client : clients) client.join();
        CPPUNIT_ASSERT_EQUAL(std::string(), faults);
        CPPUNIT_ASSERT(waitFor([&] { return daemon.log().find("handed over") != std::string::npos; }));
    }

    /// What goes wrong with a request on a connection of its own; empty: nothing.
    static std::string faultOf(const LinkupDaemon& daemon, const std::string& path) {
        try {
            HttpClient client(daemon.url());
            client.setTimeout(30s);
            const int status = client.get(path).status;
            return status == 200 ? "" : path + ": " + std::to_string(status) + "; ";
        } catch (const Poco::Exception& error) {
            return path + ": " + error.displayText() + "; ";
        }
    }

    void refusesWhatIsNoListeningSocket() {
        DaemonOptions options = bare();
        options.listener = 0;  // /dev/null
        const ProcessResult result = LinkupDaemon::runToEnd(options);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(result.output, 78, result.exitCode);
        CPPUNIT_ASSERT_MESSAGE(result.output,
                               result.output.find("no listening TCP socket") != std::string::npos);
    }

    NotifySocket notify_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServiceManagerTest);

}  // namespace
