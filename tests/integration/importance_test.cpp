// What the shipped plugins say of their routes and events, seen by those who are sent away: sign-ins first,
// then discovery, then typing and presence, messages last.

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "deployment.h"
#include "person.h"
#include "raw_connection.h"

namespace linkup::test {
namespace {

/// What is given up first; all that stands nowhere here is given up last.
const std::array<std::vector<std::string>, 3> kGivenUp = {{
    {"POST /api/v1/token", "POST /api/v1/signup", "POST /api/v1/verify-otp", "GET /api/v1/verify-email"},
    {"GET /api/v1/matches/get-matches", "GET /api/v1/locations/search/{query}",
     "GET /api/v1/locations/india/search/{query}"},
    {"GET /api/v1/chats/presence", "POST /api/v1/chats/presence"},
}};

struct Operation {
    std::string name;  ///< "GET /api/v1/me"
    bool wants_token = false;
};

bool isGivenUpBy(std::size_t gates, const std::string& name) {
    for (std::size_t i = 0; i < std::min(gates, kGivenUp.size()); ++i) {
        if (std::count(kGivenUp[i].begin(), kGivenUp[i].end(), name) > 0) return true;
    }
    return false;
}

int statusIn(const std::string& reply) {
    CPPUNIT_ASSERT_MESSAGE(reply, reply.starts_with("HTTP/1.1 "));
    return std::stoi(reply.substr(9, 3));
}

}  // namespace

class ImportanceTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ImportanceTest);
    CPPUNIT_TEST(signInsGoFirst);
    CPPUNIT_TEST(discoveryGoesNext);
    CPPUNIT_TEST(typingAndPresenceGoBeforeMessages);
    CPPUNIT_TEST(messagesGoLast);
    CPPUNIT_TEST_SUITE_END();

public:
    void signInsGoFirst() {
        Busy busy(1);
        busy.begin();
        busy.expectThatOnlyTheseAreSentAway();
    }

    void discoveryGoesNext() {
        Busy busy(2);
        busy.begin();
        busy.expectThatOnlyTheseAreSentAway();
    }

    void typingAndPresenceGoBeforeMessages() {
        Busy busy(3);
        const Couple couple(busy.deployment);
        busy.begin();
        couple.phone->send(couple.event(R"("chats_type":"typing","message":"")"));
        CPPUNIT_ASSERT(waitFor([&] { return busy.metric("overload_shed_total{kind=\"live\"}") >= 1; }));
        couple.phone->send(couple.message());
        busy.expectThatOnlyTheseAreSentAway();
        CPPUNIT_ASSERT_EQUAL(std::string("message"),
                             couple.partner->receiveType("chats")->getValue<std::string>("chats_type"));
    }

    void messagesGoLast() {
        Busy busy(4);
        const Couple couple(busy.deployment);
        busy.begin();
        couple.phone->send(couple.message());
        CPPUNIT_ASSERT_EQUAL(std::string("server_busy"),
                             couple.phone->receiveType("error")->getValue<std::string>("code"));
        for (const Operation& operation : busy.operations) {
            if (operation.wants_token)
                CPPUNIT_ASSERT_EQUAL_MESSAGE(operation.name, 503, busy.ask(operation).status());
        }
        busy.deployment.first().kill();  // even the word that would let it go on is sent away
    }

private:
    /// A request that is under way.
    struct Asked {
        std::unique_ptr<RawConnection> connection;
        int status() const { return statusIn(connection->receiveUntil("\r\n\r\n")); }
    };

    /// A daemon whose only worker stands still, with so many gates that close for it.
    struct Busy {
        explicit Busy(std::size_t closing)
            : gates(closing), deployment(Deployment::Kind::kEmbedded, settings(closing)) {
            const auto paths = HttpClient(url()).get("/api/v1/openapi.json").object()->getObject("paths");
            for (const std::string& path : paths->getNames()) {
                if (!path.starts_with("/api/v1/")) continue;
                for (const std::string& method : paths->getObject(path)->getNames()) {
                    std::string name = method + " " + path;
                    std::transform(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(method.size()),
                                   name.begin(), [](char c) { return static_cast<char>(c & ~0x20); });
                    const auto security = paths->getObject(path)->getObject(method)->getArray("security");
                    operations.push_back({name, !security.isNull() && security->size() > 0});
                }
            }
            CPPUNIT_ASSERT(operations.size() > 40);
        }

        static std::map<std::string, std::string> settings(std::size_t closing) {
            std::map<std::string, std::string> settings{
                {"plugins.enabled",
                 std::string("auth,media,match,chat,lobby,") + LINKUP_BAD_PLUGINS_DIR + "/stalls.so"},
                {"server.worker_threads", "1"}};
            const std::array<std::string, 4> kinds = {"sign_in", "discovery", "live", "core"};
            for (std::size_t i = 0; i < kinds.size(); ++i)
                settings["overload." + kinds[i] + "_ms"] = i < closing ? "500" : "3600000";
            return settings;
        }

        std::string url() { return deployment.first().url(); }

        double metric(const std::string& name) {
            std::smatch found;
            const std::string all = HttpClient(url()).get("/metrics").body;
            const std::string plain = std::regex_replace(name, std::regex(R"([{}])"), R"(\$&)");
            const bool is_there =
                std::regex_search(all, found, std::regex("linkup_daemon_" + plain + " ([0-9.]+)"));
            return is_there ? std::stod(found[1]) : 0;
        }

        /// Until its gates have closed.
        void begin() {
            for (int i = 0; i < 2; ++i) stalled.push_back(ask({"GET /fixture/stalls/worker"}));
            CPPUNIT_ASSERT(
                waitFor([&] { return metric("overload_gates_closed") == static_cast<double>(gates); }));
        }

        Asked ask(const Operation& operation) {
            Asked asked{std::make_unique<RawConnection>(url())};
            const std::string request = std::regex_replace(operation.name, std::regex(R"(\{[a-z_]+\})"), "1");
            asked.connection->send(request + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
            return asked;
        }

        /// What needs a token and has none is told so at once, unless it is sent away before; the rest waits
        /// for the worker.
        void expectThatOnlyTheseAreSentAway() {
            std::vector<std::pair<std::string, Asked>> waiting;
            for (const Operation& operation : operations) {
                Asked asked = ask(operation);
                if (isGivenUpBy(gates, operation.name)) {
                    const std::string reply = asked.connection->receiveUntil("\r\n\r\n");
                    CPPUNIT_ASSERT_EQUAL_MESSAGE(operation.name, 503, statusIn(reply));
                    CPPUNIT_ASSERT_MESSAGE(reply, reply.find("\r\nRetry-After: ") != std::string::npos);
                } else if (operation.wants_token) {
                    CPPUNIT_ASSERT_EQUAL_MESSAGE(operation.name, 401, asked.status());
                } else {
                    waiting.emplace_back(operation.name, std::move(asked));
                }
            }
            for (const auto& held : stalled) {
                CPPUNIT_ASSERT(waitFor([&] {
                    HttpClient(url()).get("/fixture/stalls/release");
                    return held.connection->receiveUntil("\r\n\r\n", std::chrono::milliseconds(50))
                        .starts_with("HTTP/1.1 200 ");
                }));
            }
            for (const auto& [name, asked] : waiting) CPPUNIT_ASSERT_MESSAGE(name, asked.status() != 503);
        }

        const std::size_t gates;
        Deployment deployment;
        std::vector<Operation> operations;
        std::vector<Asked> stalled;
    };

    /// Two people with a chat, and their phones.
    struct Couple {
        explicit Couple(Deployment& deployment)
            : alice(deployment, deployment.first(), "alice", Person::Gender::kFemale),
              bob(deployment, deployment.first(), "bob", Person::Gender::kMale) {
            alice.get("/api/v1/matches/get-matches");
            alice.post("/api/v1/swipe/right", R"({"liked_id":)" + std::to_string(bob.id()) + "}");
            bob.post("/api/v1/likes/" + std::to_string(alice.id()) + "/like-back");
            room = alice.post("/api/v1/chats/start-chat", R"({"id":)" + std::to_string(bob.id()) + "}")
                       ->getValue<int>("chat_room_id");
            phone = alice.open("chat");
            partner = bob.open("chat");
        }

        std::string event(const std::string& members) const {
            return R"({"type":"chats","from_":)" + std::to_string(alice.id()) + R"(,"to":)" +
                   std::to_string(bob.id()) + R"(,"chat_room_id":)" + std::to_string(room) + "," + members +
                   "}";
        }
        std::string message() const {
            return event(R"("chats_type":"message","message":"hi",)"
                         R"("message_id":"6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e01")");
        }

        Person alice;
        Person bob;
        int room = 0;
        std::unique_ptr<SocketClient> phone;
        std::unique_ptr<SocketClient> partner;
    };
};

CPPUNIT_TEST_SUITE_REGISTRATION(ImportanceTest);

}  // namespace linkup::test
