// A decision whose commit was not answered, made again by the client.

#include <cppunit/extensions/HelperMacros.h>

#include "doubtful_database.h"
#include "match_fixture.h"

namespace linkup::test {

using Fault = DoubtfulDatabase::Fault;

template <Backend kBackend>
class MatchDoubtTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MatchDoubtTest);
    CPPUNIT_TEST(likeThatWasStoredIsStoredAndCountedOnce);
    CPPUNIT_TEST(likeThatWasNotStoredCanBeGivenAgain);
    CPPUNIT_TEST(matchThatWasMadeIsMadeOnce);
    CPPUNIT_TEST(blockThatWasStoredCanBeRepeated);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        match_ = std::make_unique<MatchTown>(kBackend);
        database_ = std::make_unique<DoubtfulDatabase>(match_->town.database());
        auto& host = match_->town.host();
        likes_ = std::make_unique<match::LikesService>(*database_, host.clock(), match_->events,
                                                       match_->tallies, match_->bonds, match_->neighbours,
                                                       match::LikesRules{.per_day = 10});
        match_->offered(1);
        match_->offered(2);
    }
    void tearDown() override {
        likes_.reset();
        match_.reset();
    }

    void likeThatWasStoredIsStoredAndCountedOnce() {
        database_->next({Fault::kCommittedUnanswered});
        CPPUNIT_ASSERT_THROW(likes_->swipeRight(1, 2), sdk::Error);
        CPPUNIT_ASSERT_EQUAL(std::string("User not in match queue"),
                             messageOf([&] { likes_->swipeRight(1, 2); }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count("match_likes"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count("match_likes_given"));
    }

    void likeThatWasNotStoredCanBeGivenAgain() {
        database_->next({Fault::kRolledBackUnanswered});
        CPPUNIT_ASSERT_THROW(likes_->swipeRight(1, 2), sdk::Error);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{9}, likes_->swipeRight(1, 2)["swipes_remaining"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count("match_likes_given"));
    }

    void matchThatWasMadeIsMadeOnce() {
        likes_->swipeRight(1, 2);
        database_->next({Fault::kCommittedUnanswered});
        CPPUNIT_ASSERT_THROW(likes_->likeBack(2, 1), sdk::Error);
        CPPUNIT_ASSERT_EQUAL(std::string("This user is not available"),
                             messageOf([&] { likes_->likeBack(2, 1); }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count("match_bonds"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, count("match_likes_given"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, match_->bonds.connections(2)["matches"].items().size());
    }

    void blockThatWasStoredCanBeRepeated() {
        auto& host = match_->town.host();
        match::BondsService bonds(*database_, host.hooks(), host.clock(), match_->events, match_->tallies,
                                  match_->neighbours, 10);
        database_->next({Fault::kCommittedUnanswered});
        CPPUNIT_ASSERT_THROW(bonds.block(1, 2), sdk::Error);
        bonds.block(1, 2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count("match_blocks"));
    }

private:
    std::int64_t count(const std::string& table) {
        const auto sql = "SELECT COUNT(*) FROM " + table;
        return match_->town.number(sql);
    }

    std::unique_ptr<MatchTown> match_;
    std::unique_ptr<DoubtfulDatabase> database_;
    std::unique_ptr<match::LikesService> likes_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MatchDoubtTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(MatchDoubtTest<Backend::kPostgresql>);

}  // namespace linkup::test
