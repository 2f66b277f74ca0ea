#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "process.h"

namespace linkup::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

class RunnerTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RunnerTest);
    CPPUNIT_TEST(failsAndNamesWhatFailed);
    CPPUNIT_TEST(runsOnlyWhatIsNamed);
    CPPUNIT_TEST(failsWhenNothingRan);
    CPPUNIT_TEST(listsWithoutRunning);
    CPPUNIT_TEST_SUITE_END();

public:
    void failsAndNamesWhatFailed() {
        const auto result = run({.command = {RUNNER_FIXTURE}});
        CPPUNIT_ASSERT_EQUAL(1, result.exitCode);
        CPPUNIT_ASSERT(contains(result.output, "runner_fixture.cpp:"));
        CPPUNIT_ASSERT(contains(result.output, "Expected: 3"));
        CPPUNIT_ASSERT(contains(result.output, "Not found: the blue door"));
        CPPUNIT_ASSERT(contains(result.output, "3 tests ran, 2 failed."));
    }

    void runsOnlyWhatIsNamed() {
        const auto result = run({.command = {RUNNER_FIXTURE, "passes"}});
        CPPUNIT_ASSERT_EQUAL(0, result.exitCode);
        CPPUNIT_ASSERT(contains(result.output, "1 tests ran, 0 failed."));
    }

    void failsWhenNothingRan() {
        CPPUNIT_ASSERT_EQUAL(2, run({.command = {RUNNER_FIXTURE, "noSuchTest"}}).exitCode);
        CPPUNIT_ASSERT_EQUAL(2, run({.command = {EMPTY_RUNNER_FIXTURE}}).exitCode);
    }

    void listsWithoutRunning() {
        const auto result = run({.command = {RUNNER_FIXTURE, "--list"}});
        CPPUNIT_ASSERT_EQUAL(0, result.exitCode);
        CPPUNIT_ASSERT(contains(result.output, "Fixture::assertsWrongly\n"));
        CPPUNIT_ASSERT(!contains(result.output, "failure"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RunnerTest);

}  // namespace
}  // namespace linkup::test
