#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "deployment.h"
#include "http_client.h"
#include "socket_client.h"

namespace linkup::test {
namespace {

constexpr int kPeople = 500;
constexpr int kThreads = 64;
constexpr int kSteps = 2500;
constexpr int kLikesPerDay = 10;
constexpr int kWatched = 6;

std::string idBody(const char* key, int id) {
    return "{\"" + std::string(key) + "\":" + std::to_string(id) + "}";
}

}  // namespace

/// Everybody of a town likes others at random, from many devices, on two nodes at the same time.
class LikesStormTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LikesStormTest);
    CPPUNIT_TEST(matchesAreTheMutualLikesAndLimitsHold);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        deployment_ = std::make_unique<Deployment>(
            Deployment::Kind::kTwoNodes,
            std::map<std::string, std::string>{{"auth.login.failures", "0"},
                                               {"auth.login.failures_per_email", "0"},
                                               {"auth.login.failures_per_address", "0"}});
        const auto filled = deployment_->command({"--demo", std::to_string(kPeople)});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(filled.output, 0, filled.exitCode);
        // Everybody holds the cards of all whom they could like: odd ids are men, even ones women.
        query(
            "INSERT INTO match_cards (user_id, candidate_id, queued, handed_at) "
            "SELECT one.user_id, other.user_id, FALSE, (EXTRACT(EPOCH FROM now()) * 1000000)::bigint "
            "FROM auth_candidates_v1 one JOIN auth_candidates_v1 other ON one.user_id % 2 <> other.user_id % "
            "2");
        signIn();
    }
    void tearDown() override { deployment_.reset(); }

    void matchesAreTheMutualLikesAndLimitsHold() {
        std::vector<Watch> watches;
        for (int person = 1; person <= kWatched; ++person) {
            for (auto* node : {&deployment_->first(), &deployment_->second()})
                watches.push_back(watch(person, *node));
        }
        storm();
        CPPUNIT_ASSERT_EQUAL(0, broken_.load());
        CPPUNIT_ASSERT(refused_ > 0 && matched_ > 0);

        expect(matched_, "SELECT COUNT(*) FROM match_bonds");
        expect(matched_,
               "SELECT COUNT(*) FROM match_likes a JOIN match_likes b ON b.liker_id = a.liked_id AND "
               "b.liked_id = "
               "a.liker_id WHERE a.liked AND b.liked AND a.liker_id < a.liked_id");
        expect(
            0,
            "SELECT COUNT(*) FROM match_bonds m WHERE (SELECT COUNT(*) FROM match_likes l WHERE l.liked AND "
            "((l.liker_id = m.low_id AND l.liked_id = m.high_id) OR (l.liker_id = m.high_id AND l.liked_id = "
            "m.low_id))) <> 2");
        expect(liked_, "SELECT COUNT(*) FROM match_likes_given");
        expect(liked_, "SELECT COUNT(*) FROM match_likes WHERE liked");
        expect(kLikesPerDay,
               "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM match_likes_given GROUP BY user_id) AS given");
        expect(
            0,
            "SELECT COUNT(*) FROM match_likes_given g FULL JOIN (SELECT * FROM match_likes WHERE liked) l ON "
            "l.liker_id = g.user_id AND l.liked_id = g.liked_id WHERE g.user_id IS NULL OR l.liker_id IS "
            "NULL");
        expect(0,
               "SELECT COUNT(*) FROM match_cards c JOIN match_likes l ON l.liker_id = c.user_id AND "
               "l.liked_id = "
               "c.candidate_id");
        for (auto& one : watches) expectToldOfAll(one);
        for (int person = 1; person <= kWatched; ++person) block(person, kPeople - 1);
        for (auto& one : watches) {
            CPPUNIT_ASSERT_EQUAL(std::string("removed"), nextEvent(one));
        }
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

private:
    struct Watch {
        int person;
        std::unique_ptr<SocketClient> socket;
    };

    std::string query(const std::string& sql) {
        return PrivatePostgres::shared().query(sql, deployment_->database());
    }
    void expect(int wanted, const std::string& sql) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(sql, wanted, std::stoi(query(sql)));
    }

    void signIn() {
        tokens_.resize(kPeople + 1);
        std::atomic<int> next = 1;
        inThreads(8, [&](int) {
            HttpClient client(deployment_->first().url());
            for (int person = next++; person <= kPeople; person = next++) {
                const auto email = "demo" + std::to_string(person) + "@example.com";
                tokens_[static_cast<std::size_t>(person)] =
                    client.postForm("/api/v1/token", {{"username", email}, {"password", "Demo-pass1!"}})
                        .text("access_token");
            }
        });
    }

    /// Errors of a thread are counted: the assertions are the main thread's.
    template <class Work>
    void inThreads(int count, const Work& work) {
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                try {
                    work(i);
                } catch (const std::exception&) {
                    ++broken_;
                }
            });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(0, broken_.load());
    }

    void storm() {
        std::atomic<int> steps = 0;
        inThreads(kThreads, [&](int thread) {
            std::mt19937 random(static_cast<unsigned>(thread));
            HttpClient client((thread % 2 == 0 ? deployment_->first() : deployment_->second()).url());
            while (steps++ < kSteps) step(client, random);
        });
    }

    void step(HttpClient& client, std::mt19937& random) {
        // A tenth of the people are wanted by half of all, and want as much: there they meet at the same
        // moment.
        const auto one = [&] {
            return 1 + static_cast<int>(random() %
                                        static_cast<unsigned>(random() % 2 == 0 ? kPeople / 10 : kPeople));
        };
        const int person = one();
        int other = one();
        if (other % 2 == person % 2) other = other == kPeople ? other - 1 : other + 1;
        client.setBearer(tokens_[static_cast<std::size_t>(person)]);
        const auto what = random() % 10;
        const auto other_text = std::to_string(other);
        const auto reply = what == 0   ? client.get("/api/v1/matches/get-matches")
                           : what == 1 ? client.get("/api/v1/likes/received")
                           : what == 2 ? client.post("/api/v1/swipe/left", idBody("liked_id", other))
                           : what == 3 ? client.post("/api/v1/likes/" + other_text + "/like-back")
                                       : client.post("/api/v1/swipe/right", idBody("liked_id", other));
        if (reply.status == 429) ++refused_;
        if (reply.status >= 500 && reply.status != 503) ++broken_;  // 503: too busy, and nothing has happened
        if (reply.status != 200 || what < 3) return;
        ++liked_;
        if (reply.object()->getValue<bool>("match")) ++matched_;
    }

    Watch watch(int person, LinkupDaemon& node) {
        auto socket = std::make_unique<SocketClient>(
            node.url(), "/api/v1/ws/connections",
            SocketOptions{.bearer = tokens_[static_cast<std::size_t>(person)]});
        return {person, std::move(socket)};
    }

    static std::string nextEvent(Watch& watch) {
        return watch.socket->receiveType("connections-reload")->getValue<std::string>("sub_type");
    }

    void block(int person, int other) {
        HttpClient client(deployment_->first().url());
        client.setBearer(tokens_[static_cast<std::size_t>(person)]);
        CPPUNIT_ASSERT_EQUAL(200, client.post("/api/v1/user/block", idBody("blocked_user_id", other)).status);
    }

    /// Of each match and of each other like, once.
    void expectToldOfAll(Watch& watch) {
        const auto id = std::to_string(watch.person);
        int matches =
            std::stoi(query("SELECT COUNT(*) FROM match_bonds WHERE low_id = " + id + " OR high_id = " + id));
        int likes =
            std::stoi(query("SELECT COUNT(*) FROM match_likes l WHERE l.liked AND l.liked_id = " + id)) -
            answeredAfter(id);
        while (matches > 0 || likes > 0) {
            --(nextEvent(watch) == "match" ? matches : likes);
            CPPUNIT_ASSERT_MESSAGE("told too often", matches >= 0 && likes >= 0);
        }
    }

    /// The matches that the other's like made: of that like only the match is told.
    int answeredAfter(const std::string& id) {
        return std::stoi(
            query("SELECT COUNT(*) FROM match_likes theirs JOIN match_likes mine ON mine.liker_id = "
                  "theirs.liked_id AND "
                  "mine.liked_id = theirs.liker_id WHERE theirs.liked AND mine.liked AND theirs.liked_id = " +
                  id + " AND theirs.created_at > mine.created_at"));
    }

    std::unique_ptr<Deployment> deployment_;
    std::vector<std::string> tokens_;
    std::atomic<int> liked_ = 0;
    std::atomic<int> matched_ = 0;
    std::atomic<int> refused_ = 0;
    std::atomic<int> broken_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LikesStormTest);

}  // namespace linkup::test
