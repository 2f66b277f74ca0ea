#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <regex>
#include <set>

#include "http_client.h"
#include "linkup_daemon.h"
#include "temporary_folder.h"
#include "wait.h"

using namespace linkup::test;

namespace {

namespace fs = std::filesystem;

/// Dashboards and alerts in etc/ against the numbers of a daemon that runs.
class WatchingTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WatchingTest);
    CPPUNIT_TEST(everyNumberThatDashboardsAndAlertsNameExists);
    CPPUNIT_TEST(dashboardsHavePanelsThatAskForSomething);
    CPPUNIT_TEST(theBusIsMeasuredFromEndToEnd);
    CPPUNIT_TEST_SUITE_END();

    static std::vector<fs::path> filesIn(const std::string& folder, const std::string& extension) {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(std::string(LINKUP_CONFIG_DIR) + "/" + folder)) {
            if (entry.path().extension() == extension) files.push_back(entry.path());
        }
        CPPUNIT_ASSERT_MESSAGE(folder, !files.empty());
        return files;
    }

    static std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
        std::set<std::string> found;
        for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
            found.insert((*at)[1]);
        return found;
    }

    /// The names in /metrics, once the first look at the parts has been taken.
    static std::set<std::string> numbersOf(const LinkupDaemon& daemon) {
        return matches(HttpClient(daemon.url()).get("/metrics").body,
                       std::regex("# TYPE (linkup_[a-z0-9_]+)"));
    }

    void everyNumberThatDashboardsAndAlertsNameExists() {
        const LinkupDaemon daemon;
        const std::set<std::string> known = numbersOf(daemon);
        std::size_t seen = 0;
        for (const auto& [folder, extension] : {std::pair{"grafana", ".json"}, {"prometheus", ".yml"}}) {
            for (const fs::path& file : filesIn(folder, extension)) {
                for (std::string name : matches(readFile(file), std::regex("(linkup_[a-z0-9_]+)"))) {
                    ++seen;
                    if (name.starts_with("linkup_daemon_tls_")) continue;  // only with TLS: gateway_tls_test
                    name = std::regex_replace(name, std::regex("_(bucket|sum|count)$"), "");
                    CPPUNIT_ASSERT_MESSAGE(file.string() + ": " + name, known.contains(name));
                }
            }
        }
        CPPUNIT_ASSERT(seen > 40);
    }

    void dashboardsHavePanelsThatAskForSomething() {
        for (const fs::path& file : filesIn("grafana", ".json")) {
            const auto board = parseJson(readFile(file)).extract<Poco::JSON::Object::Ptr>();
            CPPUNIT_ASSERT(!board->getValue<std::string>("title").empty());
            const auto panels = board->getArray("panels");
            CPPUNIT_ASSERT_MESSAGE(file.string(), panels->size() > 5);
            for (std::size_t i = 0; i < panels->size(); ++i) {
                const auto panel = panels->getObject(static_cast<unsigned>(i));
                CPPUNIT_ASSERT(!panel->getValue<std::string>("title").empty());
                const auto targets = panel->getArray("targets");
                CPPUNIT_ASSERT(targets->size() > 0);
                for (std::size_t t = 0; t < targets->size(); ++t) {
                    const auto target = targets->getObject(static_cast<unsigned>(t));
                    CPPUNIT_ASSERT(target->getValue<std::string>("expr").find("linkup_") !=
                                   std::string::npos);
                }
            }
        }
    }

    void theBusIsMeasuredFromEndToEnd() {
        const LinkupDaemon daemon;
        HttpClient client(daemon.url());
        CPPUNIT_ASSERT(waitFor([&] {
            const std::string numbers = client.get("/metrics").body;
            return numbers.find("linkup_daemon_bus_lag_seconds_count 0") == std::string::npos &&
                   numbers.find("linkup_daemon_bus_lag_seconds_count ") != std::string::npos;
        }));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WatchingTest);

}  // namespace
