#include <cppunit/extensions/HelperMacros.h>

#include "chaos_town.h"
#include "crowd.h"
#include "faults.h"
#include "verdict.h"

namespace linkup::chaos {
namespace {

using namespace std::chrono_literals;

constexpr int kPairs = 12;
constexpr std::size_t kMessages = 600;
constexpr std::size_t kBetween = 40;  // messages between two faults at the most

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += "\n" + line;
    return text;
}

}  // namespace

/// The short form of `./dev chaos`: the same clients, faults and verdict.
class ChaosTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ChaosTest);
    CPPUNIT_TEST(nothingIsLostOrRepeatedWhateverFails);
    CPPUNIT_TEST_SUITE_END();

public:
    void nothingIsLostOrRepeatedWhateverFails() {
        Random random(1);
        ChaosTown town(kPairs);
        Crowd crowd(town.ports(), random);
        for (int person = 1; person <= 2 * kPairs; ++person) crowd.add(town.device(person));
        for (int person = 1; person <= kPairs; ++person) crowd.add(town.device(person));  // a second phone

        crowd.behave({.messages_per_second = 150, .resends = 0.3, .cuts = 0.2, .connection = 1000ms});
        Faults faults(crowd, random, kBetween,
                      {Faults::killNode(town, 0), Faults::stopPostgres(town), Faults::stopRedis(town, 500ms),
                       Faults::killNode(town, 1), Faults::crashPostgres(town)});
        crowd.run([&] { return faults.finished() && crowd.messages().size() >= kMessages; });
        faults.join();
        crowd.calmDown([&] { return town.lastSeqs(); }, 60s);

        const auto violations = judge(crowd, town);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(joined(violations), std::size_t{0}, violations.size());
        CPPUNIT_ASSERT(crowd.acknowledged() >= kMessages);
        // And that it would have been seen:
        town.query("DELETE FROM chat_messages WHERE chat_id = 1 AND seq = 3");
        CPPUNIT_ASSERT(!judge(crowd, town).empty());
        CPPUNIT_ASSERT(crowd.sightings().counts["connections cut"] > 0);
        CPPUNIT_ASSERT_EQUAL(0, town.stop());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChaosTest);

}  // namespace linkup::chaos
