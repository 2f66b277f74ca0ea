#include "daemon/reload.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace linkup;
using namespace linkup::daemon;

namespace {

/// What differs between the configuration that runs and a new one.
class ReloadTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ReloadTest);
    CPPUNIT_TEST(sameConfigurationChangesNothing);
    CPPUNIT_TEST(liveOptionIsAppliedAndAnotherNeedsARestart);
    CPPUNIT_TEST(whatWasAppliedIsNoDifferenceAnyMore);
    CPPUNIT_TEST(whatNeedsARestartIsToldEachTime);
    CPPUNIT_TEST(newAndRemovedOptionsNeedARestart);
    CPPUNIT_TEST_SUITE_END();

    static DeclaredOption option(const std::string& key, const std::string& value, bool live) {
        return {.key = key, .live = live, .value = value, .origin = "file"};
    }

    RunningConfiguration running_{{option("a", "1", true), option("b", "1", false)}};

    void sameConfigurationChangesNothing() {
        const auto report = running_.compare({option("a", "1", true), option("b", "1", false)});
        CPPUNIT_ASSERT(report.accepted() && report.applied.empty() && report.needs_restart.empty());
    }

    void liveOptionIsAppliedAndAnotherNeedsARestart() {
        const auto report = running_.compare({option("a", "2", true), option("b", "2", false)});
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, report.applied.size());
        CPPUNIT_ASSERT_EQUAL(std::string("a"), report.applied.front().key);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, report.needs_restart.size());
        CPPUNIT_ASSERT_EQUAL(std::string("b"), report.needs_restart.front().key);
    }

    void whatWasAppliedIsNoDifferenceAnyMore() {
        const std::vector<DeclaredOption> next = {option("a", "2", true), option("b", "1", false)};
        running_.adopt(running_.compare(next).applied);
        CPPUNIT_ASSERT_EQUAL(std::string("2"), running_.value("a"));
        CPPUNIT_ASSERT(running_.compare(next).applied.empty());
    }

    void whatNeedsARestartIsToldEachTime() {
        const std::vector<DeclaredOption> next = {option("a", "1", true), option("b", "2", false)};
        for (int time = 0; time < 2; ++time) {
            const auto report = running_.compare(next);
            running_.adopt(report.applied);
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, report.needs_restart.size());
        }
    }

    void newAndRemovedOptionsNeedARestart() {
        const auto report = running_.compare({option("a", "1", true), option("c", "1", true)});
        CPPUNIT_ASSERT(report.applied.empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, report.needs_restart.size());
        CPPUNIT_ASSERT_EQUAL(std::string("c"), report.needs_restart.front().key);
        CPPUNIT_ASSERT_EQUAL(std::string("b"), report.needs_restart.back().key);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReloadTest);

}  // namespace
