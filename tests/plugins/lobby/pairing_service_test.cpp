#include "pairing_service.h"

#include <cppunit/extensions/HelperMacros.h>

#include "mortal_database.h"

namespace linkup::test {

using namespace std::chrono_literals;

/// More people than one transaction answers, on both databases.
template <Backend kBackend>
class PairingServiceTest : public LobbyFixture {
    CPPUNIT_TEST_SUITE(PairingServiceTest);
    CPPUNIT_TEST(whoTakesOverGoesOnWhereTheOtherDied);
    CPPUNIT_TEST(whoWasTakenOverFromIsRefusedInTheMiddle);
    CPPUNIT_TEST(vetoInTheMiddleCostsNobodyElseTheirPartner);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        open(kBackend);
        stopService();
        town_->database().transaction([](sdk::Connection& connection) {
            for (sdk::UserId id = 5; id <= kPeople; ++id) {
                connection.execute(
                    "INSERT INTO town_people (user_id, gender, interested_gender, deleted, hometown, "
                    "sample_key) SELECT $1, gender, interested_gender, FALSE, '', $1 FROM town_people WHERE "
                    "user_id = $2",
                    {id, 1 + (id - 1) % 4});
            }
        });
    }

    void whoTakesOverGoesOnWhereTheOtherDied() {
        int in_the_middle = 0;
        for (int step = 0;; step += step < 12 ? 1 : 47) {
            const auto context = "dead after step " + std::to_string(step);
            CPPUNIT_ASSERT_MESSAGE(context, step < 1000);
            const auto event = gather();
            MortalDatabase mortal(town_->database());
            mortal.dieAfter(step);
            auto first = nodeOn(mortal);
            finishOrDie(*first, event);
            if (resultsStored() > 0 && resultsStored() < kPeople) ++in_the_middle;
            if (!mortal.dead()) break;
            clock().advance(6s);
            auto second = nodeOn(town_->database());
            if (second->claim(event)) CPPUNIT_ASSERT_MESSAGE(context, second->finish(event));
            assertAllPaired(context);
        }
        assertAllPaired("nobody died");
        CPPUNIT_ASSERT_MESSAGE(std::to_string(in_the_middle), in_the_middle > 3);
    }

    void whoWasTakenOverFromIsRefusedInTheMiddle() {
        const auto event = gather();
        MortalDatabase mortal(town_->database());
        auto first = nodeOn(mortal);
        auto second = nodeOn(town_->database());
        CPPUNIT_ASSERT(first->claim(event));
        CPPUNIT_ASSERT(!second->claim(event));
        mortal.onceBefore("INSERT INTO lobby_results", 2, [&] {
            // Its second part is under way; it sleeps, and another one comes.
            CPPUNIT_ASSERT(resultsStored() > 0);
            throw sdk::Error(sdk::ErrorCode::kUnavailable, "away for a moment");
        });
        CPPUNIT_ASSERT_THROW(first->finish(event), sdk::Error);
        CPPUNIT_ASSERT(!second->claim(event));
        clock().advance(6s);
        CPPUNIT_ASSERT(second->claim(event));
        CPPUNIT_ASSERT(!first->finish(event));
        CPPUNIT_ASSERT(second->finish(event));
        assertAllPaired("taken over");
    }

    void vetoInTheMiddleCostsNobodyElseTheirPartner() {
        const auto event = gather();
        auto node = nodeOn(town_->database());
        storing_.vetoNth(400);
        CPPUNIT_ASSERT(node->claim(event));
        CPPUNIT_ASSERT(node->finish(event));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, storing_.vetoed.size());
        assertAllPaired("after a veto");
    }

private:
    static constexpr sdk::UserId kPeople = 1200;

    /// Everybody has a seat in an event that ends now.
    lobby::Event gather() {
        clock().advance(1h);
        lobby::Event event{.id = 1, .name = "evening", .starts_at = clock().now(), .ends_at = clock().now()};
        town_->database().transaction([&](sdk::Connection& connection) {
            for (const char* sql : {"DELETE FROM lobby_results", "DELETE FROM lobby_seats",
                                    "DELETE FROM lobby_events", "DELETE FROM match_bonds_v1"}) {
                connection.execute(sql);
            }
            lobby::lobby_store::insertEvent(connection, event);
            event.id = connection.execute("SELECT id FROM lobby_events").integer(0, 0);
            connection.execute(
                "INSERT INTO lobby_seats (event_id, user_id, present_until) SELECT $1, user_id, $2 FROM "
                "town_people",
                {event.id, sdk::toMicros(event.ends_at)});
        });
        return event;
    }

    std::unique_ptr<lobby::PairingService> nodeOn(sdk::Database& database) {
        auto& host = town_->host();
        auto node =
            std::make_unique<lobby::PairingService>(database, host.clock(), host.log(), host.metrics(), 5s);
        node->start(storing_, heartbeat_);
        return node;
    }

    static void finishOrDie(lobby::PairingService& node, const lobby::Event& event) {
        try {
            if (node.claim(event)) node.finish(event);
        } catch (const sdk::Error&) {
            // Its power went.
        }
    }

    void assertAllPaired(const std::string& context) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(context, std::int64_t{1}, finished());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(
            context, kPeople,
            town_->number("SELECT COUNT(*) FROM lobby_results a JOIN lobby_results b ON b.user_id = "
                          "a.partner_id AND b.partner_id = a.user_id"));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(context, kPeople / 2,
                                     town_->number("SELECT COUNT(*) FROM match_bonds_v1"));
    }

    /// Refuses one couple for good, the nth that it meets.
    class Vetoing : public StoringMatches {
    public:
        void vetoNth(int nth) { until_ = nth; }
        bool create(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) override {
            if (--until_ == 0) vetoed.emplace(std::min(one, other), std::max(one, other));
            return StoringMatches::create(connection, one, other);
        }

    private:
        int until_ = 0;
    };

    Vetoing storing_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PairingServiceTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(PairingServiceTest<Backend::kPostgresql>);

}  // namespace linkup::test
