// What the server says: in order, with receipts, to every device on every node.

#include <cppunit/TestAssert.h>
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <vector>

#include "socket_suite_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Json;

namespace {
constexpr int kPong = int{Poco::Net::WebSocket::FRAME_FLAG_FIN} | int{Poco::Net::WebSocket::FRAME_OP_PONG};
}  // namespace

class SocketSendingTest : public SocketSuite {
    CPPUNIT_TEST_SUITE(SocketSendingTest);
    CPPUNIT_TEST(sendsWhatIsQueuedBeforeItCloses);
    CPPUNIT_TEST(sendsManyFramesAtOnceInOrder);
    CPPUNIT_TEST(answersTheClientsCloseAmongManyFrames);
    CPPUNIT_TEST(tellsOfEachFrameOnceThoughTheSocketIsCutAmongMany);
    CPPUNIT_TEST(tellsWhenAFrameWasWrittenAndAnswered);
    CPPUNIT_TEST(tellsThatAFrameWasNeverAnswered);
    CPPUNIT_TEST(bearsCallbacksThatThrow);
    CPPUNIT_TEST(sendsToEveryDeviceOnEveryNode);
    CPPUNIT_TEST(closesASignInOnEveryNode);
    CPPUNIT_TEST_SUITE_END();

public:
    void sendsWhatIsQueuedBeforeItCloses() {
        recorder_.on_event = [](const Session& session, const std::string&, const Json&) {
            for (int i = 0; i < 100; ++i) session->send(std::to_string(i));
            session->close(sdk::CloseCode::kNormal, "done");
            session->send("too late");
        };
        SocketClient client = connect();
        client.receiveText();
        client.send(R"({"type":"hush"})");
        for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(i), client.receiveText());
        CPPUNIT_ASSERT_EQUAL(1000, client.receiveClose());
    }
    void sendsManyFramesAtOnceInOrder() {
        constexpr int kFrames = 2000;
        std::atomic<int> written{0};
        const auto frame = [](int i) {
            return std::string(static_cast<std::size_t>(i % 97), 'x') + "/" + std::to_string(i);
        };
        recorder_.on_event = [&](const Session& session, const std::string&, const Json&) {
            for (int i = 0; i < kFrames; ++i) {
                sdk::SendOptions options;
                options.on_written = [&](bool good) { written += good ? 1 : 1'000'000; };
                session->send(frame(i), std::move(options));
            }
        };
        SocketClient client = connect();
        client.receiveText();
        client.send(R"({"type":"hush"})");
        for (int i = 0; i < kFrames; ++i) {
            CPPUNIT_ASSERT_EQUAL(frame(i), client.receiveText());
            if (i % 100 == 0) client.ping("between");
        }
        CPPUNIT_ASSERT(waitFor([&] { return written == kFrames; }));
    }
    void answersTheClientsCloseAmongManyFrames() {
        recorder_.on_event = [](const Session& session, const std::string&, const Json&) {
            for (int i = 0; i < 200; ++i) session->send(std::string(100, 'x'));
        };
        for (int i = 0; i < 50; ++i) {
            SocketClient client = connect();
            client.receiveText();
            client.send(R"({"type":"hush"})");
            if (i % 2 == 0) client.receiveText();
            client.sendClose();
            CPPUNIT_ASSERT_EQUAL(1000, client.receiveClose());
        }
    }
    void tellsOfEachFrameOnceThoughTheSocketIsCutAmongMany() {
        constexpr int kFrames = 500;
        std::atomic<int> told{0};
        std::atomic<int> lost{0};
        Barrier barrier;
        recorder_.on_event = [&](const Session& session, const std::string&, const Json&) {
            for (int i = 0; i < kFrames; ++i) {
                sdk::SendOptions options;
                options.on_written = [&](bool good) {
                    ++told;
                    if (!good) ++lost;
                };
                session->send(std::string(400, 'x'), std::move(options));
                if (i == kFrames / 2) barrier.wait();
            }
        };
        {
            SocketClient client = connect();
            client.receiveText();
            client.send(R"({"type":"hush"})");
            CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        }
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.last() != nullptr && told >= kFrames / 2; }));
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return told == kFrames; }));
        CPPUNIT_ASSERT(lost > 0);
    }
    void tellsWhenAFrameWasWrittenAndAnswered() {
        std::atomic<int> written{0};
        std::atomic<int> answered{0};
        recorder_.on_event = [&](const Session& session, const std::string&, const Json&) {
            for (int i = 0; i < 40; ++i) {
                sdk::SendOptions options;
                options.on_written = [&](bool good) { written += good ? 1 : 1000; };
                options.on_answered = [&](bool good) { answered += good ? 1 : 1000; };
                session->send("frame", std::move(options));
            }
        };
        SocketClient client = connect();
        client.receiveText();
        client.answerPings(false);
        client.send(R"({"type":"hush"})");
        CPPUNIT_ASSERT(waitFor([&] { return written == 40; }));
        // A pong that nobody asked for answers nothing.
        client.sendFrame("999", kPong);
        client.sendFrame("0", kPong);
        // One ping vouches for several frames; how many, depends on how fast they go out.
        std::vector<std::string> pings;
        bool last_vouched_for = false;
        for (int texts = 0; texts < 40 || !last_vouched_for;) {
            const auto frame = client.receiveFrame();
            CPPUNIT_ASSERT(frame.has_value());
            texts += frame->kind == SocketFrame::Kind::kText ? 1 : 0;
            last_vouched_for = frame->kind == SocketFrame::Kind::kPing;
            if (last_vouched_for) pings.push_back(frame->payload);
        }
        CPPUNIT_ASSERT_EQUAL(0, answered.load());
        client.sendFrame(pings.front(), kPong);
        CPPUNIT_ASSERT(waitFor([&] { return answered > 0; }));
        if (pings.size() > 1) CPPUNIT_ASSERT(answered < 40);
        client.sendFrame(pings.back(), kPong);
        CPPUNIT_ASSERT(waitFor([&] { return answered == 40; }));
    }
    void tellsThatAFrameWasNeverAnswered() {
        std::atomic<int> lost{0};
        recorder_.on_event = [&](const Session& session, const std::string&, const Json&) {
            sdk::SendOptions options;
            options.on_answered = [&](bool good) { lost += good ? 1000 : 1; };
            session->send("frame", std::move(options));
        };
        SocketClient client = connect();
        client.receiveText();
        client.answerPings(false);
        client.send(R"({"type":"hush"})");
        client.receiveText();
        client.reset();
        CPPUNIT_ASSERT(waitFor([&] { return lost == 1; }));
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("close 1006"); }));
        sdk::SendOptions options;
        options.on_written = [&](bool good) { lost += good ? 1000 : 1; };
        recorder_.last()->send("to nobody", std::move(options));
        CPPUNIT_ASSERT(waitFor([&] { return lost == 2; }));
    }
    void bearsCallbacksThatThrow() {
        std::atomic<int> told{0};
        recorder_.on_event = [&](const Session& session, const std::string&, const Json&) {
            sdk::SendOptions options;
            options.on_answered = [&](bool) {
                ++told;
                throw 42;
            };
            session->send("frame", std::move(options));
        };
        SocketClient answers = connect();
        answers.receiveText();
        answers.send(R"({"type":"hush"})");
        answers.receiveText();
        CPPUNIT_ASSERT(answers.receiveFrame()->kind == SocketFrame::Kind::kPing);
        CPPUNIT_ASSERT(waitFor([&] { return told == 1; }));
        answers.answerPings(false);
        answers.send(R"({"type":"hush"})");
        answers.receiveText();
        answers.reset();
        CPPUNIT_ASSERT(waitFor([&] { return told == 2; }));
        connect().receiveText();
    }
    void sendsToEveryDeviceOnEveryNode() {
        TestGateway::Options options{TestGateway::quick()};
        options.bus = server_->bus;
        SocketRecorder recorder;
        TestGateway node(options);
        node.socket(saySocket(), recorder);
        SocketClient here = connect();
        SocketClient also_here = connect();
        SocketClient there(node.url(), "/ws/say", {"good-1", "", {}});
        SocketClient other(node.url(), "/ws/say", {"good-2", "", {}});
        for (SocketClient* client : {&here, &also_here, &there, &other}) client->receiveText();
        const auto except = server_->gateway.sockets().local("/ws/say", 1).at(0)->id();
        server_->gateway.sockets().sendToUser("/ws/say", 1, "to one", false, except);
        CPPUNIT_ASSERT_EQUAL(std::string("to one"), also_here.receiveText());
        CPPUNIT_ASSERT_EQUAL(std::string("to one"), there.receiveText());
        node.gateway.sockets().sendToAll("/ws/say", "to all");
        node.gateway.sockets().sendToAll("/ws/other", "to none");
        // The very next frame of each: so nothing came twice, nor to the wrong one.
        for (SocketClient* client : {&here, &also_here, &there, &other}) {
            CPPUNIT_ASSERT_EQUAL(std::string("to all"), client->receiveText());
            client->expectQuiet(20ms);
        }
    }
    void closesASignInOnEveryNode() {
        TestGateway::Options options{TestGateway::quick()};
        options.bus = server_->bus;
        SocketRecorder recorder;
        TestGateway node(options);
        node.socket(saySocket(), recorder);
        SocketClient here = connect();
        SocketClient there(node.url(), "/ws/say", {"good-1", "", {}});
        SocketClient other(node.url(), "/ws/say", {"good-2", "", {}});
        for (SocketClient* client : {&here, &there, &other}) client->receiveText();
        server_->gateway.sockets().closeSession("sign-in-1", "session ended");
        CPPUNIT_ASSERT_EQUAL(1008, here.receiveClose());
        CPPUNIT_ASSERT_EQUAL(1008, there.receiveClose());
        other.expectQuiet(20ms);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SocketSendingTest);

}  // namespace linkup::test
