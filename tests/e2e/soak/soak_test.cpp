#include <cppunit/extensions/HelperMacros.h>

#include "soak_run.h"

namespace linkup::soak {

using namespace std::chrono_literals;

/// The short form of `./dev soak`.
class SoakTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SoakTest);
    CPPUNIT_TEST(mixedLoadLeavesNothingBehindAndGaugesTellTheTruth);
    CPPUNIT_TEST_SUITE_END();

public:
    void mixedLoadLeavesNothingBehindAndGaugesTellTheTruth() {
        SoakRun soak({.duration = 6s,
                      .pairs = 10,
                      .visitors = 60,
                      .threads = 2,
                      .messages_per_second = 80,
                      .memory_factor = 1.5,
                      .memory_mib = 32});
        std::string faults;
        for (const auto& fault : soak.run()) faults += "\n" + fault;
        CPPUNIT_ASSERT_EQUAL(std::string(), faults);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SoakTest);

}  // namespace linkup::soak
