#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/testing/fake_bus.h>
#include <linkup/sdk/testing/fake_clock.h>

#include "chat_fixture.h"
#include "limit_service.h"

namespace linkup::test {

using chat::EventKind;
using chat::EventLimits;
using std::chrono::milliseconds;

/// Token buckets on one node and on two, with a clock that the test moves.
class LimitsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LimitsTest);
    CPPUNIT_TEST(burstIsAdmittedThenTheRate);
    CPPUNIT_TEST(peopleAndKindsAreCountedApart);
    CPPUNIT_TEST(noRateMeansNoLimit);
    CPPUNIT_TEST(whatIsTakenElsewhereIsMissingHere);
    CPPUNIT_TEST(whatWasTakenTooMuchOverNodesIsPaidBack);
    CPPUNIT_TEST(whileTheBusIsAwayEachNodeGoesByItself);
    CPPUNIT_TEST(fewEventsCauseNoTraffic);
    CPPUNIT_TEST(manyPeopleWhoLeftAreForgotten);
    CPPUNIT_TEST(tooManyEventsAreAnsweredWithTheTimeToWait);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        here_.start();
        there_.start();
    }

    void burstIsAdmittedThenTheRate() {
        for (int i = 0; i < 5; ++i) expect(0, here_, 1);
        expect(500, here_, 1);
        clock_.advance(milliseconds(499));
        expect(1, here_, 1);
        clock_.advance(milliseconds(1));
        expect(0, here_, 1);
        expect(500, here_, 1);
        clock_.advance(std::chrono::hours(1));
        for (int i = 0; i < 5; ++i) expect(0, here_, 1);
        expect(500, here_, 1);
    }

    void peopleAndKindsAreCountedApart() {
        for (int i = 0; i < 5; ++i) expect(0, here_, 1);
        expect(0, here_, 2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, here_.take(EventKind::kTyping, 1).count());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1000}, here_.take(EventKind::kTyping, 1).count());
        expect(500, here_, 1);
    }

    void noRateMeansNoLimit() {
        for (int i = 0; i < 10'000; ++i)
            CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, here_.take(EventKind::kSeen, 1).count());
        here_.share();
        CPPUNIT_ASSERT(bus_.published().empty());
    }

    void whatIsTakenElsewhereIsMissingHere() {
        for (int i = 0; i < 4; ++i) expect(0, here_, 1);
        here_.share();
        expect(0, there_, 1);
        expect(500, there_, 1);
        there_.share();
        expect(500, here_, 1);
        here_.share();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bus_.published().size());
    }

    void whatWasTakenTooMuchOverNodesIsPaidBack() {
        for (int i = 0; i < 5; ++i) {
            expect(0, here_, 1);
            expect(0, there_, 1);
        }
        here_.share();
        there_.share();
        expect(3000, here_, 1);
        expect(3000, there_, 1);
        clock_.advance(milliseconds(3000));
        expect(0, there_, 1);
        there_.share();
        expect(500, here_, 1);
    }

    void whileTheBusIsAwayEachNodeGoesByItself() {
        bus_.disconnect();
        for (int i = 0; i < 5; ++i) expect(0, here_, 1);
        here_.share();
        expect(500, here_, 1);
        bus_.reconnect();
        for (int i = 0; i < 5; ++i) expect(0, there_, 1);
        expect(500, there_, 1);
    }

    void fewEventsCauseNoTraffic() {
        for (sdk::UserId user = 1; user <= 50; ++user) {
            for (int i = 0; i < 9; ++i) here_.take(EventKind::kResume, user);
        }
        here_.share();
        CPPUNIT_ASSERT(bus_.published().empty());
        for (sdk::UserId user = 1; user <= 50; ++user) here_.take(EventKind::kResume, user);
        here_.share();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bus_.published().size());
        here_.share();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bus_.published().size());
    }

    void manyPeopleWhoLeftAreForgotten() {
        for (int round = 0; round < 5; ++round) {
            for (sdk::UserId user = 1; user <= 10'000; ++user) here_.take(EventKind::kMessage, user);
            clock_.advance(std::chrono::hours(1));
        }
        // Their buckets are full again, and so is a new one.
        for (int i = 0; i < 5; ++i) expect(0, here_, 77);
        expect(500, here_, 77);
    }

    void tooManyEventsAreAnsweredWithTheTimeToWait() {
        ChatTown chat(Backend::kSqlite, {}, limits());
        const auto room = chat.openRoom(1, 2);
        const auto phone = chat.hub.open(std::string(chat::kChatPath), 1);
        const auto typing = sdk::Json::object({{"to", 2}, {"from_", 1}, {"chat_room_id", room}});
        chat.sockets.onEvent(phone, "typing", typing);
        CPPUNIT_ASSERT(phone->takeEvents().empty());
        chat.sockets.onEvent(phone, "typing", typing);
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"({"type":"error","code":"rate_limited","detail":"Too many requests. Please try )"
                        R"(again later.","chat_room_id":1,"retry_after_ms":1000})"),
            phone->takeEvents().at(0).dump());
    }

private:
    static EventLimits limits() { return {{{2, 5}, {1, 1}, {0, 1}, {1, 1000}, {0, 1}}}; }
    static void expect(std::int64_t wait, chat::LimitService& node, sdk::UserId user) {
        CPPUNIT_ASSERT_EQUAL(wait, std::int64_t{node.take(EventKind::kMessage, user).count()});
    }

    sdk::testing::FakeClock clock_;
    sdk::testing::FakeBus bus_;
    chat::LimitService here_{bus_, clock_, limits()};
    chat::LimitService there_{bus_, clock_, limits()};
};

CPPUNIT_TEST_SUITE_REGISTRATION(LimitsTest);

}  // namespace linkup::test
