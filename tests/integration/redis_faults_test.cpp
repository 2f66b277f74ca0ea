#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "busy_reply.h"
#include "chat_line.h"

namespace linkup::test {

/// Redis goes away under two nodes, and comes back empty.
class RedisFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RedisFaultsTest);
    CPPUNIT_TEST(requestsGoOnWithoutRedisButForTheOnesThatCountTries);
    CPPUNIT_TEST(redisThatHangsHoldsUpNobody);
    CPPUNIT_TEST(messagesReachTheOtherNodeAgainAndNoneIsLost);
    CPPUNIT_TEST(sessionRevokedWithoutRedisIsOverOnEveryNodeAndStaysSo);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        deployment_ = std::make_unique<Deployment>(Deployment::Kind::kTwoNodes);
        pair_ = std::make_unique<Pair>(*deployment_, deployment_->first(), deployment_->second(), "r");
    }
    void tearDown() override {
        pair_.reset();
        deployment_.reset();
    }

    void requestsGoOnWithoutRedisButForTheOnesThatCountTries() {
        HttpClient stranger(deployment_->second().url());
        deployment_->redis().stop();
        assertServesPeople();
        assertBusy(logIn(stranger));
        awaitBothNodes(503);
        CPPUNIT_ASSERT_EQUAL(std::string("error"), stranger.get("/readyz").text("checks.redis"));
        CPPUNIT_ASSERT_EQUAL(std::string("ok"), stranger.get("/readyz").text("checks.database"));
        startRedis();
        CPPUNIT_ASSERT_EQUAL(200, logIn(stranger).status);
        assertServesPeople();
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

    void redisThatHangsHoldsUpNobody() {
        HttpClient stranger(deployment_->second().url());
        stranger.setTimeout(std::chrono::seconds(5));
        deployment_->redis().freeze();
        assertServesPeople();
        assertBusy(logIn(stranger));
        awaitBothNodes(503);
        assertServesPeople();
        deployment_->redis().thaw();
        awaitBothNodes(200);
        CPPUNIT_ASSERT_EQUAL(200, logIn(stranger).status);
    }

    void messagesReachTheOtherNodeAgainAndNoneIsLost() {
        ChatLine hers(pair_->alice, pair_->bob, pair_->room);
        ChatLine his(pair_->bob, pair_->alice, pair_->room);
        hers.open();
        his.open();
        hers.sendUntilAcked(1);
        his.receiveMessages(1);
        stopRedis();
        hers.sendUntilAcked(2);
        his.sendUntilAcked(1);
        startRedis();
        hers.sendUntilAcked(3);
        his.sendUntilAcked(2);
        while (!hasCome(his, hers.messageId(3))) his.receiveMessages(his.received().size() + 1);
        while (!hasCome(hers, his.messageId(2))) hers.receiveMessages(hers.received().size() + 1);
        const std::vector<std::string> all{hers.messageId(1), hers.messageId(2), his.messageId(1),
                                           hers.messageId(3), his.messageId(2)};
        CPPUNIT_ASSERT(history(pair_->alice, pair_->room) == all);
        CPPUNIT_ASSERT(history(pair_->bob, pair_->room) == all);
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

    /// The other node cannot be told. It must find out.
    void sessionRevokedWithoutRedisIsOverOnEveryNodeAndStaysSo() {
        const std::string& token = pair_->alice.token();
        HttpClient here(deployment_->first().url()), there(deployment_->second().url());
        here.setBearer(token);
        there.setBearer(token);
        CPPUNIT_ASSERT_EQUAL(200, there.get("/api/v1/me").status);
        SocketClient socket_there(deployment_->second().url(), "/api/v1/ws/connections",
                                  SocketOptions{.bearer = token});
        auto bobs = pair_->bob.open("connections");

        deployment_->redis().stop();
        CPPUNIT_ASSERT_EQUAL(200, here.post("/api/v1/logout").status);
        CPPUNIT_ASSERT_EQUAL(401, here.get("/api/v1/me").status);
        CPPUNIT_ASSERT(waitFor([&] { return there.get("/api/v1/me").status == 401; }));
        CPPUNIT_ASSERT_EQUAL(1008, socket_there.receiveClose());

        startRedis();
        CPPUNIT_ASSERT_EQUAL(401, here.get("/api/v1/me").status);
        CPPUNIT_ASSERT_EQUAL(401, there.get("/api/v1/me").status);
        bobs->expectQuiet(std::chrono::milliseconds(100));
        CPPUNIT_ASSERT_EQUAL(200, pair_->bob.http().get("/api/v1/me").status);
    }

private:
    void assertServesPeople() {
        for (Person* person : {&pair_->alice, &pair_->bob}) {
            person->http().setTimeout(std::chrono::seconds(5));
            person->get("/api/v1/me");
            person->get("/api/v1/matches/get-matches");
            person->get("/api/v1/matches/get-connections");
            history(*person, pair_->room);
            person->post("/api/v1/user/update/preferences", R"({"height":170})");
        }
    }

    /// Ready or not, as both nodes say.
    void awaitBothNodes(int status) {
        for (LinkupDaemon* node : {&deployment_->first(), &deployment_->second()}) {
            HttpClient client(node->url());
            CPPUNIT_ASSERT(waitFor([&] { return client.get("/readyz").status == status; }));
        }
    }

    void stopRedis() {
        deployment_->redis().stop();
        awaitBothNodes(503);
    }

    void startRedis() {
        deployment_->redis().start();
        awaitBothNodes(200);
    }

    static HttpReply logIn(HttpClient& client) {
        return client.postForm("/api/v1/token",
                               {{"username", "rbob@example.com"}, {"password", "Passw0rd!"}});
    }

    static bool hasCome(const ChatLine& line, const std::string& id) {
        return std::find(line.received().begin(), line.received().end(), id) != line.received().end();
    }

    std::unique_ptr<Deployment> deployment_;
    std::unique_ptr<Pair> pair_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisFaultsTest);

}  // namespace linkup::test
