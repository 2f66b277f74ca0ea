#include "daemon/services/watchdog.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>

#include "linkup/sdk/testing/recording_log.h"
#include "tests/support/wait.h"

using namespace linkup;
using daemon::Progress;
using daemon::ProgressMark;

namespace {

class WatchdogTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WatchdogTest);
    CPPUNIT_TEST(saysYesOnlyIfEachPartHasComeOn);
    CPPUNIT_TEST(partThatWaitsForWorkMayStandStill);
    CPPUNIT_TEST(forgottenPartDoesNotCount);
    CPPUNIT_TEST(slowPartNeedsOnlyComeOnSinceTheLastYes);
    CPPUNIT_TEST(namesWhatStandsStillOnceAndThatItGoesOn);
    CPPUNIT_TEST(feedsAsLongAsAllComesOn);
    CPPUNIT_TEST_SUITE_END();

    void watch(const std::string& name, ProgressMark& mark) {
        mark.beat();
        watchdog_.watch(name, [&mark] { return mark.look(); });
    }

    void saysYesOnlyIfEachPartHasComeOn() {
        watch("one", one_);
        watch("two", two_);
        CPPUNIT_ASSERT(watchdog_.allCameOn());
        one_.beat();
        CPPUNIT_ASSERT(!watchdog_.allCameOn());
        two_.beat();
        CPPUNIT_ASSERT(watchdog_.allCameOn());
        CPPUNIT_ASSERT(!watchdog_.allCameOn());
    }

    void partThatWaitsForWorkMayStandStill() {
        watch("one", one_);
        CPPUNIT_ASSERT(watchdog_.allCameOn());
        one_.rest();
        CPPUNIT_ASSERT(watchdog_.allCameOn());
        CPPUNIT_ASSERT(watchdog_.allCameOn());
    }

    void forgottenPartDoesNotCount() {
        watch("one", one_);
        const auto number = watchdog_.watch("two", [] { return Progress{}; });
        CPPUNIT_ASSERT(watchdog_.allCameOn());
        one_.beat();
        CPPUNIT_ASSERT(!watchdog_.allCameOn());
        watchdog_.forget(number);
        CPPUNIT_ASSERT(watchdog_.allCameOn());
    }

    void slowPartNeedsOnlyComeOnSinceTheLastYes() {
        watch("one", one_);
        watch("two", two_);
        CPPUNIT_ASSERT(watchdog_.allCameOn());
        one_.beat();  // and stands still while the other is late
        CPPUNIT_ASSERT(!watchdog_.allCameOn());
        CPPUNIT_ASSERT(!watchdog_.allCameOn());
        two_.beat();
        CPPUNIT_ASSERT(watchdog_.allCameOn());
    }

    void namesWhatStandsStillOnceAndThatItGoesOn() {
        watch("the part", one_);
        for (int i = 0; i < 5; ++i) watchdog_.allCameOn();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log_.lines().size());
        one_.beat();
        watchdog_.allCameOn();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log_.lines().size());
    }

    void feedsAsLongAsAllComesOn() {
        std::atomic<int> fed{0};
        watchdog_.watch("counts", [n = std::uint64_t{0}]() mutable { return Progress{++n}; });
        watchdog_.start(std::chrono::milliseconds(1), [&] { ++fed; });
        CPPUNIT_ASSERT(test::waitFor([&] { return fed > 3; }));
        watchdog_.watch("stands", [] { return Progress{}; });
        CPPUNIT_ASSERT(test::waitFor([&] { return !log_.lines().empty(); }));
        const int then = fed;
        CPPUNIT_ASSERT(!test::waitFor([&] { return fed > then; }, std::chrono::milliseconds(50)));
        watchdog_.stop();
    }

    sdk::testing::RecordingLog log_;
    daemon::Watchdog watchdog_{log_};
    ProgressMark one_;
    ProgressMark two_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WatchdogTest);

}  // namespace
