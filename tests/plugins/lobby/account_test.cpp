#include <cppunit/extensions/HelperMacros.h>

#include "account_store.h"
#include "lobby_migrations.h"
#include "lobby_store.h"
#include "town.h"

namespace linkup::test {

/// Seats and results of somebody who deleted their account, on both databases.
template <Backend kBackend>
class LobbyAccountTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LobbyAccountTest);
    CPPUNIT_TEST(exportHoldsOnesOwnEvenings);
    CPPUNIT_TEST(deletionLeavesThePartnerOver);
    CPPUNIT_TEST(operatorSeesTheNewestEvents);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        town_ = std::make_unique<Town>(kBackend);
        town_->migrate("lobby", lobby::sql::migrations());
        town_->database().transaction([](sdk::Connection& c) {
            c.execute(
                "INSERT INTO lobby_events (id, name, starts_at, ends_at, state) VALUES (7, 'evening', "
                "1000000, "
                "2000000, 'finished')");
            for (const std::int64_t user : {1, 2, 3}) {
                c.execute("INSERT INTO lobby_seats (event_id, user_id, present_until) VALUES (7, $1, 0)",
                          {user});
            }
            c.execute(
                "INSERT INTO lobby_results (event_id, user_id, partner_id, decided_at) VALUES (7, 1, 2, 0), "
                "(7, 2, 1, "
                "0), (7, 3, NULL, 0)");
        });
    }
    void tearDown() override { town_.reset(); }

    void exportHoldsOnesOwnEvenings() {
        const auto seats = sdk::read(town_->database(),
                                     [](sdk::Connection& c) { return lobby::account_store::seats(c, 1); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seats.size());
        const auto& seat = seats.items()[0];
        CPPUNIT_ASSERT_EQUAL(std::string("evening"), seat.at("event").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("1970-01-01T00:00:01.000000Z"), seat.at("starts_at").asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, seat.at("partner_id").asInteger());
    }

    void deletionLeavesThePartnerOver() {
        town_->database().transaction([](sdk::Connection& c) { lobby::account_store::remove(c, 1); });
        for (const char* sql : {"SELECT COUNT(*) FROM lobby_seats WHERE user_id = 1",
                                "SELECT COUNT(*) FROM lobby_results WHERE user_id = 1 OR partner_id = 1"}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(sql, std::int64_t{0}, town_->number(sql));
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, town_->number("SELECT COUNT(*) FROM lobby_seats"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, town_->number("SELECT COUNT(*) FROM lobby_results"));
    }

    void operatorSeesTheNewestEvents() {
        const auto events = sdk::transaction(town_->database(), [](sdk::Connection& c) {
            c.execute(
                "INSERT INTO lobby_events (id, name, starts_at, ends_at, state) VALUES (8, 'night', 3000000, "
                "4000000, 'gathering')");
            return std::pair(lobby::lobby_store::newest(c, 1), lobby::lobby_store::newest(c, 20));
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, events.first.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, events.second.size());
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"({"id":8,"name":"night","starts_at":"1970-01-01T00:00:03.000000Z",)"
                        R"("ends_at":"1970-01-01T00:00:04.000000Z","state":"gathering",)"
                        R"("seats":0,"paired":0,"left_over":0})"),
            events.second.items()[0].dump());
        const auto& evening = events.second.items()[1];
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, evening.at("seats").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, evening.at("paired").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, evening.at("left_over").asInteger());
    }

private:
    std::unique_ptr<Town> town_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LobbyAccountTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(LobbyAccountTest<Backend::kPostgresql>);

}  // namespace linkup::test
