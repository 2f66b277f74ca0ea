#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <thread>

#include "gateway_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Json;
using Session = SocketRecorder::Session;
using Poco::Net::WebSocket;

class SocketFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SocketFaultsTest);
    CPPUNIT_TEST(closesWith1009BeyondTheMessageLimit);
    CPPUNIT_TEST(closesWith1009WhenFragmentsAddUp);
    CPPUNIT_TEST(closesWith1007ForBrokenUtf8);
    CPPUNIT_TEST(bearsUnmaskedAndReservedFrames);
    CPPUNIT_TEST(pingsAndCutsOffASilentPeer);
    CPPUNIT_TEST(keepsAPeerThatAnswersPings);
    CPPUNIT_TEST(stopsReadingWhileTheHandlerLags);
    CPPUNIT_TEST(closesASlowReaderWith1013);
    CPPUNIT_TEST(slowReaderLearnsWhyItWasClosedWhenItReadsOn);
    CPPUNIT_TEST(cutsOffAReaderThatNeverReadsOn);
    CPPUNIT_TEST(dropsTypingBeforeItClosesASlowReader);
    CPPUNIT_TEST(refusesHandshakesUnderOverload);
    CPPUNIT_TEST(drainsOneAfterTheOther);
    CPPUNIT_TEST(stopsWithATouchOf1001);
    CPPUNIT_TEST(bearsThousandsOfSocketsComingAndGoing);
    CPPUNIT_TEST_SUITE_END();

public:
    void closesWith1009BeyondTheMessageLimit() {
        Server server;
        auto client = server.connect();
        client.send(say(std::string(128 * 1024 - 200, 'x')));
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.heard().size() == 2; }));
        client.send(say(std::string(128 * 1024, 'x')));
        CPPUNIT_ASSERT_EQUAL(1009, client.receiveClose());
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.hasHeard("close 1009"); }));
    }
    void closesWith1009WhenFragmentsAddUp() {
        Server server;
        auto client = server.connect();
        client.sendFrame(std::string(50'000, 'x'), WebSocket::FRAME_OP_TEXT);
        client.sendFrame(std::string(50'000, 'x'), WebSocket::FRAME_OP_CONT);
        client.sendFrame(std::string(50'000, 'x'), WebSocket::FRAME_OP_CONT);
        CPPUNIT_ASSERT_EQUAL(1009, client.receiveClose());
    }
    void closesWith1007ForBrokenUtf8() {
        Server server;
        auto client = server.connect();
        client.send(say("\xC3\x28"));
        CPPUNIT_ASSERT_EQUAL(1007, client.receiveClose());
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.hasHeard("close 1007"); }));
    }
    void bearsUnmaskedAndReservedFrames() {
        Server server;
        for (const std::string& frame :
             {std::string("\x81\x02{}"), std::string("\xF1\x80\0\0\0\0", 6),
              std::string("\x83\x80\0\0\0\0", 6), std::string("\x89\xFE\xFF\xFF\0\0\0\0", 8),
              std::string("\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0", 14)}) {
            RawConnection raw(server.gateway.url());
            raw.send(
                "GET /ws/say?token=good-1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
                "websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            CPPUNIT_ASSERT(raw.receiveUntil("Connected to say").starts_with("HTTP/1.1 101 "));
            raw.send(frame);
            raw.receive();
            CPPUNIT_ASSERT(raw.closed());
        }
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.gateway.socketCount() == 0; }));
        server.connect();
    }
    void pingsAndCutsOffASilentPeer() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.sockets.ping_interval = 200ms;
        options.settings.sockets.ping_timeout = 300ms;
        Server server(options);
        auto client = server.connect();
        client.answerPings(false);
        const auto frame = client.receiveFrame();
        CPPUNIT_ASSERT(frame.has_value() && frame->kind == SocketFrame::Kind::kPing);
        CPPUNIT_ASSERT_EQUAL(1001, client.receiveClose());
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.hasHeard("close 1001"); }));
    }
    void keepsAPeerThatAnswersPings() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.sockets.ping_interval = 100ms;
        options.settings.sockets.ping_timeout = 2000ms;
        Server server(options);
        auto client = server.connect();
        for (int i = 0; i < 8; ++i) {
            const auto frame = client.receiveFrame();
            CPPUNIT_ASSERT(frame.has_value() && frame->kind == SocketFrame::Kind::kPing);
        }
    }
    void stopsReadingWhileTheHandlerLags() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.sockets.incoming_events = 4;
        Server server(options);
        Barrier barrier;
        server.recorder.on_event = [&](const Session&, const std::string&, const Json&) { barrier.wait(); };
        auto client = server.connect();
        std::atomic<int> sent{0};
        std::thread sender([&] {
            const std::string event = say(std::string(60'000, 'x'));
            for (int i = 0; i < 400; ++i, ++sent) client.send(event);
        });
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        int before = -1;
        CPPUNIT_ASSERT(waitFor([&] {
            std::this_thread::sleep_for(100ms);
            return std::exchange(before, sent.load()) == sent;
        }));
        CPPUNIT_ASSERT_MESSAGE("the sender was never held up", sent < 400);
        barrier.open();
        sender.join();
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.heard().size() == 401; }, 30s));
    }
    void closesASlowReaderWith1013() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.sockets.outgoing_budget_bytes = 256 * 1024;
        Server server(options);
        auto slow = server.connect(1);
        auto quick = server.connect(2);
        const auto session = server.gateway.gateway.sockets().local("/ws/say", 1).at(0);
        // Wait for the greeting to be out of the way, then fill kernel and budget.
        std::atomic<int> lost{0};
        std::atomic<int> written{0};
        for (int i = 0; lost == 0 && i < 100'000; ++i) {
            sdk::SendOptions options_of_frame;
            options_of_frame.on_written = [&](bool good) { ++(good ? written : lost); };
            session->send(std::string(16 * 1024, 'x'), std::move(options_of_frame));
        }
        CPPUNIT_ASSERT(waitFor([&] { return lost > 0; }));
        server.gateway.gateway.sockets().sendToUser("/ws/say", 2, "still here", false, {});
        CPPUNIT_ASSERT_EQUAL(std::string("still here"), quick.receiveText());
        CPPUNIT_ASSERT_EQUAL(1013, slow.receiveClose(30s));
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.hasHeard("close 1013"); }));
        CPPUNIT_ASSERT_EQUAL(1.0, server.gateway.metrics.value("slow_sockets_total"));
    }
    void slowReaderLearnsWhyItWasClosedWhenItReadsOn() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.sockets.outgoing_budget_bytes = 256 * 1024;
        options.settings.sockets.close_timeout = 300ms;
        Server server(options);
        auto slow = server.connect(1);
        auto mute = server.connect(2);
        const int whole = fill(server, 1);
        // Another one that does not answer its close shows that the time for that is long over.
        server.gateway.gateway.sockets().local("/ws/say", 2).at(0)->close(sdk::CloseCode::kPolicy, "enough");
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.hasHeard("close 1008"); }));
        CPPUNIT_ASSERT(!server.recorder.hasHeard("close 1013"));
        // What it has not had is gone, but for what the kernel has; of that no frame is torn.
        int had = 0;
        for (auto frame = slow.receiveFrame();; frame = slow.receiveFrame()) {
            CPPUNIT_ASSERT(frame.has_value());
            if (frame->kind == SocketFrame::Kind::kClose) {
                CPPUNIT_ASSERT_EQUAL(1013, frame->closeCode);
                break;
            }
            CPPUNIT_ASSERT_EQUAL(kLarge, frame->payload.size());
            ++had;
        }
        CPPUNIT_ASSERT(had < whole);
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.hasHeard("close 1013"); }));
    }
    void cutsOffAReaderThatNeverReadsOn() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.sockets.outgoing_budget_bytes = 256 * 1024;
        options.settings.sockets.close_timeout = 100ms;
        options.settings.sockets.write_timeout = 500ms;
        Server server(options);
        auto slow = server.connect(1);
        fill(server, 1);
        CPPUNIT_ASSERT(waitFor([&] { return server.recorder.hasHeard("close 1013"); }));
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.metrics.value("connections") == 0; }));
    }
    void dropsTypingBeforeItClosesASlowReader() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.sockets.outgoing_budget_bytes = 64 * 1024;
        Server server(options);
        auto slow = server.connect(1);
        const auto session = server.gateway.gateway.sockets().local("/ws/say", 1).at(0);
        std::atomic<int> lost{0};
        for (int i = 0; lost < 50 && i < 100'000; ++i) {
            sdk::SendOptions typing;
            typing.droppable = true;
            typing.on_written = [&](bool good) { lost += good ? 0 : 1; };
            session->send(std::string(8 * 1024, 't'), std::move(typing));
            if (i % 100 == 0) std::this_thread::sleep_for(1ms);
        }
        CPPUNIT_ASSERT(waitFor([&] { return lost >= 50; }));
        session->send("message");
        while (slow.receiveText() != "message") {
        }
        CPPUNIT_ASSERT_EQUAL(0.0, server.gateway.metrics.value("slow_sockets_total"));
    }
    void refusesHandshakesUnderOverload() {
        TestGateway::Options options{TestGateway::quick()};
        options.threads = 1;
        options.queue = 1;
        Server server(options);
        Barrier barrier;
        CPPUNIT_ASSERT(server.gateway.pools.find("requests")->post([&] { barrier.wait(); }));
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        CPPUNIT_ASSERT(server.gateway.pools.find("requests")->post([] {}));
        const HttpReply reply = SocketClient::handshake(server.gateway.url(), "/ws/say", {"good-1", "", {}});
        CPPUNIT_ASSERT_EQUAL(503, reply.status);
        CPPUNIT_ASSERT(!reply.header("retry-after").empty());
        barrier.open();
    }
    void drainsOneAfterTheOther() {
        Server server;
        std::vector<std::unique_ptr<SocketClient>> clients;
        for (int i = 0; i < 50; ++i) {
            clients.push_back(std::make_unique<SocketClient>(
                server.gateway.url(), "/ws/say", SocketOptions{"good-" + std::to_string(i + 1), "", {}}));
            clients.back()->receiveText();
        }
        std::vector<std::chrono::steady_clock::time_point> closed(clients.size());
        std::vector<std::chrono::steady_clock::time_point> back(clients.size());
        std::vector<std::thread> readers;
        std::atomic<int> told{0};
        for (std::size_t i = 0; i < clients.size(); ++i) {
            readers.emplace_back([&, i] {
                const auto event = clients[i]->receive();
                const bool good = event->getValue<std::string>("type") == "server" &&
                                  event->getValue<std::string>("event") == "draining" &&
                                  event->getValue<int>("retry_after_ms") > 0;
                if (good && clients[i]->receiveClose() == 1001) ++told;
                closed[i] = std::chrono::steady_clock::now();
                back[i] = closed[i] + std::chrono::milliseconds(event->getValue<int>("retry_after_ms"));
            });
        }
        const auto began = std::chrono::steady_clock::now();
        server.gateway.gateway.drain(1000ms);
        for (std::thread& reader : readers) reader.join();
        CPPUNIT_ASSERT_EQUAL(50, told.load());
        // Who obeys comes back after the end of it, and not all at once.
        const auto [first, last] = std::minmax_element(back.begin(), back.end());
        CPPUNIT_ASSERT(*first - began > 1000ms);
        CPPUNIT_ASSERT(*last - *first > 500ms);
        std::sort(closed.begin(), closed.end());
        CPPUNIT_ASSERT(closed.back() - closed.front() > 700ms);
        CPPUNIT_ASSERT_EQUAL(
            503, SocketClient::handshake(server.gateway.url(), "/ws/say", {"good-1", "", {}}).status);
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.gateway.socketCount() == 0; }));
    }
    void stopsWithATouchOf1001() {
        Server server;
        auto client = server.connect();
        auto silent = server.connect();
        std::thread stopper([&] { server.gateway.gateway.stop(); });
        CPPUNIT_ASSERT_EQUAL(1001, client.receiveClose());
        stopper.join();
        CPPUNIT_ASSERT(waitFor([&] {
            const auto heard = server.recorder.heard();
            return std::count(heard.begin(), heard.end(), "close 1001") == 2;
        }));
        CPPUNIT_ASSERT_EQUAL(0.0, server.gateway.metrics.value("connections"));
    }
    void bearsThousandsOfSocketsComingAndGoing() {
        Server server;
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&server, thread] {
                for (int i = 0; i < 250; ++i) {
                    auto client = server.connect(thread + 1);
                    if (i % 3 == 0) client.reset();
                    if (i % 3 == 1) client.send(R"({"type":"hush"})");
                }
            });
        }
        std::atomic<bool> done{false};
        std::thread sender([&] {
            while (!done) {
                server.gateway.gateway.sockets().sendToAll("/ws/say", "hello");
                std::this_thread::sleep_for(1ms);
            }
        });
        for (std::thread& thread : threads) thread.join();
        done = true;
        sender.join();
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.gateway.socketCount() == 0; }));
        CPPUNIT_ASSERT(waitFor([&] {
            int opened = 0;
            int closed = 0;
            for (const std::string& line : server.recorder.heard()) {
                opened += line == "open" ? 1 : 0;
                closed += line.starts_with("close") ? 1 : 0;
            }
            return opened == 1000 && closed == 1000;
        }));
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.metrics.value("connections") == 0; }));
    }

private:
    /// Connected and greeted.
    class Client : public SocketClient {
    public:
        Client(const std::string& url, int user)
            : SocketClient(url, "/ws/say", {"good-" + std::to_string(user), "", {}}) {
            receiveText();
        }
    };
    struct Server {
        explicit Server(TestGateway::Options options = {TestGateway::quick()}) : gateway(std::move(options)) {
            gateway.socket(saySocket(), recorder);
        }
        Client connect(int user = 1) { return Client(gateway.url(), user); }
        SocketRecorder recorder;
        TestGateway gateway;
    };
    static constexpr std::size_t kLarge = 16 * 1024;
    /// Sends until the kernel takes no more, and then until that one socket of the user has too much; returns
    /// how many frames.
    static int fill(Server& server, int user) {
        const auto session = server.gateway.gateway.sockets().local("/ws/say", user).at(0);
        const auto written = std::make_shared<std::atomic<int>>(0);
        int sent = 0;
        do {
            sdk::SendOptions options;
            options.on_written = [written](bool good) { *written += good ? 1 : 0; };
            session->send(std::string(kLarge, 'x'), std::move(options));
            ++sent;
        } while (waitFor([&] { return *written == sent; }, 500ms));
        for (; server.gateway.metrics.value("slow_sockets_total") == 0; ++sent)
            session->send(std::string(kLarge, 'x'));
        return sent;
    }
    static std::string say(const std::string& text) { return R"({"type":"say","text":")" + text + "\"}"; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SocketFaultsTest);

}  // namespace linkup::test
