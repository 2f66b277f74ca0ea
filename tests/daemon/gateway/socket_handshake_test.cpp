// How a socket comes to be: the handshake, the token, how many of one user.

#include <cppunit/TestAssert.h>
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <vector>

#include "socket_suite_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;

class SocketHandshakeTest : public SocketSuite {
    CPPUNIT_TEST_SUITE(SocketHandshakeTest);
    CPPUNIT_TEST(greetsFirst);
    CPPUNIT_TEST(answersHandshakesAsTheContractSays);
    CPPUNIT_TEST(takesTheTokenFromHeaderOrQuery);
    CPPUNIT_TEST(neverLogsTheToken);
    CPPUNIT_TEST(closesTheOldestOfTooManySockets);
    CPPUNIT_TEST(closesASocketWhoseTokenWasRevokedDuringTheHandshake);
    CPPUNIT_TEST(closesASocketWhoseTokenNobodyCanTellOf);
    CPPUNIT_TEST_SUITE_END();

public:
    void greetsFirst() {
        recorder_.on_open = [](const Session& session) { session->send(R"({"type":"second"})"); };
        SocketClient client = connect();
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"message":"Connected to say websocket."})"),
                             client.receiveText());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"second"})"), client.receiveText());
        CPPUNIT_ASSERT(recorder_.last()->user() == 1 && recorder_.last()->path() == "/ws/say");
        client.sendClose(1000);
        CPPUNIT_ASSERT_EQUAL(1000, client.receiveClose());
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("close 1000"); }));
        CPPUNIT_ASSERT(waitFor([&] { return server_->metrics.value("connections") == 0; }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server_->gateway.socketCount());
    }
    void answersHandshakesAsTheContractSays() {
        const std::string url = server_->url();
        const HttpReply none = SocketClient::handshake(url, "/ws/say");
        CPPUNIT_ASSERT_EQUAL(403, none.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Not authenticated"})"), none.body);
        const HttpReply bad = SocketClient::handshake(url, "/ws/say", {"bad", "good-1", {}});
        CPPUNIT_ASSERT_EQUAL(401, bad.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Invalid token"})"), bad.body);
        CPPUNIT_ASSERT_EQUAL(401, SocketClient::handshake(url, "/ws/say", {"", "bad", {}}).status);
        CPPUNIT_ASSERT_EQUAL(404, SocketClient::handshake(url, "/ws/other", {"good-1", "", {}}).status);
        CPPUNIT_ASSERT_EQUAL(404, HttpClient(url).get("/ws/say").status);
        CPPUNIT_ASSERT_EQUAL(404, HttpClient(url).post("/ws/say").status);
        const HttpReply version = HttpClient(url).send("GET", "/ws/say", "", "",
                                                       {{"Connection", "Upgrade"},
                                                        {"Upgrade", "websocket"},
                                                        {"Sec-WebSocket-Version", "8"},
                                                        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                                        {"Authorization", "Bearer good-1"}});
        CPPUNIT_ASSERT_EQUAL(400, version.status);
        CPPUNIT_ASSERT_EQUAL(std::string("13"), version.header("sec-websocket-version"));
        const HttpReply no_key = HttpClient(url).send("GET", "/ws/say", "", "",
                                                      {{"Connection", "Upgrade"},
                                                       {"Upgrade", "websocket"},
                                                       {"Sec-WebSocket-Version", "13"},
                                                       {"Authorization", "Bearer good-1"}});
        CPPUNIT_ASSERT_EQUAL(400, no_key.status);
        const HttpReply good = SocketClient::handshake(url, "/ws/say", {"good-1", "", {}});
        CPPUNIT_ASSERT_EQUAL(101, good.status);
        CPPUNIT_ASSERT(!good.header("x-request-id").empty());
        CPPUNIT_ASSERT_EQUAL(std::string(), good.header("sec-websocket-extensions"));
    }
    void takesTheTokenFromHeaderOrQuery() {
        SocketClient header(server_->url(), "/ws/say", {"good-3", "", {}});
        header.receiveText();
        SocketClient query(server_->url(), "/ws/say", {"", "good-4", {}});
        query.receiveText();
        SocketClient slow(server_->url(), "/ws/say", {"", "unknown-5", {}});
        slow.receiveText();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server_->gateway.sockets().local("/ws/say", 4).size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, server_->gateway.sockets().local("/ws/say").size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, server_->gateway.sockets().local({}).size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server_->gateway.sockets().local({}, 4).size());
    }
    void neverLogsTheToken() {
        SocketClient::handshake(server_->url(), "/ws/say", {"", "bad-secret", {}});
        SocketClient query(server_->url(), "/ws/say", {"", "good-4", {}});
        query.receiveText();
        CPPUNIT_ASSERT(waitFor([&] { return !server_->log.lines().empty(); }));
        CPPUNIT_ASSERT(!server_->log.mentions("bad-secret") && !server_->log.mentions("good-4"));
    }
    void closesTheOldestOfTooManySockets() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.sockets.per_user_and_path = 3;
        SocketRecorder recorder;
        TestGateway server(options);
        server.socket(saySocket(), recorder);
        std::vector<std::unique_ptr<SocketClient>> clients;
        for (int i = 0; i < 4; ++i) {
            clients.push_back(
                std::make_unique<SocketClient>(server.url(), "/ws/say", SocketOptions{"good-1", "", {}}));
            clients.back()->receiveText();
        }
        SocketClient other(server.url(), "/ws/say", {"good-2", "", {}});
        other.receiveText();
        CPPUNIT_ASSERT_EQUAL(1008, clients[0]->receiveClose());
        for (int i = 1; i < 4; ++i) clients[static_cast<std::size_t>(i)]->expectQuiet(20ms);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, server.gateway.sockets().local("/ws/say", 1).size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, server.gateway.socketCount());
    }
    void closesASocketWhoseTokenWasRevokedDuringTheHandshake() {
        std::atomic<int> asked{0};
        server_->tokens.before_fast = [&] {
            // Between the check of the handshake and the moment when the socket can be found.
            if (++asked == 2) server_->tokens.revoke("good-1");
        };
        SocketClient client = connect();
        CPPUNIT_ASSERT_EQUAL(1008, client.receiveClose());
        CPPUNIT_ASSERT_EQUAL(2, asked.load());
    }
    void closesASocketWhoseTokenNobodyCanTellOf() {
        std::atomic<int> asked{0};
        server_->tokens.before_slow = [&] {
            if (++asked == 2) throw sdk::Error(sdk::ErrorCode::kUnavailable, "the database is away");
        };
        SocketClient client(server_->url(), "/ws/say", {"unknown-1", "", {}});
        CPPUNIT_ASSERT_EQUAL(1013, client.receiveClose());
        CPPUNIT_ASSERT_EQUAL(2, asked.load());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SocketHandshakeTest);

}  // namespace linkup::test
