#include <cppunit/extensions/HelperMacros.h>

#include <Poco/JSON/Object.h>

#include <cstdio>
#include <memory>
#include <sstream>
#include <string>

#include "deployment.h"
#include "person.h"
#include "wait.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

std::string about(const char* key, const Person& person) {
    return R"({")" + std::string(key) + R"(":)" + std::to_string(person.id()) + "}";
}

int startChat(Person& alice, Person& bob) {
    alice.get("/api/v1/matches/get-matches");
    alice.post("/api/v1/swipe/right", about("liked_id", bob));
    bob.post("/api/v1/likes/" + std::to_string(alice.id()) + "/like-back");
    return alice.post("/api/v1/chats/start-chat", about("id", bob))->getValue<int>("chat_room_id");
}

/// A counter, as /metrics tells it; 0 if it does not.
double counter(const std::string& url, const std::string& name) {
    std::istringstream lines(HttpClient(url).get("/metrics").body);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name + " ")) return std::stod(line.substr(name.size()));
    }
    return 0;
}

std::string longMessage(const Person& from, const Person& to, int room, int number) {
    char id[40];
    std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", number);
    return R"({"type":"chats","chats_type":"message","message_id":")" + std::string(id) + R"(","message":")" +
           std::string(9000, 'x') + R"(","to":)" + std::to_string(to.id()) + R"(,"from_":)" +
           std::to_string(from.id()) + R"(,"chat_room_id":)" + std::to_string(room) + "}";
}

}  // namespace

/// What becomes of those who send too much, and of those who read too slowly.
class LimitsStoryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LimitsStoryTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST(limitsThatMakeNoSenseAreRefused);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

    void limitsThatMakeNoSenseAreRefused() {
        for (const auto& [key, value] : {std::pair{"chat.limits.message.burst", "0"},
                                         {"chat.limits.typing.per_second", "-1"},
                                         {"chat.limits.seen.per_second", "many"}}) {
            DaemonOptions options;
            options.settings[key] = value;
            options.arguments = {"--check"};
            const auto result = LinkupDaemon::runToEnd(std::move(options));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(result.output, 78, result.exitCode);
            CPPUNIT_ASSERT_MESSAGE(result.output, result.output.find(key) != std::string::npos);
        }
    }

private:
    static constexpr int kBurst = 5;
    static constexpr std::int64_t kIntervalMs = 100'000;

    void tell(Deployment::Kind kind) {
        Deployment deployment(kind, {{"chat.limits.resume.per_second", "0.01"},
                                     {"chat.limits.resume.burst", std::to_string(kBurst)},
                                     {"sockets.outgoing_budget_bytes", "262144"},
                                     {"sockets.close_timeout_ms", "20000"}});
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        const int room = startChat(alice, bob);
        readTooSlowly(alice, bob, room);
        askTooOften(alice);
        if (kind == Deployment::Kind::kTwoNodes) {
            askOnTheOtherNode(alice, deployment.second());
            deployment.redis().stop();
            askTooOften(bob, 2);  // who has asked twice
            deployment.redis().start();
        }
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    /// Closed with 1013, though the other devices go on; back again, everything comes, once and in order.
    static void readTooSlowly(Person& alice, Person& bob, int room) {
        auto phone = alice.open("chat");
        auto slow = bob.open("chat");
        auto tablet = bob.open("chat");
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, resume(*slow));  // from here on it gets what comes live
        int sent = 0;
        while (counter(bob.url(), "linkup_daemon_slow_sockets_total") == 0) {
            for (int i = 0; i < 10; ++i) {
                phone->send(longMessage(alice, bob, room, ++sent));
                CPPUNIT_ASSERT_EQUAL(sent, phone->receiveType("ack")->getValue<int>("seq"));
                CPPUNIT_ASSERT_EQUAL(sent, tablet->receiveType("chats")->getValue<int>("seq"));
            }
            CPPUNIT_ASSERT(sent < 1500);
        }
        int had = 0;
        for (;;) {
            const auto frame = slow->receiveFrame(30s);
            CPPUNIT_ASSERT_MESSAGE("neither a message nor the end came", frame.has_value());
            if (frame->kind == SocketFrame::Kind::kClose) {
                CPPUNIT_ASSERT_EQUAL(1013, frame->closeCode);
                break;
            }
            if (frame->kind != SocketFrame::Kind::kText) continue;
            CPPUNIT_ASSERT_EQUAL(
                ++had, parseJson(frame->payload).extract<Poco::JSON::Object::Ptr>()->getValue<int>("seq"));
        }
        CPPUNIT_ASSERT(had < sent);
        slow = bob.open("chat");
        slow->send(R"({"type":"resume","chats":{")" + std::to_string(room) + R"(":)" + std::to_string(had) +
                   "}}");
        for (;;) {
            const auto event = slow->receive();
            if (event->getValue<std::string>("type") == "resumed") break;
            CPPUNIT_ASSERT_EQUAL(++had, event->getValue<int>("seq"));
        }
        CPPUNIT_ASSERT_EQUAL(sent, had);
    }

    /// The time to wait in milliseconds if it was refused, else 0.
    static std::int64_t resume(SocketClient& socket) {
        socket.send(R"({"type":"resume","chats":{}})");
        auto reply = socket.receive();
        while (reply->getValue<std::string>("type") == "delivered") reply = socket.receive();
        if (reply->getValue<std::string>("type") == "resumed") return 0;
        CPPUNIT_ASSERT_EQUAL(std::string("rate_limited"), reply->getValue<std::string>("code"));
        return reply->getValue<std::int64_t>("retry_after_ms");
    }

    static void askTooOften(Person& person, int asked = 0) {
        auto phone = person.open("chat");
        for (int i = asked; i < kBurst; ++i) CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, resume(*phone));
        const auto wait = resume(*phone);
        CPPUNIT_ASSERT(wait > 0 && wait <= kIntervalMs);
        auto tablet = person.open("chat");
        CPPUNIT_ASSERT(resume(*tablet) > 0);
    }

    /// What the other node admits before it hears of the first is paid back: the wait grows by it.
    static void askOnTheOtherNode(Person& alice, LinkupDaemon& node) {
        SocketClient tablet(node.url(), "/api/v1/ws/chat", {alice.token(), {}, {}});
        tablet.receive();
        int admitted = 0;
        CPPUNIT_ASSERT(waitFor([&] {
            const auto wait = resume(tablet);
            if (wait == 0) ++admitted;
            return wait > (admitted + 1) * kIntervalMs - 60'000;
        }));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LimitsStoryTest);

}  // namespace linkup::test
