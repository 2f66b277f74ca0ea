#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/long_computation.h>
#include <sched.h>
#include <time.h>

#include <cerrno>

using namespace linkup;

namespace {

cpu_set_t coresOfThisThread() {
    cpu_set_t cores;
    CPPUNIT_ASSERT_EQUAL(0, sched_getaffinity(0, sizeof cores, &cores));
    return cores;
}

/// How a sleep of this thread ends, for which a signal is nothing to go on after.
int sleep(timespec time) {
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

class LongComputationTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LongComputationTest);
    CPPUNIT_TEST(firstCoreIsLeftToOthers);
    CPPUNIT_TEST(whoeverNeedsAllCoresHasThem);
    CPPUNIT_TEST(coreIsOfferedUntilTheEnd);
    CPPUNIT_TEST_SUITE_END();

public:
    void firstCoreIsLeftToOthers() {
        const cpu_set_t before = coresOfThisThread();
        if (CPU_COUNT(&before) < 2) return;  // then nobody else has another one
        {
            const sdk::LongComputation computation(sdk::LongComputation::cores());
            cpu_set_t during = coresOfThisThread();
            CPPUNIT_ASSERT_EQUAL(CPU_COUNT(&before) - 1, CPU_COUNT(&during));
            int first = 0;
            while (!CPU_ISSET(first, &before)) ++first;
            CPPUNIT_ASSERT(!CPU_ISSET(first, &during));
        }
        const cpu_set_t after = coresOfThisThread();
        CPPUNIT_ASSERT(CPU_EQUAL(&before, &after));
    }

    void whoeverNeedsAllCoresHasThem() {
        const cpu_set_t before = coresOfThisThread();
        const sdk::LongComputation computation(CPU_COUNT(&before));
        const cpu_set_t during = coresOfThisThread();
        CPPUNIT_ASSERT(CPU_EQUAL(&before, &during));
    }

    void coreIsOfferedUntilTheEnd() {
        {
            const sdk::LongComputation computation(1);
            CPPUNIT_ASSERT_EQUAL(EINTR, sleep({10, 0}));
            CPPUNIT_ASSERT_EQUAL(EINTR, sleep({10, 0}));
        }
        CPPUNIT_ASSERT_EQUAL(0, sleep({0, 5'000'000}));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LongComputationTest);

}  // namespace
