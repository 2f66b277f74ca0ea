#include <cppunit/extensions/HelperMacros.h>

#include "rolling.h"
#include "verdict.h"

namespace linkup::chaos {
namespace {

using namespace std::chrono_literals;

constexpr int kPairs = 40;

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += "\n" + line;
    return text;
}

}  // namespace

/// The short form of `./dev chaos rolling`.
class RollingTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RollingTest);
    CPPUNIT_TEST(rollingRestartLosesAndRefusesNothingAndSpreadsReconnects);
    CPPUNIT_TEST_SUITE_END();

public:
    void rollingRestartLosesAndRefusesNothingAndSpreadsReconnects() {
        const RollingPlan plan{.drain = 1000ms, .after_drain = 300ms, .farthest = 0.45};
        Random random(1);
        ChaosTown town(kPairs, plan.settings());
        RollingRestart rolling(town, plan);
        Crowd crowd(rolling.ports(), random);
        for (int person = 1; person <= 2 * kPairs; ++person) crowd.add(town.device(person));
        for (int person = 1; person <= 2 * kPairs; ++person) crowd.add(town.device(person));

        const Behaviour behaviour{.messages_per_second = 150, .after_drain = plan.after_drain};
        crowd.behave(behaviour);
        Faults faults(crowd, random, 1, rolling.steps());
        crowd.run([&] { return faults.finished(); });
        faults.join();
        crowd.calmDown([&] { return town.lastSeqs(); }, 30s);

        const auto faults_of_proxy = rolling.judge(crowd);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(joined(faults_of_proxy), std::size_t{0}, faults_of_proxy.size());
        const auto violations = judge(crowd, town);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(joined(violations), std::size_t{0}, violations.size());
        CPPUNIT_ASSERT(crowd.acknowledged() > 500);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RollingTest);

}  // namespace linkup::chaos
