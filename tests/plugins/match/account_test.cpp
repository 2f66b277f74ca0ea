#include <cppunit/extensions/HelperMacros.h>

#include <thread>

#include "account_service.h"
#include "match_fixture.h"

namespace linkup::test {

/// What is left of somebody who deleted their account, on both databases.
template <Backend kBackend>
class MatchAccountTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MatchAccountTest);
    CPPUNIT_TEST(deletionTakesLikesMatchesCardsAndBlocks);
    CPPUNIT_TEST(thoseTiedToTheUserHearIt);
    CPPUNIT_TEST(bondOfAChatStays);
    CPPUNIT_TEST(rolledBackDeletionChangesAndTellsNothing);
    CPPUNIT_TEST(likeOfSomebodyWhoIsGoingLeavesNothing);
    CPPUNIT_TEST(positionOfSomebodyWhoIsGoneIsNotKept);
    CPPUNIT_TEST(exportHoldsOnesOwnDecisions);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        people_ = std::make_unique<MatchTown>(kBackend);
        accounts_ = std::make_unique<match::AccountService>(people_->events);
    }
    void tearDown() override { people_.reset(); }

    void deletionTakesLikesMatchesCardsAndBlocks() {
        matchOneAndTwo();
        people_->offered(3);
        people_->offered(4);
        people_->likes.swipeRight(3, 2);
        people_->bonds.block(4, 2);
        people_->likes.swipeRight(4, 3);
        remove(2);
        for (const char* sql : {"SELECT COUNT(*) FROM match_bonds", "SELECT COUNT(*) FROM match_blocks",
                                "SELECT COUNT(*) FROM match_likes WHERE liker_id = 2 OR liked_id = 2",
                                "SELECT COUNT(*) FROM match_likes_given WHERE user_id = 2",
                                "SELECT COUNT(*) FROM match_cards WHERE user_id = 2 OR candidate_id = 2",
                                "SELECT COUNT(*) FROM match_exposure WHERE user_id = 2"}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(sql, std::int64_t{0}, people_->town.number(sql));
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, people_->town.number("SELECT COUNT(*) FROM match_likes"));
        CPPUNIT_ASSERT_EQUAL(std::string("User not in match queue"),
                             messageOf([&] { people_->likes.swipeRight(3, 2); }));
    }

    void thoseTiedToTheUserHearIt() {
        matchOneAndTwo();
        people_->events.take();
        remove(2);
        CPPUNIT_ASSERT((people_->events.take() == std::vector<std::string>{"2<-1 removed", "1<-2 removed"}));
    }

    void bondOfAChatStays() {
        matchOneAndTwo();
        people_->town.database().transaction([&](sdk::Connection& c) { people_->bonds.consume(c, 1, 2); });
        people_->events.take();
        remove(2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1},
                             people_->town.number("SELECT COUNT(*) FROM match_bonds WHERE state = 'chat'"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, people_->events.take().size());
    }

    void rolledBackDeletionChangesAndTellsNothing() {
        matchOneAndTwo();
        people_->events.take();
        CPPUNIT_ASSERT_THROW(people_->town.database().transaction([&](sdk::Connection& c) {
            accounts_->remove(c, payload(2));
            throw sdk::Error(sdk::ErrorCode::kForbidden, "no");
        }),
                             sdk::Error);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, people_->town.number("SELECT COUNT(*) FROM match_bonds"));
        CPPUNIT_ASSERT(people_->events.take().empty());
    }

    void likeOfSomebodyWhoIsGoingLeavesNothing() {
        people_->offered(1);
        people_->offered(3);
        std::vector<std::thread> threads;
        for (const sdk::UserId liker : {1, 3}) {
            threads.emplace_back([&, liker] { messageOf([&] { people_->likes.swipeRight(liker, 2); }); });
        }
        threads.emplace_back([&] { remove(2); });
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                             people_->town.number("SELECT COUNT(*) FROM match_likes WHERE liked_id = 2"));
    }

    void positionOfSomebodyWhoIsGoneIsNotKept() {
        people_->locations.setDevice(2, 13.35, 74.79);
        remove(2);
        CPPUNIT_ASSERT_EQUAL(std::string("Invalid token"),
                             messageOf([&] { people_->locations.setDevice(2, 13.35, 74.79); }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, people_->town.number("SELECT COUNT(*) FROM match_positions"));
    }

    void exportHoldsOnesOwnDecisions() {
        matchOneAndTwo();
        people_->offered(1);
        people_->likes.swipeRight(1, 4);
        people_->bonds.block(1, 3);
        sdk::Json request = payload(1);
        people_->town.database().read([&](sdk::Connection& c) { accounts_->addExport(c, request); });
        const sdk::Json& match = request.at("match");
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, match.at("bonds").items().at(0).at("user_id").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::string("match"), match.at("bonds").items().at(0).at("state").asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, match.at("blocks").items().at(0).at("user_id").asInteger());
        bool liked_four = false;
        for (const auto& one : match.at("decisions").items())
            liked_four |= one.at("user_id").asInteger() == 4;
        CPPUNIT_ASSERT(liked_four);

        sdk::Json nobody = sdk::Json::object({{"email", "x"}, {"user_id", nullptr}});
        people_->town.database().read([&](sdk::Connection& c) { accounts_->addExport(c, nobody); });
        CPPUNIT_ASSERT(!nobody.contains("match"));
    }

private:
    static sdk::Json payload(sdk::UserId user) { return sdk::Json::object({{"user_id", user}}); }

    void matchOneAndTwo() {
        people_->offered(1);
        people_->offered(2);
        people_->likes.swipeRight(1, 2);
        people_->likes.swipeRight(2, 1);
    }
    /// As plugin auth does it: the account first, then the hook, in one transaction.
    void remove(sdk::UserId user) {
        people_->town.database().transaction([&](sdk::Connection& c) {
            c.execute("UPDATE town_people SET deleted = $1 WHERE user_id = $2", {true, user});
            accounts_->remove(c, payload(user));
        });
    }

    std::unique_ptr<MatchTown> people_;
    std::unique_ptr<match::AccountService> accounts_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MatchAccountTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(MatchAccountTest<Backend::kPostgresql>);

}  // namespace linkup::test
