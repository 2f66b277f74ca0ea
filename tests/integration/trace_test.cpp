#include <cppunit/extensions/HelperMacros.h>

#include <sstream>
#include <string>

#include "deployment.h"
#include "person.h"

namespace linkup::test {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00-" + kTrace + "-00f067aa0ba902b7-01";

/// Waits for the line with this text that belongs to the trace; its span.
std::string spanOf(LinkupDaemon& node, const std::string& text, const std::string& trace) {
    std::string span;
    const auto found = [&] {
        std::istringstream lines(node.log());
        for (std::string line; std::getline(lines, line);) {
            if (line.find("\"text\":\"" + text + "\"") == std::string::npos) continue;
            const auto json = parseJson(line).extract<Poco::JSON::Object::Ptr>();
            if (json->optValue<std::string>("trace_id", "") != trace) continue;
            span = json->getValue<std::string>("span_id");
            return true;
        }
        return false;
    };
    CPPUNIT_ASSERT_MESSAGE("no line \"" + text + "\" of the trace in:\n" + node.log(), waitFor(found));
    return span;
}

}  // namespace

/// An operator follows one request, and one message, by a trace id through logs, database and nodes.
class TraceTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TraceTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    void tell(Deployment::Kind kind) {
        Deployment deployment(
            kind, {{"log.format", "json"},
                   {"database.slow_statement_ms", "1"},
                   {"plugins.enabled", std::string("auth,match,chat,lobby,media,") + LINKUP_TRACE_PROBE}});
        requestIsFollowed(deployment);
        messageIsFollowed(deployment);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    static void requestIsFollowed(Deployment& deployment) {
        HttpClient client(deployment.first().url());
        const HttpReply reply = client.send("GET", "/api/v1/trace-probe", {}, {},
                                            {{"traceparent", kParent}, {"tracestate", "a=1"}});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        const std::string response = reply.header("traceresponse");
        CPPUNIT_ASSERT_EQUAL(kParent.substr(0, 36), response.substr(0, 36));
        const std::string span = response.substr(36, 16);
        for (const char* text : {"probe route", "probe worker", "probe hook", "probe hook with a budget",
                                 "a database statement was slow", "request"}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, span, spanOf(deployment.first(), text, kTrace));
        }
        for (LinkupDaemon* node : {&deployment.first(), &deployment.second()})
            CPPUNIT_ASSERT_EQUAL(span, spanOf(*node, "probe bus", kTrace));
    }

    /// Its hook is asked on the thread that stores messages, for all frames of all sockets.
    static void messageIsFollowed(Deployment& deployment) {
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        const auto id = [](const Person& person) { return std::to_string(person.id()); };
        alice.get("/api/v1/matches/get-matches");
        alice.post("/api/v1/swipe/right", R"({"liked_id":)" + id(bob) + "}");
        bob.post("/api/v1/likes/" + id(alice) + "/like-back");
        const auto room = alice.post("/api/v1/chats/start-chat", R"({"id":)" + id(bob) + "}")
                              ->getValue<int>("chat_room_id");

        const std::string trace(32, 'a');
        SocketClient phone(alice.url(), "/api/v1/ws/chat",
                           {alice.token(), "", {{"traceparent", "00-" + trace + "-00f067aa0ba902b7-00"}}});
        phone.send(R"({"type":"chats","chats_type":"message","message":"hi",)"
                   R"("message_id":"6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e01","from_":)" +
                   id(alice) + R"(,"to":)" + id(bob) + R"(,"chat_room_id":)" + std::to_string(room) + "}");
        phone.receiveType("ack");
        CPPUNIT_ASSERT(spanOf(deployment.first(), "probe message", trace) != "00f067aa0ba902b7");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TraceTest);

}  // namespace linkup::test
