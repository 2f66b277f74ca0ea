#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>
#include <thread>

#include "busy_reply.h"
#include "chat_line.h"
#include "database_faults.h"

namespace linkup::test {
namespace {

constexpr std::chrono::seconds kBounded{5};

bool answers(HttpClient& client, const std::string& path, int status) {
    return waitFor([&] { return client.get(path).status == status; });
}

}  // namespace

/// The database goes away under a running server, and comes back.
class DatabaseFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DatabaseFaultsTest);
    CPPUNIT_TEST(requestsAnswer503WhileTheDatabaseIsAwayAndRecoverByThemselves);
    CPPUNIT_TEST(tokenThatCannotBeLookedUpIsNotCalledInvalid);
    CPPUNIT_TEST(chatSocketSurvivesAndAcksOnlyWhatIsStored);
    CPPUNIT_TEST(databaseKilledUnderAStreamOfMessagesLosesAndRepeatsNone);
    CPPUNIT_TEST(fullDiskIs503AndPasses);
    CPPUNIT_TEST_SUITE_END();

public:
    void requestsAnswer503WhileTheDatabaseIsAwayAndRecoverByThemselves() {
        Deployment deployment(Deployment::Kind::kPostgres);
        Pair pair(deployment, deployment.first(), deployment.first(), "r");
        HttpClient stranger(deployment.first().url());
        const std::string room = R"({"chat_room_id":)" + std::to_string(pair.room) + "}";
        const auto all = [&] {
            return std::vector<HttpReply>{
                pair.alice.http().get("/api/v1/me"), pair.alice.http().get("/api/v1/matches/get-matches"),
                pair.alice.http().get("/api/v1/matches/get-connections"),
                pair.alice.http().post("/api/v1/chats/get/chat", room),
                stranger.postForm("/api/v1/token",
                                  {{"username", "ralice@example.com"}, {"password", "Passw0rd!"}})};
        };
        pair.alice.http().setTimeout(kBounded);
        stranger.setTimeout(kBounded);
        {
            DatabaseAway away;
            for (const auto& reply : all()) assertBusy(reply);
            assertBusy(stranger.get("/api/v1/verify-email?email=new@example.com"),
                       "Could not send the e-mail. Please try again.");
            CPPUNIT_ASSERT(answers(stranger, "/readyz", 503));
            const auto ready = stranger.get("/readyz");
            CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), ready.text("status"));
            CPPUNIT_ASSERT_EQUAL(std::string("error"), ready.text("checks.database"));
            CPPUNIT_ASSERT_EQUAL(std::string("ok"), ready.text("checks.redis"));
            CPPUNIT_ASSERT_EQUAL(200, stranger.get("/healthz").status);
            away.end();
        }
        CPPUNIT_ASSERT(answers(stranger, "/readyz", 200));
        for (const auto& reply : all()) CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    /// A 401 would make the phone throw its tokens away.
    void tokenThatCannotBeLookedUpIsNotCalledInvalid() {
        Deployment deployment(Deployment::Kind::kTwoNodes);
        Person alice(deployment, deployment.first(), "talice", Person::Gender::kFemale);
        HttpClient other_node(deployment.second().url());  // which has never seen her session
        other_node.setBearer(alice.token());
        DatabaseAway away;
        assertBusy(other_node.get("/api/v1/me"));
        assertBusy(SocketClient::handshake(deployment.second().url(), "/api/v1/ws/chat",
                                           SocketOptions{.bearer = alice.token()}));
        other_node.setBearer(alice.token() + "x");
        CPPUNIT_ASSERT_EQUAL(401, other_node.get("/api/v1/me").status);
        other_node.setBearer(alice.token());
        away.end();
        CPPUNIT_ASSERT(answers(other_node, "/api/v1/me", 200));
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    void chatSocketSurvivesAndAcksOnlyWhatIsStored() {
        Deployment deployment(Deployment::Kind::kTwoNodes);
        Pair pair(deployment, deployment.first(), deployment.second(), "c");
        ChatLine hers(pair.alice, pair.bob, pair.room);
        ChatLine his(pair.bob, pair.alice, pair.room);
        hers.open();
        his.open();
        hers.sendUntilAcked(1);
        {
            DatabaseAway away;
            for (int number = 2; number <= 5; ++number) hers.send(number);
            for (int number = 2; number <= 5; ++number) {
                CPPUNIT_ASSERT_MESSAGE("acknowledged without a database", !hers.decided(number, kBounded));
            }
            away.end();
        }
        for (int number = 2; number <= 6; ++number) hers.sendUntilAcked(number);
        his.receiveMessages(6);
        CPPUNIT_ASSERT(answers(pair.bob.http(), "/api/v1/me", 200));  // his node has found it again, too
        assertHistory(pair, hers, 6);
        CPPUNIT_ASSERT(his.received() == history(pair.bob, pair.room));
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    /// Each may be in any state at that moment: not begun, under way, stored and not yet acknowledged.
    void databaseKilledUnderAStreamOfMessagesLosesAndRepeatsNone() {
        constexpr int kBefore = 5, kAll = 20, kPairs = 6;
        Deployment deployment(Deployment::Kind::kPostgres);
        std::vector<std::unique_ptr<Pair>> pairs;
        for (int i = 0; i < kPairs; ++i) {
            pairs.push_back(std::make_unique<Pair>(deployment, deployment.first(), deployment.first(),
                                                   "k" + std::to_string(i)));
        }
        std::vector<std::unique_ptr<ChatLine>> hers, his;
        for (const auto& pair : pairs) {
            hers.push_back(std::make_unique<ChatLine>(pair->alice, pair->bob, pair->room));
            his.push_back(std::make_unique<ChatLine>(pair->bob, pair->alice, pair->room));
            hers.back()->open();
            his.back()->open();
            for (int number = 1; number <= kBefore; ++number) hers.back()->sendUntilAcked(number);
        }
        for (const auto& line : hers) {
            for (int number = kBefore + 1; number <= kAll; ++number) line->send(number);
        }
        DatabaseAway away(DatabaseAway::How::kKilled);
        away.end();
        for (int i = 0; i < kPairs; ++i) {
            for (int number = 1; number <= kAll; ++number) hers[i]->sendUntilAcked(number);
            assertHistory(*pairs[i], *hers[i], kAll);
            his[i]->receiveMessages(kAll);
            CPPUNIT_ASSERT(his[i]->received() == history(pairs[i]->bob, pairs[i]->room));
        }
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    void fullDiskIs503AndPasses() {
        Deployment deployment(Deployment::Kind::kEmbedded);
        LinkupDaemon& daemon = deployment.first();
        Pair pair(deployment, daemon, daemon, "d");
        ChatLine hers(pair.alice, pair.bob, pair.room);
        hers.open();
        hers.sendUntilAcked(1);
        {
            FullDisk full(daemon.pid(), daemon.state() / "linkup.db-wal");
            assertBusy(pair.alice.http().post("/api/v1/user/update/preferences",
                                              R"({"interested_gender":"Male","height":171})"));
            hers.send(2);
            CPPUNIT_ASSERT_MESSAGE("acknowledged on a full disk", !hers.decided(2));
            CPPUNIT_ASSERT_EQUAL(200, pair.alice.http().get("/api/v1/me").status);
            CPPUNIT_ASSERT(daemon.running());
        }
        hers.sendUntilAcked(2);
        hers.sendUntilAcked(3);
        assertHistory(pair, hers, 3);
        CPPUNIT_ASSERT_EQUAL(
            200, pair.alice.http()
                     .post("/api/v1/user/update/preferences", R"({"interested_gender":"Male","height":171})")
                     .status);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

private:
    /// All are there once, where their acks say.
    static void assertHistory(Pair& pair, const ChatLine& sender, std::size_t count) {
        const auto ids = history(pair.alice, pair.room);
        CPPUNIT_ASSERT_EQUAL(count, ids.size());
        CPPUNIT_ASSERT_EQUAL(count, sender.acked().size());
        for (const auto& [id, seq] : sender.acked())
            CPPUNIT_ASSERT_EQUAL(id, ids.at(static_cast<std::size_t>(seq - 1)));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DatabaseFaultsTest);

}  // namespace linkup::test
