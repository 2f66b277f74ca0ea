// What clients say, on its way to the handler.

#include <cppunit/TestAssert.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <stdexcept>
#include <thread>
#include <vector>

#include "socket_suite_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Json;

namespace {
constexpr int kPong = int{Poco::Net::WebSocket::FRAME_FLAG_FIN} | int{Poco::Net::WebSocket::FRAME_OP_PONG};
}  // namespace

class SocketEventsTest : public SocketSuite {
    CPPUNIT_TEST_SUITE(SocketEventsTest);
    CPPUNIT_TEST(givesTheHandlerCheckedEventsInOrder);
    CPPUNIT_TEST(handlesOneEventOfASocketAtATime);
    CPPUNIT_TEST(handlesPromptEventsWhileAllThreadsOfThePoolAreBusy);
    CPPUNIT_TEST(letsPromptEventsOvertakeNoneOfTheirSocket);
    CPPUNIT_TEST(turnsErrorsOfAPromptHandlerIntoEvents);
    CPPUNIT_TEST(knowsThePromptEventsOfASocket);
    CPPUNIT_TEST(refusesBadEventsAndLives);
    CPPUNIT_TEST(closesOnTheTenthBadEventInAMinute);
    CPPUNIT_TEST(ignoresUnknownEventsWhereAsked);
    CPPUNIT_TEST(turnsErrorsOfAHandlerIntoEvents);
    CPPUNIT_TEST(closesWith1011WhenAHandlerThrows);
    CPPUNIT_TEST(answersPingsAtAnyRateWhileAHandlerIsBusy);
    CPPUNIT_TEST(handlesWhatCameBeforeTheClientsClose);
    CPPUNIT_TEST(keepsAttributes);
    CPPUNIT_TEST(keepsSocketsOpenWhileAHandlerIsReplaced);
    CPPUNIT_TEST_SUITE_END();

public:
    void givesTheHandlerCheckedEventsInOrder() {
        SocketClient client = connect();
        std::vector<std::string> expected{"open"};
        for (int i = 0; i < 500; ++i) {
            client.send(R"({"type":"say","text":"x","number":")" + std::to_string(i) + R"(","more":1})");
            expected.push_back(R"(event say {"text":"x","number":)" + std::to_string(i) + "}");
        }
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.heard().size() == expected.size(); }));
        CPPUNIT_ASSERT(recorder_.heard() == expected);
    }
    void handlesOneEventOfASocketAtATime() {
        std::atomic<int> inside{0};
        std::atomic<int> most{0};
        std::atomic<int> others{0};
        std::atomic<int> done{0};
        recorder_.on_event = [&](const Session& session, const std::string&, const Json&) {
            if (session->user() != 1) {
                ++others;
                return;
            }
            most = std::max(most.load(), ++inside);
            std::this_thread::sleep_for(5ms);
            --inside;
            ++done;
        };
        SocketClient client = connect();
        SocketClient other = connect(2);
        for (int i = 0; i < 30; ++i) {
            client.send(R"({"type":"hush"})");
            other.send(R"({"type":"hush"})");
        }
        CPPUNIT_ASSERT(waitFor([&] { return done == 30 && others == 30; }));
        CPPUNIT_ASSERT_EQUAL(1, most.load());
    }
    void handlesPromptEventsWhileAllThreadsOfThePoolAreBusy() {
        server_->gateway.setPrompt("/ws/say", "hush");
        Barrier barrier;
        recorder_.on_event = [&](const Session&, const std::string& event, const Json&) {
            if (event == "say") barrier.wait();
        };
        SocketClient prompt = connect(9);
        prompt.receiveText();
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("open"); }));
        std::list<SocketClient> slow;
        for (int i = 1; i <= TestGateway::Options().threads; ++i) {
            const SocketOptions options{"good-" + std::to_string(i), "", {}};
            slow.emplace_back(server_->url(), "/ws/say", options).send(R"({"type":"say","text":"x"})");
        }
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == TestGateway::Options().threads; }));
        prompt.send(R"({"type":"hush"})");
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("event hush {}"); }));
    }
    void letsPromptEventsOvertakeNoneOfTheirSocket() {
        server_->gateway.setPrompt("/ws/say", "hush");
        std::atomic<int> inside{0};
        std::atomic<int> most{0};
        recorder_.on_event = [&](const Session&, const std::string& event, const Json&) {
            most = std::max(most.load(), ++inside);
            if (event == "say") std::this_thread::sleep_for(5ms);
            --inside;
        };
        SocketClient client = connect();
        std::vector<std::string> expected{"open"};
        for (int i = 0; i < 20; ++i) {
            client.send(R"({"type":"say","text":"x"})");
            client.send(R"({"type":"hush"})");
            client.send(R"({"type":"hush"})");
            expected.insert(expected.end(),
                            {R"(event say {"text":"x","number":null})", "event hush {}", "event hush {}"});
        }
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.heard().size() == expected.size(); }));
        const auto heard = recorder_.heard();
        for (std::size_t i = 0; i < heard.size(); ++i) CPPUNIT_ASSERT_EQUAL(expected[i], heard[i]);
        CPPUNIT_ASSERT_EQUAL(1, most.load());
    }
    void turnsErrorsOfAPromptHandlerIntoEvents() {
        server_->gateway.setPrompt("/ws/say", "say");
        recorder_.on_event = [](const Session&, const std::string&, const Json& body) {
            if (body["text"].asString() == "bad") throw sdk::Error(sdk::ErrorCode::kForbidden, "Not you.");
            throw std::runtime_error("broken");
        };
        SocketClient client = connect();
        client.receiveText();
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("open"); }));
        client.send(R"({"type":"say","text":"bad"})");
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"error","code":"forbidden","detail":"Not you."})"),
                             client.receiveText());
        client.send(R"({"type":"say","text":"worse"})");
        CPPUNIT_ASSERT_EQUAL(1011, client.receiveClose());
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("close 1011"); }));
    }
    void knowsThePromptEventsOfASocket() {
        CPPUNIT_ASSERT_THROW(server_->gateway.setPrompt("/ws/say", "sing"), sdk::Error);
        CPPUNIT_ASSERT_THROW(server_->gateway.setPrompt("/ws/none", "say"), sdk::Error);
    }
    void refusesBadEventsAndLives() {
        SocketClient client = connect();
        client.receiveText();
        const auto expect = [&](const std::string& text, const std::string& type, const std::string& where) {
            client.send(text);
            const Poco::JSON::Object::Ptr event = client.receive();
            CPPUNIT_ASSERT_EQUAL(std::string("error"), event->getValue<std::string>("type"));
            CPPUNIT_ASSERT_EQUAL(std::string("invalid_event"), event->getValue<std::string>("code"));
            const auto fault = event->getArray("detail")->getObject(0);
            CPPUNIT_ASSERT_EQUAL(type, fault->getValue<std::string>("type"));
            const auto loc = fault->getArray("loc");
            CPPUNIT_ASSERT_EQUAL(where, loc->size() == 0 ? std::string() : loc->getElement<std::string>(0));
        };
        expect("{\"type\":", "json_invalid", "8");
        expect("[]", "model_attributes_type", "");
        expect("{}", "missing", "type");
        expect(R"({"type":"sing"})", "literal_error", "type");
        expect(R"({"type":7})", "string_type", "type");
        expect(R"({"type":"say","text":5})", "string_type", "text");
        client.sendBinary("\x01\x02");
        CPPUNIT_ASSERT_EQUAL(std::string("invalid_event"), client.receive()->getValue<std::string>("code"));
        client.send("");
        CPPUNIT_ASSERT_EQUAL(std::string("invalid_event"), client.receive()->getValue<std::string>("code"));
        client.send(R"({"type":"hush"})");
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("event hush {}"); }));
        CPPUNIT_ASSERT_EQUAL(8.0, server_->metrics.value("bad_events_total"));
    }
    void closesOnTheTenthBadEventInAMinute() {
        SocketClient client = connect();
        client.receiveText();
        for (int i = 0; i < 10; ++i) client.send("?");
        for (int i = 0; i < 10; ++i)
            CPPUNIT_ASSERT_EQUAL(std::string("error"), client.receive()->getValue<std::string>("type"));
        CPPUNIT_ASSERT_EQUAL(1008, client.receiveClose());
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("close 1008"); }));
    }
    void ignoresUnknownEventsWhereAsked() {
        sdk::SocketSpec spec = saySocket();
        spec.path = "/ws/out";
        spec.events.clear();
        spec.ignore_unknown = true;
        server_->socket(spec, recorder_);
        SocketClient client(server_->url(), "/ws/out", {"good-1", "", {}});
        client.receiveText();
        client.send(R"({"any":"thing"})");
        client.send("nothing");
        CPPUNIT_ASSERT_EQUAL(std::string("invalid_event"), client.receive()->getValue<std::string>("code"));
        // The close is always a handler's last call: when it has come, nothing but the open came before it.
        client.sendClose();
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("close 1000"); }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, recorder_.heard().size());
    }
    void turnsErrorsOfAHandlerIntoEvents() {
        recorder_.on_event = [](const Session&, const std::string&, const Json& body) {
            using sdk::Error;
            const std::string text = body["text"].asString();
            if (text == "plain") throw Error(sdk::ErrorCode::kForbidden, "Not you.");
            if (text == "ours") throw Error(sdk::ErrorCode::kInternal, "column x");
            if (text == "away") throw Error(sdk::ErrorCode::kUnavailable, "Later.").withRetryAfter(1500ms);
            throw Error(sdk::ErrorCode::kForbidden, "Not your chat.",
                        Json::object({{"code", "not_participant"}, {"chat_room_id", 4}}));
        };
        SocketClient client = connect();
        client.receiveText();
        const auto answer = [&](const char* text) {
            client.send(std::string(R"({"type":"say","text":")") + text + "\"}");
            return client.receiveText();
        };
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"error","code":"forbidden","detail":"Not you."})"),
                             answer("plain"));
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"({"type":"error","code":"internal_error","detail":"Internal Server Error"})"),
            answer("ours"));
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"({"type":"error","code":"server_busy","detail":"Later.","retry_after_ms":1500})"),
            answer("away"));
        CPPUNIT_ASSERT_EQUAL(
            std::string(
                R"({"type":"error","code":"not_participant","detail":"Not your chat.","chat_room_id":4})"),
            answer("code"));
        CPPUNIT_ASSERT(server_->log.mentions("column x"));
    }
    void closesWith1011WhenAHandlerThrows() {
        recorder_.on_event = [](const Session&, const std::string&, const Json&) {
            throw std::runtime_error("oh no");
        };
        SocketClient client = connect();
        client.receiveText();
        client.send(R"({"type":"hush"})");
        client.send(R"({"type":"hush"})");
        CPPUNIT_ASSERT_EQUAL(1011, client.receiveClose());
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("close 1011"); }));
        CPPUNIT_ASSERT(server_->log.mentions("oh no"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, recorder_.heard().size());
    }
    void answersPingsAtAnyRateWhileAHandlerIsBusy() {
        Barrier barrier;
        recorder_.on_event = [&](const Session&, const std::string&, const Json&) { barrier.wait(); };
        SocketClient client = connect();
        client.receiveText();
        client.send(R"({"type":"hush"})");
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        for (int i = 0; i < 1000; ++i) client.ping(std::to_string(i));
        for (int i = 0; i < 1000; ++i) {
            const auto frame = client.receiveFrame();
            CPPUNIT_ASSERT(frame.has_value() && frame->kind == SocketFrame::Kind::kPong);
            CPPUNIT_ASSERT_EQUAL(std::to_string(i), frame->payload);
        }
    }
    void handlesWhatCameBeforeTheClientsClose() {
        recorder_.on_event = [](const Session&, const std::string&, const Json&) {
            std::this_thread::sleep_for(2ms);
        };
        SocketClient client = connect();
        for (int i = 0; i < 40; ++i) client.send(R"({"type":"hush"})");
        client.sendClose(1000);
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("close 1000"); }));
        const auto heard = recorder_.heard();
        CPPUNIT_ASSERT_EQUAL(std::size_t{42}, heard.size());
        CPPUNIT_ASSERT_EQUAL(std::string("close 1000"), heard.back());
    }
    void keepsAttributes() {
        SocketClient client = connect();
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.last() != nullptr; }));
        const Session session = recorder_.last();
        CPPUNIT_ASSERT(session->attribute("n").isNull());
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 250; ++n) {
                    session->update(
                        "n", [](const Json& old) { return Json(old.isNull() ? 1 : old.asInteger() + 1); });
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1000}, session->attribute("n").asInteger());
    }
    void keepsSocketsOpenWhileAHandlerIsReplaced() {
        SocketClient client = connect();
        client.receiveText();
        CPPUNIT_ASSERT(waitFor([&] { return recorder_.hasHeard("open"); }));
        server_->handles.clear();
        client.send(R"({"type":"hush"})");
        CPPUNIT_ASSERT_EQUAL(std::string("server_busy"), client.receive()->getValue<std::string>("code"));
        CPPUNIT_ASSERT_EQUAL(404,
                             SocketClient::handshake(server_->url(), "/ws/say", {"good-1", "", {}}).status);
        SocketRecorder next;
        server_->socket(saySocket(), next);
        client.send(R"({"type":"hush"})");
        CPPUNIT_ASSERT(waitFor([&] { return next.hasHeard("event hush {}"); }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, recorder_.heard().size());
        server_->gateway.stop();
        CPPUNIT_ASSERT(waitFor([&] { return next.hasHeard("close 1001"); }));
        server_.reset();
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SocketEventsTest);

}  // namespace linkup::test
