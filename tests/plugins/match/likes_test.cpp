#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <thread>

#include "interrupted_database.h"
#include "match_fixture.h"

namespace linkup::test {

using Told = std::vector<std::string>;

/// Decisions about others, on both databases.
template <Backend kBackend>
class LikesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LikesTest);
    CPPUNIT_TEST(likeIsToldToTheLikedOnly);
    CPPUNIT_TEST(mutualLikesMakeOneMatchAndBothHearOnce);
    CPPUNIT_TEST(likesAtTheSameMomentMakeExactlyOneMatch);
    CPPUNIT_TEST(someoneNeverHandedOutCannotBeSwiped);
    CPPUNIT_TEST(aCardCanBeSwipedOnce);
    CPPUNIT_TEST(oneselfCannotBeLiked);
    CPPUNIT_TEST(blockedPeopleAreNotAvailable);
    CPPUNIT_TEST(dailyLimitIsExactUnderConcurrency);
    CPPUNIT_TEST(limitTellsWhenTheOldestLikeExpires);
    CPPUNIT_TEST(passTellsNobodyAndHasNoLimit);
    CPPUNIT_TEST(likesReceivedComeOldestFirstAndCountAsSeen);
    CPPUNIT_TEST(likeBackAfterAPassStillMatches);
    CPPUNIT_TEST(likeBackWithoutALikeIsRefused);
    CPPUNIT_TEST(passOnALikeThatABlockTakesAtThatMomentIsRefused);
    CPPUNIT_TEST(likesOfDaysAgoAreForgottenWithTheNext);
    CPPUNIT_TEST(blockEndsEverythingBetweenTwo);
    CPPUNIT_TEST(unblockTakesBackOnesOwnBlockOnly);
    CPPUNIT_TEST(blockedPeopleAreListedNewestFirst);
    CPPUNIT_TEST(consumedMatchIsAMatchNoMore);
    CPPUNIT_TEST(nobodyIsMatchedWithAnAccountThatIsGone);
    CPPUNIT_TEST(matchThatBecomesAChatWhileTheListIsReadIsListedOnce);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { people_ = std::make_unique<MatchTown>(kBackend); }
    void tearDown() override { people_.reset(); }

    void likeIsToldToTheLikedOnly() {
        people_->offered(1);
        const auto reply = people_->likes.swipeRight(1, 2);
        CPPUNIT_ASSERT(!reply["match"].asBool());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{9}, reply["swipes_remaining"].asInteger());
        CPPUNIT_ASSERT(people_->events.take() == Told{"2<-1 like"});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, people_->events.lastData()["unseen_count"].asInteger());
    }

    void mutualLikesMakeOneMatchAndBothHearOnce() {
        people_->offered(1);
        people_->offered(2);
        people_->likes.swipeRight(1, 2);
        people_->events.take();
        const auto reply = people_->likes.swipeRight(2, 1);
        CPPUNIT_ASSERT(reply["match"].asBool());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, reply["matched_user"]["id"].asInteger());
        CPPUNIT_ASSERT((people_->events.take() == Told{"2<-1 match", "1<-2 match"}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, people_->town.number("SELECT COUNT(*) FROM match_bonds"));
    }

    void likesAtTheSameMomentMakeExactlyOneMatch() {
        people_->offered(1);
        people_->offered(2);
        std::atomic<int> matches = 0;
        std::atomic<int> failures = 0;
        const auto like = [&](sdk::UserId from, sdk::UserId to) {
            try {
                if (people_->likes.swipeRight(from, to)["match"].asBool()) ++matches;
            } catch (const sdk::Error&) {
                ++failures;
            }
        };
        std::thread one(like, 1, 2);
        std::thread other(like, 2, 1);
        one.join();
        other.join();
        CPPUNIT_ASSERT_EQUAL(0, failures.load());
        CPPUNIT_ASSERT_EQUAL(1, matches.load());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, people_->town.number("SELECT COUNT(*) FROM match_bonds"));
    }

    void someoneNeverHandedOutCannotBeSwiped() {
        CPPUNIT_ASSERT_EQUAL(std::string("User not in match queue"),
                             messageOf([&] { people_->likes.swipeRight(1, 2); }));
        CPPUNIT_ASSERT_EQUAL(std::string("User not in match queue"),
                             messageOf([&] { people_->likes.swipeLeft(1, 99); }));
    }

    void aCardCanBeSwipedOnce() {
        people_->offered(1);
        people_->likes.swipeRight(1, 2);
        CPPUNIT_ASSERT_EQUAL(std::string("User not in match queue"),
                             messageOf([&] { people_->likes.swipeRight(1, 2); }));
    }

    void oneselfCannotBeLiked() {
        CPPUNIT_ASSERT_EQUAL(std::string("You cannot like yourself"),
                             messageOf([&] { people_->likes.swipeRight(1, 1); }));
    }

    void blockedPeopleAreNotAvailable() {
        people_->offered(1);
        people_->town.database().transaction([](sdk::Connection& connection) {
            connection.execute(
                "INSERT INTO match_blocks (blocker_id, blocked_id, created_at) VALUES (2, 1, 0)");
        });
        CPPUNIT_ASSERT_EQUAL(std::string("This user is not available"),
                             messageOf([&] { people_->likes.swipeRight(1, 2); }));
    }

    void dailyLimitIsExactUnderConcurrency() {
        for (sdk::UserId id = 10; id <= 40; ++id) people_->addPerson(id);
        std::vector<sdk::UserId> men = people_->offered(1);
        const auto rest = people_->offered(1, match::Queue::kRefresh);
        men.insert(men.end(), rest.begin(), rest.end());
        std::atomic<int> liked = 0;
        std::atomic<int> failed = 0;
        std::vector<std::thread> threads;
        std::atomic<std::size_t> next = 0;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (auto at = next++; at < men.size(); at = next++) {
                    try {
                        people_->likes.swipeRight(1, men[at]);
                        ++liked;
                    } catch (const sdk::Error& error) {
                        if (sdk::httpStatus(error.code()) >= 500) ++failed;
                    }
                }
            });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(0, failed.load());
        CPPUNIT_ASSERT_EQUAL(10, liked.load());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, people_->town.number("SELECT COUNT(*) FROM match_likes"));
    }

    void limitTellsWhenTheOldestLikeExpires() {
        people_ = std::make_unique<MatchTown>(kBackend, 1);
        people_->offered(1);
        people_->likes.swipeRight(1, 2);
        people_->town.host().fake_clock.advance(std::chrono::hours(23));
        try {
            people_->likes.swipeRight(1, 4);
            CPPUNIT_FAIL("the limit did not hold");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT_EQUAL(std::string("Daily like limit reached. Try again later."),
                                 std::string(error.what()));
            CPPUNIT_ASSERT(error.retryAfter() == std::chrono::hours(1));
        }
        people_->town.host().fake_clock.advance(std::chrono::hours(1));
        people_->offered(1);
        people_->likes.swipeRight(1, 4);
    }

    void passTellsNobodyAndHasNoLimit() {
        people_ = std::make_unique<MatchTown>(kBackend, 1);
        people_->offered(1);
        people_->likes.swipeLeft(1, 2);
        people_->likes.swipeLeft(1, 4);
        CPPUNIT_ASSERT(people_->events.take().empty());
        CPPUNIT_ASSERT(people_->offered(1).empty());
    }

    void likesReceivedComeOldestFirstAndCountAsSeen() {
        people_->offered(1);
        people_->offered(3);
        people_->likes.swipeRight(3, 2);
        people_->town.host().fake_clock.advance(std::chrono::seconds(1));
        people_->likes.swipeRight(1, 2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, people_->likes.unseenCount(2)["unseen_count"].asInteger());
        const auto reply = people_->likes.received(2, 0);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, reply["total_count"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, reply["unseen_count"].asInteger());
        const auto& entries = reply["entries"].items();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, entries[0]["id"].asInteger());
        CPPUNIT_ASSERT(entries[0]["revealed"].asBool() && entries[0]["first_photo"].isNull());
        CPPUNIT_ASSERT(!entries[1]["revealed"].asBool() && entries[1]["profile"].isNull());
        CPPUNIT_ASSERT(entries[1]["first_photo"].isObject());
    }

    void likeBackAfterAPassStillMatches() {
        people_->offered(1);
        people_->likes.swipeRight(1, 2);
        people_->likes.pass(2, 1);
        people_->likes.pass(2, 1);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, people_->likes.received(2, 0)["total_count"].asInteger());
        CPPUNIT_ASSERT(people_->likes.likeBack(2, 1)["match"].asBool());
    }

    void likeBackWithoutALikeIsRefused() {
        CPPUNIT_ASSERT_EQUAL(std::string("This user has not liked you"),
                             messageOf([&] { people_->likes.likeBack(2, 1); }));
        CPPUNIT_ASSERT_EQUAL(std::string("This user has not liked you"),
                             messageOf([&] { people_->likes.pass(2, 77); }));
    }

    void passOnALikeThatABlockTakesAtThatMomentIsRefused() {
        // One writer at a time there: nothing comes between.
        if (kBackend == Backend::kSqlite) return;
        people_->offered(1);
        people_->likes.swipeRight(1, 2);
        auto& host = people_->town.host();
        InterruptedDatabase database(people_->town.database());
        match::LikesService likes(database, host.clock(), people_->events, people_->tallies, people_->bonds,
                                  people_->neighbours, match::LikesRules{.per_day = 10});
        database.before("INSERT INTO match_members",
                        [&] { std::thread([&] { people_->bonds.block(1, 2); }).join(); });
        CPPUNIT_ASSERT_EQUAL(std::string("This user has not liked you"),
                             messageOf([&] { likes.pass(2, 1); }));
        CPPUNIT_ASSERT(database.interrupted());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, people_->town.number("SELECT COUNT(*) FROM match_likes"));
    }

    void likesOfDaysAgoAreForgottenWithTheNext() {
        people_->offered(1);
        people_->likes.swipeRight(1, 2);
        people_->town.host().fake_clock.advance(std::chrono::hours(25));
        people_->offered(1);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{9},
                             people_->likes.swipeRight(1, 4)["swipes_remaining"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4},
                             people_->town.number("SELECT SUM(liked_id) FROM match_likes_given"));
    }

    void blockEndsEverythingBetweenTwo() {
        people_->offered(1);
        people_->offered(2);
        people_->likes.swipeRight(1, 2);
        people_->likes.swipeRight(2, 1);
        people_->events.take();
        people_->bonds.block(1, 2);
        people_->bonds.block(1, 2);
        CPPUNIT_ASSERT(
            (people_->events.take() == Told{"1<-2 removed", "2<-1 removed", "1<-2 removed", "2<-1 removed"}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, people_->town.number("SELECT COUNT(*) FROM match_bonds"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, people_->town.number("SELECT COUNT(*) FROM match_likes"));
        CPPUNIT_ASSERT(people_->offered(2) == std::vector<sdk::UserId>{3});
        CPPUNIT_ASSERT_EQUAL(std::string("You cannot block yourself"),
                             messageOf([&] { people_->bonds.block(1, 1); }));
        CPPUNIT_ASSERT_EQUAL(std::string("User not found"), messageOf([&] { people_->bonds.block(1, 99); }));
    }

    void unblockTakesBackOnesOwnBlockOnly() {
        people_->bonds.block(1, 2);
        people_->bonds.block(2, 1);
        people_->events.take();
        people_->bonds.unblock(1, 2);
        people_->bonds.unblock(1, 2);
        CPPUNIT_ASSERT(people_->offered(1) == std::vector<sdk::UserId>{4});
        people_->bonds.unblock(2, 1);
        CPPUNIT_ASSERT((people_->offered(1) == std::vector<sdk::UserId>{2, 4}));
        CPPUNIT_ASSERT((people_->offered(2) == std::vector<sdk::UserId>{1, 3}));
        CPPUNIT_ASSERT(people_->events.take().empty());
    }

    void blockedPeopleAreListedNewestFirst() {
        people_->bonds.block(1, 2);
        people_->town.host().fake_clock.advance(std::chrono::seconds(1));
        people_->bonds.block(1, 4);
        people_->bonds.block(3, 2);
        const auto reply = people_->bonds.blockedPeople(1, 0);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, reply["total_count"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, reply["blocked"].items().at(0)["id"].asInteger());
        CPPUNIT_ASSERT_EQUAL(std::string("Person 2"), reply["blocked"].items().at(1)["username"].asString());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, people_->bonds.blockedPeople(1, 1)["blocked"].items().size());
    }

    void consumedMatchIsAMatchNoMore() {
        auto& database = people_->town.database();
        const auto create = [&] {
            return sdk::transaction(database,
                                    [&](sdk::Connection& c) { return people_->bonds.create(c, 1, 2); });
        };
        const auto consume = [&] {
            return sdk::transaction(database,
                                    [&](sdk::Connection& c) { return people_->bonds.consume(c, 2, 1); });
        };
        CPPUNIT_ASSERT(!consume());
        CPPUNIT_ASSERT(create());
        CPPUNIT_ASSERT(!create());
        CPPUNIT_ASSERT(consume());
        CPPUNIT_ASSERT(!consume());
        CPPUNIT_ASSERT(!create());
        CPPUNIT_ASSERT(
            (people_->events.take() == Told{"1<-2 match", "2<-1 match", "2<-1 chat", "1<-2 chat"}));
    }

    void nobodyIsMatchedWithAnAccountThatIsGone() {
        people_->town.deletePerson(2);
        for (const auto& [one, other] : {std::pair(1, 2), std::pair(2, 3), std::pair(1, 99)}) {
            CPPUNIT_ASSERT(!sdk::transaction(people_->town.database(), [&](sdk::Connection& c) {
                return people_->bonds.create(c, one, other);
            }));
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, people_->town.number("SELECT COUNT(*) FROM match_bonds"));
        CPPUNIT_ASSERT(people_->events.take().empty());
    }

    void matchThatBecomesAChatWhileTheListIsReadIsListedOnce() {
        people_->town.database().transaction([&](sdk::Connection& c) { people_->bonds.create(c, 1, 2); });
        OneChat chats(2);
        people_->neighbours.chats = &chats;
        const auto lists = people_->bonds.connections(1);
        CPPUNIT_ASSERT(lists["matches"].items().empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lists["chats"].items().size());
    }

private:
    /// Everybody has a chat with this one, and nobody else.
    class OneChat : public sdk::Chats {
    public:
        explicit OneChat(sdk::UserId partner) : partner_(partner) {}
        std::vector<sdk::ChatSummary> summaries(sdk::Connection&, sdk::UserId) override {
            sdk::ChatSummary chat;
            chat.chat_room_id = 1;
            chat.partner = partner_;
            return {chat};
        }

    private:
        const sdk::UserId partner_;
    };

    std::unique_ptr<MatchTown> people_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LikesTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(LikesTest<Backend::kPostgresql>);

}  // namespace linkup::test
