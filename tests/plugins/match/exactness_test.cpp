// Decisions made by many at once: what is left must add up.

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "match_fixture.h"

namespace linkup::test {

template <Backend kBackend>
class ExactnessTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ExactnessTest);
    CPPUNIT_TEST(oneCardIsDecidedOnceFromManyDevices);
    CPPUNIT_TEST(likeIsAnsweredOnceFromManyDevices);
    CPPUNIT_TEST(matchBecomesOneChat);
    CPPUNIT_TEST(matchesAreTheMutualLikes);
    CPPUNIT_TEST(blocksInBetweenLeaveNothingBehind);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { people_ = std::make_unique<MatchTown>(kBackend, kLikesPerDay); }
    void tearDown() override { people_.reset(); }

    void oneCardIsDecidedOnceFromManyDevices() {
        people_->offered(1);
        CPPUNIT_ASSERT_EQUAL(1, succeeded(6, [&] { people_->likes.swipeRight(1, 2); }));
        CPPUNIT_ASSERT_EQUAL(1, succeeded(6, [&] { people_->likes.swipeLeft(1, 4); }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, number("SELECT COUNT(*) FROM match_likes"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, number("SELECT COUNT(*) FROM match_likes_given"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, people_->events.take().size());
    }

    void likeIsAnsweredOnceFromManyDevices() {
        people_->offered(1);
        people_->offered(2);
        people_->likes.swipeRight(1, 2);
        people_->events.take();
        std::atomic<int> turn = 0;
        CPPUNIT_ASSERT_EQUAL(1, succeeded(6, [&] {
                                 const bool back = turn++ % 2 == 0;
                                 back ? people_->likes.likeBack(2, 1) : people_->likes.swipeRight(2, 1);
                             }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, number("SELECT COUNT(*) FROM match_bonds"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1},
                             number("SELECT COUNT(*) FROM match_likes_given WHERE user_id = 2"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, people_->events.take().size());
    }

    void matchBecomesOneChat() {
        auto& database = people_->town.database();
        database.transaction([&](sdk::Connection& c) { people_->bonds.create(c, 1, 2); });
        std::atomic<int> consumed = 0;
        succeeded(6, [&] {
            if (sdk::transaction(database,
                                 [&](sdk::Connection& c) { return people_->bonds.consume(c, 1, 2); }))
                ++consumed;
        });
        CPPUNIT_ASSERT_EQUAL(1, consumed.load());
    }

    void matchesAreTheMutualLikes() {
        storm([&](sdk::UserId user, sdk::UserId other, unsigned what) {
            if (what == 0) people_->offered(user, match::Queue::kRefresh);
            if (what == 1) people_->offered(user);
            if (what == 2) people_->likes.received(user, 0);
            if (what == 3) people_->likes.swipeLeft(user, other);
            if (what == 4) people_->likes.pass(user, other);
            if (what == 5) people_->likes.likeBack(user, other);
            if (what > 5) people_->likes.swipeRight(user, other);
        });
        expectBondsToBeMutualLikes();
        const auto told = people_->events.take();
        const auto matches =
            std::count_if(told.begin(), told.end(), [](const auto& one) { return one.ends_with(" match"); });
        const auto likes =
            std::count_if(told.begin(), told.end(), [](const auto& one) { return one.ends_with(" like"); });
        const auto bonds = number("SELECT COUNT(*) FROM match_bonds");
        CPPUNIT_ASSERT(bonds > 0);
        CPPUNIT_ASSERT_EQUAL(2 * bonds, std::int64_t{matches});
        CPPUNIT_ASSERT_EQUAL(number("SELECT COUNT(*) FROM match_likes WHERE liked"), bonds + likes);
        CPPUNIT_ASSERT_EQUAL(number("SELECT COUNT(*) FROM match_likes_given"), bonds + likes);
        expectCountsToAddUp();
    }

    void blocksInBetweenLeaveNothingBehind() {
        storm([&](sdk::UserId user, sdk::UserId other, unsigned what) {
            if (what == 0) people_->bonds.block(user, other);
            if (what == 1) people_->bonds.unblock(user, other);
            if (what == 2 || what == 3) people_->offered(user);
            if (what == 4) people_->likes.likeBack(user, other);
            if (what > 4) people_->likes.swipeRight(user, other);
        });
        expectBondsToBeMutualLikes();
        expectCountsToAddUp();
        for (const char* sql :
             {"SELECT COUNT(*) FROM match_blocks k JOIN match_likes l ON (l.liker_id = k.blocker_id AND "
              "l.liked_id = k.blocked_id) OR (l.liker_id = k.blocked_id AND l.liked_id = k.blocker_id)",
              "SELECT COUNT(*) FROM match_blocks k JOIN match_bonds b ON (b.low_id = k.blocker_id AND "
              "b.high_id = k.blocked_id) OR (b.low_id = k.blocked_id AND b.high_id = k.blocker_id)"}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(sql, std::int64_t{0}, number(sql));
        }
    }

private:
    static constexpr int kLikesPerDay = 4;
    static constexpr sdk::UserId kPeople = 12;
    static constexpr int kThreads = 6;
    static constexpr int kSteps = 60;

    std::int64_t number(std::string_view sql) { return people_->town.number(sql); }

    /// How many of `devices` calls at the same moment went well; a fault of ours fails the test.
    static int succeeded(int devices, const std::function<void()>& call) {
        std::atomic<int> good = 0;
        std::atomic<int> broken = 0;
        std::vector<std::thread> threads;
        for (int device = 0; device < devices; ++device) {
            threads.emplace_back([&] { count(call, good, broken); });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(0, broken.load());
        return good;
    }

    static void count(const std::function<void()>& call, std::atomic<int>& good, std::atomic<int>& broken) {
        try {
            call();
            ++good;
        } catch (const sdk::Error& error) {
            if (sdk::httpStatus(error.code()) >= 500) ++broken;
        }
    }

    /// Random people do random things about random others, from several threads.
    void storm(const std::function<void(sdk::UserId, sdk::UserId, unsigned)>& step) {
        for (sdk::UserId id = 5; id <= kPeople; ++id) people_->addPerson(id);
        for (sdk::UserId id = 1; id <= kPeople; ++id) people_->offered(id);
        std::atomic<int> good = 0;
        std::atomic<int> broken = 0;
        std::vector<std::thread> threads;
        for (unsigned seed = 0; seed < kThreads; ++seed) {
            threads.emplace_back([&, seed] {
                std::mt19937 random(seed);
                for (int i = 0; i < kSteps; ++i) {
                    const sdk::UserId user = 1 + random() % kPeople;
                    const sdk::UserId other = 1 + random() % kPeople;
                    const unsigned what = random() % 10;
                    people_->town.host().fake_clock.advance(std::chrono::microseconds(1));
                    count([&] { step(user, other, what); }, good, broken);
                }
            });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(0, broken.load());
        CPPUNIT_ASSERT(good > 0);
    }

    void expectBondsToBeMutualLikes() {
        CPPUNIT_ASSERT_EQUAL(
            number("SELECT COUNT(*) FROM match_likes a JOIN match_likes b ON b.liker_id = a.liked_id AND "
                   "b.liked_id = a.liker_id WHERE a.liked AND b.liked AND a.liker_id < a.liked_id"),
            number("SELECT COUNT(*) FROM match_bonds"));
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{0},
            number("SELECT COUNT(*) FROM match_bonds m WHERE NOT EXISTS (SELECT 1 FROM match_likes l WHERE "
                   "l.liked AND l.liker_id = m.low_id AND l.liked_id = m.high_id) OR NOT EXISTS (SELECT 1 "
                   "FROM match_likes l WHERE l.liked AND l.liker_id = m.high_id AND l.liked_id = m.low_id)"));
    }

    void expectCountsToAddUp() {
        // A hand-out relies on it.
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{0},
            number(
                "SELECT COUNT(*) FROM match_cards c WHERE c.queued AND (EXISTS (SELECT 1 FROM match_likes l "
                "WHERE l.liker_id = c.user_id AND l.liked_id = c.candidate_id) OR EXISTS (SELECT 1 FROM "
                "match_bonds b WHERE (b.low_id = c.user_id AND b.high_id = c.candidate_id) OR (b.low_id = "
                "c.candidate_id AND b.high_id = c.user_id)) OR EXISTS (SELECT 1 FROM match_blocks k WHERE "
                "(k.blocker_id = c.user_id AND k.blocked_id = c.candidate_id) OR (k.blocker_id = "
                "c.candidate_id AND k.blocked_id = c.user_id)))"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                             number("SELECT COUNT(*) FROM (SELECT user_id FROM match_likes_given GROUP BY "
                                    "user_id HAVING COUNT(*) > 4) AS over_limit"));
        for (sdk::UserId user = 1; user <= kPeople; ++user) {
            people_->town.database().transaction([&](sdk::Connection& c) {
                const auto given =
                    c.execute("SELECT COUNT(*) FROM match_likes_given WHERE user_id = $1", {user});
                CPPUNIT_ASSERT_EQUAL(kLikesPerDay - static_cast<int>(given.integer(0, 0)),
                                     people_->bonds.likesRemaining(c, user));
            });
            const auto received = people_->likes.received(user, 0);
            CPPUNIT_ASSERT_EQUAL(received["total_count"].asInteger(),
                                 static_cast<std::int64_t>(received["entries"].items().size()));
            CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, received["unseen_count"].asInteger());
        }
    }

    std::unique_ptr<MatchTown> people_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ExactnessTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(ExactnessTest<Backend::kPostgresql>);

}  // namespace linkup::test
