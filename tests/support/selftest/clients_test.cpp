#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <Poco/Net/NetException.h>

#include <thread>

#include "free_port.h"
#include "http_client.h"
#include "raw_connection.h"
#include "socket_client.h"
#include "test_server.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

class ClientsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ClientsTest);
    CPPUNIT_TEST(requestsShareOneConnection);
    CPPUNIT_TEST(bodiesHaveTheirTypes);
    CPPUNIT_TEST(replyIsReadByPath);
    CPPUNIT_TEST(socketSaysWhoItIs);
    CPPUNIT_TEST(refusedSocketShowsStatusAndBody);
    CPPUNIT_TEST(socketReceivesJsonAndSkipsOtherTypes);
    CPPUNIT_TEST(socketAnswersPingsAndJoinsFragments);
    CPPUNIT_TEST(silenceIsSeenAndItsBreachToo);
    CPPUNIT_TEST(closeCodeIsReported);
    CPPUNIT_TEST(rawConnectionReadsUntilClose);
    CPPUNIT_TEST(rawConnectionSeesReset);
    CPPUNIT_TEST_SUITE_END();

public:
    void requestsShareOneConnection() {
        HttpClient client(server_.url());
        client.setBearer("abc");
        const auto first = client.get("/echo?x=1");
        const auto second = client.del("/echo/2");
        CPPUNIT_ASSERT_EQUAL(200, first.status);
        CPPUNIT_ASSERT_EQUAL(std::string("yes"), first.header("x-PROBE"));
        CPPUNIT_ASSERT_EQUAL(std::string("GET"), first.text("method"));
        CPPUNIT_ASSERT_EQUAL(std::string("/echo?x=1"), first.text("path"));
        CPPUNIT_ASSERT_EQUAL(std::string("Bearer abc"), first.text("authorization"));
        CPPUNIT_ASSERT_EQUAL(std::string("DELETE"), second.text("method"));
        CPPUNIT_ASSERT_EQUAL(first.text("client"), second.text("client"));
        client.disconnect();
        CPPUNIT_ASSERT(first.text("client") != client.get("/echo").text("client"));
    }

    void bodiesHaveTheirTypes() {
        HttpClient client(server_.url());
        const auto json = client.post("/echo", R"({"a": 1})");
        CPPUNIT_ASSERT_EQUAL(std::string("application/json"), json.text("type"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"a": 1})"), json.text("body"));
        const auto form = client.postForm("/echo", {{"name", "a b&c"}, {"x", "+"}});
        CPPUNIT_ASSERT_EQUAL(std::string("name=a%20b%26c&x=%2B"), form.text("body"));
        const auto parts = client.postMultipart(
            "/echo", {{"kind", "image"}, {"file", std::string("\0\1", 2), "a.png", "image/png"}});
        CPPUNIT_ASSERT(parts.text("type").starts_with("multipart/form-data; boundary="));
        const std::string body = parts.text("body");
        CPPUNIT_ASSERT(body.find("name=\"kind\"\r\n\r\nimage\r\n--") != std::string::npos);
        CPPUNIT_ASSERT(body.find("filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n") !=
                       std::string::npos);
    }

    void replyIsReadByPath() {
        HttpReply reply;
        reply.body = R"({"detail": [{"loc": ["body", 2], "ok": false}]})";
        CPPUNIT_ASSERT_EQUAL(std::string("body"), reply.text("detail[0].loc[0]"));
        CPPUNIT_ASSERT_EQUAL(2, reply.at("detail[0].loc[1]").convert<int>());
        CPPUNIT_ASSERT_EQUAL(false, reply.at("detail[0].ok").convert<bool>());
        CPPUNIT_ASSERT_THROW(reply.at("detail[1]"), std::runtime_error);
        CPPUNIT_ASSERT_THROW(reply.array(), std::runtime_error);
        reply.body = "<html>";
        CPPUNIT_ASSERT_THROW(reply.json(), std::runtime_error);
    }

    void socketSaysWhoItIs() {
        SocketClient withHeader(server_.url(), "/socket", {.bearer = "abc"});
        CPPUNIT_ASSERT_EQUAL(std::string("/socket Bearer abc"), withHeader.receiveText());
        SocketClient withQuery(server_.url(), "/socket?a=1", {.queryToken = "x+y"});
        CPPUNIT_ASSERT_EQUAL(std::string("/socket?a=1&token=x%2By -"), withQuery.receiveText());
    }

    void refusedSocketShowsStatusAndBody() {
        CPPUNIT_ASSERT_THROW(SocketClient(server_.url(), "/refuse"), Poco::Net::WebSocketException);
        const auto reply = SocketClient::handshake(server_.url(), "/refuse");
        CPPUNIT_ASSERT_EQUAL(403, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string("no"), reply.text("detail"));
        const auto upgraded = SocketClient::handshake(server_.url(), "/socket");
        CPPUNIT_ASSERT_EQUAL(101, upgraded.status);
        CPPUNIT_ASSERT_EQUAL(std::string("websocket"), upgraded.header("Upgrade"));
    }

    void socketReceivesJsonAndSkipsOtherTypes() {
        SocketClient socket(server_.url(), "/socket");
        socket.receiveText();
        Poco::JSON::Object message;
        message.set("type", "typing");
        socket.send(message);
        message.set("type", "seen").set("seq", 3);
        socket.send(message);
        CPPUNIT_ASSERT_EQUAL(3, socket.receiveType("seen")->getValue<int>("seq"));
        socket.send("[]");
        CPPUNIT_ASSERT_THROW(socket.receive(), std::runtime_error);
    }

    void socketAnswersPingsAndJoinsFragments() {
        SocketClient socket(server_.url(), "/socket");
        socket.receiveText();
        socket.send("ping");
        CPPUNIT_ASSERT_EQUAL(std::string("pong hey"), socket.receiveText());
        socket.send("fragments");
        CPPUNIT_ASSERT_EQUAL(std::string("one two"), socket.receiveText());
        CPPUNIT_ASSERT_EQUAL(std::string("pong in between"), socket.receiveText());
        socket.answerPings(false);
        socket.send("ping");
        socket.expectQuiet(100ms);
    }

    void silenceIsSeenAndItsBreachToo() {
        SocketClient socket(server_.url(), "/socket");
        socket.receiveText();
        socket.expectQuiet(50ms);
        socket.send("hello");
        CPPUNIT_ASSERT_THROW(socket.expectQuiet(5s), std::runtime_error);
        CPPUNIT_ASSERT_THROW(socket.receiveText(50ms), std::runtime_error);
        socket.send("still there");
        CPPUNIT_ASSERT_EQUAL(std::string("still there"), socket.receiveText());
    }

    void closeCodeIsReported() {
        SocketClient told(server_.url(), "/socket");
        told.send("close 1013");
        CPPUNIT_ASSERT_EQUAL(1013, told.receiveClose());
        SocketClient dropped(server_.url(), "/socket");
        dropped.send("drop");
        CPPUNIT_ASSERT_EQUAL(1006, dropped.receiveClose());
    }

    void rawConnectionReadsUntilClose() {
        RawConnection connection(server_.url());
        CPPUNIT_ASSERT(connection.sendSlowly("GET /echo HTTP/1.0\r\n\r\n", 5, 1ms));
        const auto reply = connection.receive();
        CPPUNIT_ASSERT(connection.closed());
        CPPUNIT_ASSERT(reply.starts_with("HTTP/1.0 200 OK\r\n"));
        RawConnection open(server_.url());
        CPPUNIT_ASSERT(open.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
        CPPUNIT_ASSERT(!open.receiveUntil("\r\n\r\n").empty());
        CPPUNIT_ASSERT(!open.closed());
    }

    void rawConnectionSeesReset() {
        Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
        RawConnection connection("http://" + listener.address().toString());
        auto peer = listener.acceptConnection();
        CPPUNIT_ASSERT_EQUAL(std::string(), connection.receive(30ms));
        CPPUNIT_ASSERT(!connection.closed());
        peer.setLinger(true, 0);
        peer.close();
        CPPUNIT_ASSERT_EQUAL(std::string(), connection.receive());
        CPPUNIT_ASSERT(connection.closed());
        CPPUNIT_ASSERT(!connection.send("x"));
    }

private:
    TestServer server_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientsTest);

}  // namespace
}  // namespace linkup::test
