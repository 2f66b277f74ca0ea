#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "daemon/gateway/overload.h"
#include "gateway_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Request;
using sdk::Response;

/// How the gateway sees that it has too much to do.
class OverloadTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OverloadTest);
    CPPUNIT_TEST(aStuckIoThreadShowsAsLagUntilItComesBack);
    CPPUNIT_TEST(workThatNobodyTakesGetsOlder);
    CPPUNIT_TEST(aBurstClosesNothing);
    CPPUNIT_TEST(gatesCloseInOrderAndOpenInReverse);
    CPPUNIT_TEST(limitsThatAreNotInOrderAreRefused);
    CPPUNIT_TEST(signInsAreSentAwayWhileOthersWait);
    CPPUNIT_TEST(typingIsDroppedWithoutAWordAndMessagesPass);
    CPPUNIT_TEST(messagesAreToldToComeAgainWhenAllIsLost);
    CPPUNIT_TEST(whatDoesNotExistHasNoImportance);
    CPPUNIT_TEST_SUITE_END();

public:
    void aStuckIoThreadShowsAsLagUntilItComesBack() {
        TestGateway server;
        Barrier barrier;
        server.handles.push_back(server.gateway.addPage("/stuck",
                                                        [&](const Request&) {
                                                            barrier.wait();
                                                            return Response{};
                                                        },
                                                        {.on_io_thread = true}));
        RawConnection client(server.url());
        client.send("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n");
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.loopLag() > 400ms; }));
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.loopLag() < 200ms; }));
        CPPUNIT_ASSERT(client.receiveUntil("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    }

    void workThatNobodyTakesGetsOlder() {
        TestGateway server;
        daemon::WorkerPool& pool = server.pools.create("slow", 1, 8);
        CPPUNIT_ASSERT(pool.age() == 0ns);
        Barrier barrier;
        CPPUNIT_ASSERT(pool.post([&] { barrier.wait(); }));
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        CPPUNIT_ASSERT_MESSAGE("what runs waits no more", pool.age() == 0ns);
        CPPUNIT_ASSERT(pool.post([] {}));
        CPPUNIT_ASSERT(waitFor([&] { return pool.age() > 100ms; }));
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return pool.age() == 0ns; }));
    }

    void aBurstClosesNothing() {
        Gates gates;
        gates.see(0ms, 1);
        gates.see(10'000ms, 19);
        CPPUNIT_ASSERT(!gates.overload.sheds(sdk::Importance::kSignIn));
        gates.see(10'000ms, 1);
        CPPUNIT_ASSERT(gates.overload.sheds(sdk::Importance::kSignIn));
    }

    void gatesCloseInOrderAndOpenInReverse() {
        Gates gates;
        CPPUNIT_ASSERT_EQUAL(0, gates.closed());
        for (const auto& [delay, closed] : {std::pair{150ms, 1}, {250ms, 2}, {350ms, 3}, {450ms, 4}}) {
            gates.see(delay, 25);
            CPPUNIT_ASSERT_EQUAL(closed, gates.closed());
        }
        gates.see(210ms, 25);
        CPPUNIT_ASSERT_EQUAL_MESSAGE("not yet below half of what closed it", 4, gates.closed());
        for (const auto& [delay, closed] : {std::pair{190ms, 3}, {140ms, 2}, {90ms, 1}, {40ms, 0}}) {
            gates.see(delay, 25);
            CPPUNIT_ASSERT_EQUAL(closed, gates.closed());
        }
        CPPUNIT_ASSERT_EQUAL(0.0, gates.metrics.value("overload_gates_closed"));
    }

    void limitsThatAreNotInOrderAreRefused() {
        Gates gates;
        try {
            daemon::Overload wrong({{200ms, 100ms, 0ms, 0ms}}, gates.log, gates.metrics);
            CPPUNIT_FAIL("not refused");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT_EQUAL(
                std::string(
                    "overload.discovery_ms: found 100, less than the 200 of what is to be given up before"),
                std::string(error.what()));
        }
    }

    void signInsAreSentAwayWhileOthersWait() {
        Busy busy({100ms, 0ms, 0ms, 0ms});
        busy.server.get("/sign-in", [](const Request&) { return Response{}; });
        busy.server.get("/other", [](const Request&) { return Response{}; });
        busy.server.gateway.setImportance(sdk::Method::kGet, "/sign-in", sdk::Importance::kSignIn);
        CPPUNIT_ASSERT_EQUAL(200, HttpClient(busy.server.url()).get("/sign-in").status);
        busy.begin();
        const HttpReply reply = HttpClient(busy.server.url()).get("/sign-in");
        CPPUNIT_ASSERT_EQUAL(503, reply.status);
        CPPUNIT_ASSERT(!reply.header("Retry-After").empty());
        CPPUNIT_ASSERT_EQUAL(1.0, busy.server.metrics.value("overload_shed_total", {{"kind", "sign_in"}}));
        RawConnection other(busy.server.url());
        other.send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
        busy.end();
        CPPUNIT_ASSERT(other.receiveUntil("\r\n\r\n").starts_with("HTTP/1.1 200 "));
        CPPUNIT_ASSERT(waitFor([&] { return HttpClient(busy.server.url()).get("/sign-in").status == 200; }));
    }

    void typingIsDroppedWithoutAWordAndMessagesPass() {
        SocketRecorder recorder;
        Busy busy({100ms, 100ms, 100ms, 0ms});
        busy.server.socket(saySocket(), recorder);
        busy.server.gateway.setImportance("/ws/say", "hush", sdk::Importance::kLive);
        SocketClient client(busy.server.url(), "/ws/say", {.bearer = "good-1"});
        client.receive();
        CPPUNIT_ASSERT(waitFor([&] { return recorder.hasHeard("open"); }));
        busy.begin("live");
        client.send(R"({"type": "hush"})");
        client.send(R"({"type": "say", "text": "hello"})");
        CPPUNIT_ASSERT(waitFor([&] {
            return busy.server.metrics.value("overload_shed_total", {{"kind", "live"}}) == 1;
        }));
        sdk::SendOptions droppable;
        droppable.droppable = true;
        recorder.last()->send(R"({"type": "typing"})", droppable);
        recorder.last()->send(R"({"type": "message"})");
        CPPUNIT_ASSERT_EQUAL(std::string("message"), client.receive()->getValue<std::string>("type"));
        busy.end();
        CPPUNIT_ASSERT(waitFor([&] { return recorder.heard().size() == 2; }));
        CPPUNIT_ASSERT(recorder.heard().back().starts_with("event say "));
        recorder.last()->close(sdk::CloseCode::kNormal, "");
        CPPUNIT_ASSERT_EQUAL(1000, client.receiveClose());
        CPPUNIT_ASSERT(waitFor([&] { return recorder.heard().size() == 3; }));
    }

    void messagesAreToldToComeAgainWhenAllIsLost() {
        SocketRecorder recorder;
        Busy busy({100ms, 100ms, 100ms, 100ms});
        busy.server.socket(saySocket(), recorder);
        busy.server.get("/other", [](const Request&) { return Response{}; });
        SocketClient client(busy.server.url(), "/ws/say", {.bearer = "good-1"});
        client.receive();
        busy.begin("core");
        client.send(R"({"type": "say", "text": "hello"})");
        CPPUNIT_ASSERT_EQUAL(std::string("server_busy"), client.receive()->getValue<std::string>("code"));
        CPPUNIT_ASSERT_EQUAL(503, HttpClient(busy.server.url()).get("/other").status);
        CPPUNIT_ASSERT_EQUAL(
            503, SocketClient::handshake(busy.server.url(), "/ws/say", {.bearer = "good-2"}).status);
        busy.server.handles.push_back(busy.server.gateway.addPage(
            "/health", [](const Request&) { return Response{}; }, {.on_io_thread = true}));
        CPPUNIT_ASSERT_EQUAL_MESSAGE("who asks how it is gets an answer", 200,
                                     HttpClient(busy.server.url()).get("/health").status);
    }

    void whatDoesNotExistHasNoImportance() {
        SocketRecorder recorder;
        TestGateway server;
        server.socket(saySocket(), recorder);
        CPPUNIT_ASSERT_THROW(server.gateway.setImportance(sdk::Method::kGet, "/no", sdk::Importance::kLive),
                             sdk::Error);
        CPPUNIT_ASSERT_THROW(server.gateway.setImportance("/ws/say", "shout", sdk::Importance::kLive),
                             sdk::Error);
    }

private:
    /// Gates at 100, 200, 300 and 400 ms, and a clock that goes on from look to look.
    struct Gates {
        sdk::testing::RecordingLog log;
        sdk::testing::FakeMetrics metrics;
        daemon::Overload overload{{{100ms, 200ms, 300ms, 400ms}}, log, metrics};
        std::chrono::steady_clock::time_point now{1h};

        void see(std::chrono::milliseconds delay, int times) {
            for (int i = 0; i < times; ++i) overload.look(now += daemon::Overload::kLook, delay);
        }
        int closed() const {
            int count = 0;
            for (const auto what : {sdk::Importance::kSignIn, sdk::Importance::kDiscovery,
                                    sdk::Importance::kLive, sdk::Importance::kCore})
                count += overload.sheds(what) ? 1 : 0;
            return count;
        }
    };

    /// A gateway whose only worker can be held, so that what comes then waits.
    struct Busy {
        static TestGateway::Options options(const std::array<std::chrono::milliseconds, 4>& limits) {
            TestGateway::Options options{TestGateway::quick(), 1};
            std::copy(limits.begin(), limits.end(), options.settings.overload.limits.begin());
            return options;
        }
        explicit Busy(const std::array<std::chrono::milliseconds, 4>& limits) : server(options(limits)) {}

        /// Until what is called `kind` is given up.
        void begin(const std::string& kind = "sign_in") {
            const double gates = kind == "sign_in" ? 1 : kind == "live" ? 3 : 4;
            CPPUNIT_ASSERT(server.pools.find("requests")->post([this] { barrier.wait(); }));
            CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
            CPPUNIT_ASSERT(server.pools.find("requests")->post([] {}));
            CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("overload_gates_closed") == gates; }));
        }
        void end() { barrier.open(); }

        TestGateway server;
        Barrier barrier;
    };
};
CPPUNIT_TEST_SUITE_REGISTRATION(OverloadTest);

}  // namespace linkup::test
