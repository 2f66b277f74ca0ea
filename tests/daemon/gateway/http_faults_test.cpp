#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <thread>

#include "gateway_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Json;
using sdk::Request;
using sdk::Response;

/// Clients that misbehave, and a server that has too much to do.
class HttpFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(HttpFaultsTest);
    CPPUNIT_TEST(refusesAHeaderThatIsTooLarge);
    CPPUNIT_TEST(refusesRubbish);
    CPPUNIT_TEST(refusesBodiesThatOthersWouldMeasureOtherwise);
    CPPUNIT_TEST(overlooksBlankLinesAndNothingElseBetweenRequests);
    CPPUNIT_TEST(refusesADeclaredBodyWithoutReadingIt);
    CPPUNIT_TEST(refusesAChunkedBodyThatGrowsTooLarge);
    CPPUNIT_TEST(keepsTheConnectionAfterASmallUnwantedBody);
    CPPUNIT_TEST(cutsOffAHeaderThatNeverEnds);
    CPPUNIT_TEST(cutsOffABodyThatNeverEnds);
    CPPUNIT_TEST(cutsOffAConnectionThatSaysNothing);
    CPPUNIT_TEST(cutsOffAClientThatDoesNotReadItsReply);
    CPPUNIT_TEST(servesOthersDuringTwoThousandSlowConnections);
    CPPUNIT_TEST(bearsAClientThatIsGoneBeforeTheReply);
    CPPUNIT_TEST(answers503WhenTheQueueIsFull);
    CPPUNIT_TEST(closesConnectionsBeyondTheLimit);
    CPPUNIT_TEST(drainsWith503AndAnswersWhatRuns);
    CPPUNIT_TEST(blockedIoThreadMakesNoProgress);
    CPPUNIT_TEST(stopsWhileConnectionsAreOpen);
    CPPUNIT_TEST(saysWhyItCannotListen);
    CPPUNIT_TEST_SUITE_END();

public:
    void refusesAHeaderThatIsTooLarge() {
        TestGateway server;
        hello(server);
        RawConnection fields(server.url());
        fields.send("GET /hello HTTP/1.1\r\nHost: x\r\nX-Large: " + std::string(100'000, 'x') + "\r\n\r\n");
        CPPUNIT_ASSERT(fields.receive().starts_with("HTTP/1.1 431 "));
        CPPUNIT_ASSERT(fields.closed());
        RawConnection line(server.url());
        line.send("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n");
        CPPUNIT_ASSERT(line.receive().starts_with("HTTP/1.1 431 "));
        const std::string fits(15'000, 'x');
        CPPUNIT_ASSERT_EQUAL(
            200, HttpClient(server.url()).send("GET", "/hello", "", "", {{"X-Large", fits}}).status);
    }
    void refusesRubbish() {
        TestGateway server;
        hello(server);
        for (const char* rubbish :
             {"\x16\x03\x01\x02\x00\x01\x00", "GET\r\n\r\n", "GET /hello HTTP/2.0\r\n\r\n",
              "GET /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nHost x\r\n\r\n",
              "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
              "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
              "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
            RawConnection connection(server.url());
            connection.send(rubbish);
            connection.shutdownSend();
            const std::string reply = connection.receive();
            CPPUNIT_ASSERT_MESSAGE(std::string(rubbish) + reply,
                                   reply.empty() || reply.starts_with("HTTP/1.1 400 "));
            CPPUNIT_ASSERT(connection.closed());
        }
        CPPUNIT_ASSERT_EQUAL(200, HttpClient(server.url()).get("/hello").status);
    }
    /// What a proxy in front takes for a body must not be a request to us, or somebody is answered for it.
    void refusesBodiesThatOthersWouldMeasureOtherwise() {
        TestGateway server;
        hello(server);
        const std::string smuggled = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
        for (const std::string start :
             {"POST /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
              "POST /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
              "POST /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
              "POST /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: "
              "chunked\r\n\r\n",
              "POST /hello HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: "
              "chunked\r\n\r\n",
              "POST /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"}) {
            RawConnection connection(server.url());
            connection.send(start + smuggled);
            const std::string reply = connection.receive();
            CPPUNIT_ASSERT_MESSAGE(start + reply, reply.starts_with("HTTP/1.1 400 "));
            CPPUNIT_ASSERT_MESSAGE(start + reply, reply.find("HTTP/1.1", 1) == std::string::npos);
            CPPUNIT_ASSERT(connection.closed());
        }
    }
    void overlooksBlankLinesAndNothingElseBetweenRequests() {
        TestGateway server;
        hello(server);
        const std::string request = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        RawConnection blank(server.url());
        blank.send("\r\n\n\r\n" + request);
        CPPUNIT_ASSERT(blank.receive().starts_with("HTTP/1.1 200 "));
        RawConnection zero(server.url());
        zero.send(std::string(1, '\0') + request);
        CPPUNIT_ASSERT(zero.receive().starts_with("HTTP/1.1 400 "));
    }
    void refusesADeclaredBodyWithoutReadingIt() {
        TestGateway server;
        sink(server);
        RawConnection connection(server.url());
        connection.send("POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n");
        const std::string reply = connection.receive();
        CPPUNIT_ASSERT(reply.starts_with("HTTP/1.1 413 "));
        CPPUNIT_ASSERT(reply.find(R"({"detail":"Request body too large"})") != std::string::npos);
        CPPUNIT_ASSERT(connection.closed());
        const HttpReply sent =
            HttpClient(server.url()).post("/sink", "\"" + std::string(300'000, 'x') + "\"");
        CPPUNIT_ASSERT_EQUAL(413, sent.status);
        CPPUNIT_ASSERT_EQUAL(
            200, HttpClient(server.url()).post("/sink", "\"" + std::string(250'000, 'x') + "\"").status);
    }
    void refusesAChunkedBodyThatGrowsTooLarge() {
        TestGateway server;
        sink(server);
        RawConnection connection(server.url());
        connection.send("POST /sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
        for (int i = 0; i < 17 && connection.send(chunk); ++i) {
        }
        CPPUNIT_ASSERT(connection.receive().find("413 ") != std::string::npos);
        RawConnection endless(server.url());
        endless.send("POST /sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                     std::string(200'000, 'e'));
        CPPUNIT_ASSERT(endless.receive().find("400 ") != std::string::npos);
    }
    void keepsTheConnectionAfterASmallUnwantedBody() {
        TestGateway server;
        hello(server);
        RawConnection connection(server.url());
        connection.send(
            "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"
            "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
            "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        const std::string replies = connection.receive();
        const auto first = replies.find("405 ");
        const auto second = replies.find("404 ");
        const auto third = replies.find("200 OK");
        CPPUNIT_ASSERT_MESSAGE(replies, first < second && second < third && third != std::string::npos);
    }
    void cutsOffAHeaderThatNeverEnds() {
        TestGateway server(withDeadlines());
        RawConnection connection(server.url());
        const auto began = std::chrono::steady_clock::now();
        // Bytes keep coming; that must not help.
        while (connection.sendSlowly("GET /hello HTTP/1.1\r\nX-A: ", 1, 20ms) && !connection.closed()) {
            if (std::chrono::steady_clock::now() - began > 10s) break;
            connection.receive(1ms);
        }
        CPPUNIT_ASSERT(std::chrono::steady_clock::now() - began < 8s);
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 0; }));
    }
    void cutsOffABodyThatNeverEnds() {
        TestGateway server(withDeadlines());
        sink(server);
        RawConnection connection(server.url());
        connection.send("POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
        CPPUNIT_ASSERT_EQUAL(std::string(), connection.receive());
        CPPUNIT_ASSERT(connection.closed());
    }
    void cutsOffAConnectionThatSaysNothing() {
        TestGateway server(withDeadlines());
        hello(server);
        RawConnection silent(server.url());
        CPPUNIT_ASSERT_EQUAL(std::string(), silent.receive());
        CPPUNIT_ASSERT(silent.closed());
        RawConnection idle(server.url());
        idle.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        idle.receiveUntil("{}");
        idle.receive();
        CPPUNIT_ASSERT(idle.closed());
    }
    void cutsOffAClientThatDoesNotReadItsReply() {
        TestGateway::Options options = withDeadlines();
        TestGateway server(options);
        server.get("/large", [](const Request&) {
            Response response;
            response.body.assign(64 << 20, 'x');
            return response;
        });
        RawConnection connection(server.url());
        connection.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 1; }));
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 0; }));
    }
    void servesOthersDuringTwoThousandSlowConnections() {
        TestGateway server;
        hello(server);
        std::vector<std::unique_ptr<RawConnection>> slow;
        for (int i = 0; i < 2000; ++i) slow.push_back(std::make_unique<RawConnection>(server.url()));
        std::atomic<bool> done{false};
        std::thread dripper([&] {
            const std::string bytes = "GET /hello HTTP/1.1\r\n";
            for (std::size_t i = 0; !done && i < bytes.size(); ++i) {
                const auto next = std::chrono::steady_clock::now() + 1s;
                for (const auto& connection : slow) connection->send(bytes.substr(i, 1));
                while (!done && std::chrono::steady_clock::now() < next) std::this_thread::sleep_for(10ms);
            }
        });
        HttpClient client(server.url());
        std::vector<std::chrono::steady_clock::duration> times;
        const auto end = std::chrono::steady_clock::now() + 4s;
        while (std::chrono::steady_clock::now() < end) {
            const auto began = std::chrono::steady_clock::now();
            CPPUNIT_ASSERT_EQUAL(200, client.get("/hello").status);
            times.push_back(std::chrono::steady_clock::now() - began);
        }
        done = true;
        dripper.join();
        std::sort(times.begin(), times.end());
        // Not a measurement: one that waits behind the slow ones would wait for seconds.
        CPPUNIT_ASSERT(times[times.size() / 2] < 500ms);
        CPPUNIT_ASSERT_EQUAL(2001.0, server.metrics.value("connections"));
    }
    void bearsAClientThatIsGoneBeforeTheReply() {
        TestGateway server;
        Barrier barrier;
        server.get("/slow", [&](const Request&) {
            barrier.wait();
            Response response;
            response.body.assign(1 << 20, 'x');
            return response;
        });
        hello(server);
        {
            RawConnection connection(server.url());
            connection.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
            CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
            connection.reset();
        }
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 0; }));
        CPPUNIT_ASSERT_EQUAL(200, HttpClient(server.url()).get("/hello").status);
    }
    void answers503WhenTheQueueIsFull() {
        TestGateway::Options options{TestGateway::quick()};
        options.threads = 1;
        options.queue = 1;
        TestGateway server(options);
        Barrier barrier;
        server.get("/slow", [&](const Request&) {
            barrier.wait();
            return Response::json(Json::object());
        });
        server.handles.push_back(server.gateway.addPage(
            "/healthz", [](const Request&) { return Response::json(Json::object()); }, {true}));
        std::vector<std::thread> callers;
        std::atomic<int> good{0};
        for (int i = 0; i < 2; ++i) {
            callers.emplace_back([&] {
                if (HttpClient(server.url()).get("/slow").status == 200) ++good;
            });
            CPPUNIT_ASSERT(waitFor(
                [&] { return barrier.waiting() == 1 && (i == 0 || server.pools.find("requests")->full()); }));
        }
        HttpClient client(server.url());
        const HttpReply reply = client.get("/slow");
        CPPUNIT_ASSERT_EQUAL(503, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Server is busy. Please try again in a moment."})"),
                             reply.body);
        CPPUNIT_ASSERT_EQUAL(std::string("1"), reply.header("retry-after"));
        CPPUNIT_ASSERT_EQUAL(404, client.get("/nowhere").status);
        CPPUNIT_ASSERT_EQUAL(405, client.post("/slow").status);
        CPPUNIT_ASSERT_EQUAL(200, client.get("/healthz").status);
        barrier.open();
        for (std::thread& caller : callers) caller.join();
        CPPUNIT_ASSERT_EQUAL(2, good.load());
        CPPUNIT_ASSERT_EQUAL(200, client.get("/slow").status);
    }
    void closesConnectionsBeyondTheLimit() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.max_connections = 3;
        TestGateway server(options);
        hello(server);
        std::vector<std::unique_ptr<RawConnection>> open;
        for (int i = 0; i < 3; ++i) open.push_back(std::make_unique<RawConnection>(server.url()));
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 3; }));
        RawConnection beyond(server.url());
        beyond.receive();
        CPPUNIT_ASSERT(beyond.closed());
        open.clear();
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 0; }));
        CPPUNIT_ASSERT_EQUAL(200, HttpClient(server.url()).get("/hello").status);
    }
    void drainsWith503AndAnswersWhatRuns() {
        TestGateway server;
        Barrier barrier;
        server.get("/slow", [&](const Request&) {
            barrier.wait();
            return Response::json(Json::object());
        });
        server.handles.push_back(server.gateway.addPage(
            "/readyz", [](const Request&) { return Response::json(Json::object(), 503); }, {true}));
        std::atomic<int> status{0};
        std::thread caller([&] { status = HttpClient(server.url()).get("/slow").status; });
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        server.gateway.drain(10ms);
        const HttpReply refused = HttpClient(server.url()).get("/slow");
        CPPUNIT_ASSERT_EQUAL(503, refused.status);
        CPPUNIT_ASSERT(!refused.header("retry-after").empty());
        CPPUNIT_ASSERT_EQUAL(std::string("{}"), HttpClient(server.url()).get("/readyz").body);
        barrier.open();
        caller.join();
        CPPUNIT_ASSERT_EQUAL(200, status.load());
    }
    void blockedIoThreadMakesNoProgress() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.io_threads = 1;
        TestGateway server(options);
        Barrier barrier;
        server.handles.push_back(server.gateway.addPage("/block",
                                                        [&](const Request&) {
                                                            barrier.wait();
                                                            return Response::json(Json::object());
                                                        },
                                                        {true}));
        const auto look = server.gateway.progress().at(0);
        const auto comes_on = [&, then = look().count] { return look().count != then; };
        CPPUNIT_ASSERT(waitFor(comes_on));
        std::thread caller([&] { HttpClient(server.url()).get("/block"); });
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        const auto blocked_at = look().count;
        CPPUNIT_ASSERT(!waitFor([&] { return look().count != blocked_at; }, 200ms));
        CPPUNIT_ASSERT(!look().idle);
        barrier.open();
        caller.join();
        CPPUNIT_ASSERT(waitFor([&] { return look().count != blocked_at; }));
    }
    void stopsWhileConnectionsAreOpen() {
        std::vector<std::unique_ptr<RawConnection>> open;
        {
            TestGateway server;
            hello(server);
            for (int i = 0; i < 20; ++i) {
                open.push_back(std::make_unique<RawConnection>(server.url()));
                open.back()->send(i % 2 == 0 ? "GET /he" : "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
            }
            CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 20; }));
            const auto began = std::chrono::steady_clock::now();
            server.gateway.stop();
            CPPUNIT_ASSERT(std::chrono::steady_clock::now() - began < 8s);
            CPPUNIT_ASSERT_EQUAL(0.0, server.metrics.value("connections"));
        }
        for (const auto& connection : open) {
            connection->receive();
            CPPUNIT_ASSERT(connection->closed());
        }
    }
    void saysWhyItCannotListen() {
        TestGateway server;
        TestGateway::Options options{TestGateway::quick()};
        options.settings.port = server.gateway.boundPort();
        try {
            TestGateway second(options);
            CPPUNIT_FAIL("two servers on one port");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT_EQUAL("cannot listen on 127.0.0.1, port " + std::to_string(options.settings.port) +
                                     ": Address already in use",
                                 std::string(error.what()));
        }
    }

private:
    static TestGateway::Options withDeadlines() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.header_timeout = 500ms;
        options.settings.body_timeout = 500ms;
        options.settings.keep_alive_timeout = 500ms;
        options.settings.write_timeout = 500ms;
        return options;
    }
    static void hello(TestGateway& server) {
        server.get("/hello", [](const Request&) { return Response::json(Json::object()); });
    }
    static void sink(TestGateway& server) {
        sdk::RouteSpec spec = getSpec("/sink");
        spec.method = sdk::Method::kPost;
        spec.body_kind = sdk::BodyKind::kJson;
        server.route(spec, [](const Request&) { return Response::json(Json::object()); });
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpFaultsTest);

}  // namespace linkup::test
