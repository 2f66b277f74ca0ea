#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "deployment.h"
#include "golden_runner.h"

namespace linkup::test {
namespace {

constexpr int kEventPeriod_s = 15;

std::vector<std::filesystem::path> exchanges() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(LINKUP_GOLDEN_FOLDER)) {
        const auto name = entry.path().filename().string();
        if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

/// The recorded exchanges of the contract, replayed in order on an empty server.
class GoldenTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(GoldenTest);
    CPPUNIT_TEST(recordedExchangesHoldOnSqliteAndMemory);
    CPPUNIT_TEST(recordedExchangesHoldOnPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void recordedExchangesHoldOnSqliteAndMemory() { play(Deployment::Kind::kEmbedded); }
    void recordedExchangesHoldOnPostgresAndRedis() { play(Deployment::Kind::kTwoNodes); }

private:
    static void play(Deployment::Kind kind) {
        Deployment deployment(
            kind, {{"lobby.events.evening.cron", "*/" + std::to_string(kEventPeriod_s) + " * * * * *"},
                   {"lobby.events.evening.waiting_ms", "2000"},
                   {"status.token", "a-token-that-nobody-sends-in-this-test"}});
        GoldenRunner runner(LINKUP_GOLDEN_FOLDER, deployment, kEventPeriod_s);
        const auto files = exchanges();
        CPPUNIT_ASSERT(files.size() >= 36);
        for (const auto& file : files) {
            try {
                runner.play(file);
            } catch (const std::exception& error) {
                CPPUNIT_FAIL(file.filename().string() + ": " + error.what());
            }
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GoldenTest);

}  // namespace linkup::test
