#include <cppunit/extensions/HelperMacros.h>

#include <future>
#include <memory>
#include <string>

#include "daemon/services/request_scope.h"
#include "gateway_fixture.h"
#include "linkup/sdk/trace.h"

namespace linkup::test {

using sdk::Json;
using sdk::Request;
using sdk::Response;
using sdk::TraceContext;
using sdk::TraceScope;

namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00-" + kTrace + "-00f067aa0ba902b7-01";

TraceContext traceOf(const HttpReply& reply) {
    const auto trace = TraceContext::parse(reply.header("traceresponse"));
    CPPUNIT_ASSERT_MESSAGE(reply.header("traceresponse"), trace.has_value());
    return *trace;
}

}  // namespace

/// A request's place in a trace, from its header to its handler and back, over real connections.
class TraceTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TraceTest);
    CPPUNIT_TEST(goesOnWithTheCallersTrace);
    CPPUNIT_TEST(beginsATraceForWhoHasNone);
    CPPUNIT_TEST(beginsATraceForWhoSaysItWrongly);
    CPPUNIT_TEST(keepsTheStateThatCameInPieces);
    CPPUNIT_TEST(saysTheTraceOfRefusalsToo);
    CPPUNIT_TEST(givesEachRequestOfAConnectionASpan);
    CPPUNIT_TEST(givesEachEventOfASocketASpanInItsTrace);
    CPPUNIT_TEST(goesAlongToOtherThreads);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        server_ = std::make_unique<TestGateway>();
        client_ = std::make_unique<HttpClient>(server_->url());
        server_->get("/trace", [](const Request&) {
            const TraceContext& trace = TraceScope::current();
            return Response::json(
                Json::object({{"parent", trace.traceparent()}, {"state", Json(trace.state)}}));
        });
    }
    void tearDown() override {
        client_.reset();
        server_.reset();
    }

    void goesOnWithTheCallersTrace() {
        const HttpReply reply = ask({{"Traceparent", kParent}, {"tracestate", "a=1"}});
        CPPUNIT_ASSERT_EQUAL(kTrace, traceOf(reply).traceId());
        CPPUNIT_ASSERT(traceOf(reply).spanId() != "00f067aa0ba902b7");
        CPPUNIT_ASSERT_EQUAL(1, int{traceOf(reply).flags});
        CPPUNIT_ASSERT_EQUAL(reply.header("x-request-id"), traceOf(reply).spanId());
        CPPUNIT_ASSERT_EQUAL(reply.header("traceresponse"), reply.text("parent"));
        CPPUNIT_ASSERT_EQUAL(std::string("a=1"), reply.text("state"));
    }

    void beginsATraceForWhoHasNone() {
        const HttpReply reply = ask({{"tracestate", "a=1"}});
        CPPUNIT_ASSERT_EQUAL(0, int{traceOf(reply).flags});
        CPPUNIT_ASSERT_EQUAL(std::string(), reply.text("state"));
        CPPUNIT_ASSERT(traceOf(reply).traceId() != traceOf(ask({})).traceId());
    }

    void beginsATraceForWhoSaysItWrongly() {
        for (const std::string& wrong :
             {kParent + "-more", "ff" + kParent.substr(2), std::string("00-") + kTrace}) {
            CPPUNIT_ASSERT_MESSAGE(wrong, traceOf(ask({{"traceparent", wrong}})).traceId() != kTrace);
        }
        RawConnection twice(server_->url());
        twice.send("GET /trace HTTP/1.1\r\nHost: x\r\nTraceparent: " + kParent +
                   "\r\nTraceparent: " + kParent + "\r\nConnection: close\r\n\r\n");
        const std::string reply = twice.receive();
        CPPUNIT_ASSERT_MESSAGE(reply, reply.find("traceresponse: 00-") != std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(reply, reply.find(kTrace) == std::string::npos);
    }

    void keepsTheStateThatCameInPieces() {
        RawConnection pieces(server_->url());
        pieces.send("GET /trace HTTP/1.1\r\nHost: x\r\nTracestate: a=1\r\nTraceparent: " + kParent +
                    "\r\nTracestate: b=2\r\nTracestate: c=3\r\nConnection: close\r\n\r\n");
        const std::string reply = pieces.receive();
        CPPUNIT_ASSERT_MESSAGE(reply, reply.find(R"("state":"a=1,b=2,c=3")") != std::string::npos);
    }

    void saysTheTraceOfRefusalsToo() {
        const HttpReply absent = client_->send("GET", "/nowhere", {}, {}, {{"traceparent", kParent}});
        CPPUNIT_ASSERT_EQUAL(404, absent.status);
        CPPUNIT_ASSERT_EQUAL(kTrace, traceOf(absent).traceId());
        RawConnection broken(server_->url());
        broken.send("GET / HTTP/1.1\r\nbroken\r\n\r\n");
        const std::string reply = broken.receive();
        CPPUNIT_ASSERT_MESSAGE(reply, reply.find("traceresponse: 00-") != std::string::npos);
    }

    void givesEachRequestOfAConnectionASpan() {
        const HttpReply one = ask({{"traceparent", kParent}});
        const HttpReply other = ask({{"traceparent", kParent}});
        CPPUNIT_ASSERT(traceOf(one).span != traceOf(other).span);
    }

    void givesEachEventOfASocketASpanInItsTrace() {
        SocketRecorder recorder;
        const auto answer = [](const SocketRecorder::Session& session) {
            session->send(Json::object({{"parent", TraceScope::current().traceparent()}}).dump());
        };
        recorder.on_open = answer;
        recorder.on_event = [&](const auto& session, const std::string&, const Json&) { answer(session); };
        server_->socket(saySocket(), recorder);
        const SocketOptions options{"good-1", "", {{"traceparent", kParent}}};
        const HttpReply handshake = SocketClient::handshake(server_->url(), "/ws/say", options);
        CPPUNIT_ASSERT_EQUAL(kTrace, traceOf(handshake).traceId());

        SocketClient phone(server_->url(), "/ws/say", options);
        phone.receive();  // the greeting
        const auto next = [&] {
            return TraceContext::parse(phone.receive()->getValue<std::string>("parent")).value();
        };
        const TraceContext opened = next();
        phone.send(R"({"type":"say","text":"1"})");
        const TraceContext one = next();
        phone.send(R"({"type":"say","text":"2"})");
        const TraceContext other = next();
        for (const TraceContext& trace : {opened, one, other}) CPPUNIT_ASSERT_EQUAL(kTrace, trace.traceId());
        CPPUNIT_ASSERT(opened.span != one.span && one.span != other.span);
        server_->handles.clear();  // before the recorder goes
    }

    void goesAlongToOtherThreads() {
        daemon::WorkerPool& pool = server_->pools.create("others", 1, 8);
        std::promise<std::string> seen;
        server_->get("/work", [&](const Request& request) {
            CPPUNIT_ASSERT(pool.post([&seen] {
                seen.set_value(std::string(daemon::RequestScope::current()) + " " +
                               TraceScope::current().traceparent());
            }));
            return Response::json(Json::object({{"id", request.id}}));
        });
        const HttpReply reply = client_->send("GET", "/work", {}, {}, {{"traceparent", kParent}});
        CPPUNIT_ASSERT_EQUAL(reply.text("id") + " " + reply.header("traceresponse"), seen.get_future().get());
    }

private:
    HttpReply ask(const Fields& headers) {
        const HttpReply reply = client_->send("GET", "/trace", {}, {}, headers);
        CPPUNIT_ASSERT_EQUAL(200, reply.status);
        return reply;
    }

    std::unique_ptr<TestGateway> server_;
    std::unique_ptr<HttpClient> client_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TraceTest);

}  // namespace linkup::test
