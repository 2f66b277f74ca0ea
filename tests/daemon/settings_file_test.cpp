#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <set>
#include <sstream>

#include "daemon/settings_file.h"
#include "daemon/settings_table.h"

using namespace linkup::daemon;

namespace {

/// The configuration file that we ship.
class SettingsFileTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SettingsFileTest);
    CPPUNIT_TEST(shippedFileIsWhatTheTableSays);
    CPPUNIT_TEST(keysAreUnique);
    CPPUNIT_TEST_SUITE_END();

    void shippedFileIsWhatTheTableSays() {
        std::stringstream expected;
        printConfigurationFile(expected);
        std::ifstream file(LINKUP_CONFIG_FILE);
        std::stringstream shipped;
        shipped << file.rdbuf();
        std::string wanted;
        std::string found;
        for (int line = 1; std::getline(expected, wanted); ++line) {
            std::getline(shipped, found);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                "line " + std::to_string(line) + "; write it anew with `linkupd --defaults`", wanted, found);
        }
        CPPUNIT_ASSERT_MESSAGE("lines beyond", !std::getline(shipped, found));
    }

    void keysAreUnique() {
        std::set<std::string_view> keys;
        for (const Option& option : daemonOptions()) {
            CPPUNIT_ASSERT_MESSAGE(std::string(option.key), keys.insert(option.key).second);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SettingsFileTest);

}  // namespace
