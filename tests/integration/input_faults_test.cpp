#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>
#include <thread>

#include "busy_reply.h"
#include "person.h"
#include "raw_connection.h"

namespace linkup::test {
namespace {

/// Holds a table of the database, so that who wants it waits; until its destruction.
class TableLock {
public:
    TableLock(std::string database, const std::string& table) : database_(std::move(database)) {
        holder_ = std::jthread([this, table] {
            try {
                query("BEGIN; LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)");
            } catch (const std::exception&) {  // broken off by the destructor
            }
        });
        CPPUNIT_ASSERT(waitFor([&] { return query("SELECT COUNT(*)" + holder()) == "1\n"; }));
    }
    ~TableLock() {
        try {
            query("SELECT pg_terminate_backend(pid)" + holder());
        } catch (const std::exception&) {  // then it ends by itself
        }
    }

    /// How many wait for it.
    int waiting() const {
        return std::stoi(
            query("SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                  "datname = '" +
                  database_ + "'"));
    }

private:
    std::string query(const std::string& sql) const {
        return PrivatePostgres::shared().query(sql, database_);
    }
    /// The session that sleeps with the lock.
    std::string holder() const {
        return " FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = '" + database_ + "'";
    }

    const std::string database_;
    std::jthread holder_;
};

std::string requestFor(const std::string& target, const std::string& token) {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n\r\n";
}

/// A path with something in place of its parameters.
std::string filledIn(std::string path) {
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
        path.replace(open, path.find('}') - open + 1, "1");
    return path;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

}  // namespace

/// What strangers and broken phones do to a server with all its plugins. The gateway's own tests have the
/// details.
class InputFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(InputFaultsTest);
    CPPUNIT_TEST(every401SaysThatABearerTokenIsWanted);
    CPPUNIT_TEST(wrongMethodIs405AndNamesTheRightOnes);
    CPPUNIT_TEST(whatIsNotUtf8IsRefused);
    CPPUNIT_TEST(whatIsNoUuidIsRefused);
    CPPUNIT_TEST(whatIsTooLargeIsRefused);
    CPPUNIT_TEST(twoHundredClientsOfOneByteASecondHoldUpNobody);
    CPPUNIT_TEST(clientsGoneBeforeTheReplyHarmNobody);
    CPPUNIT_TEST(fullWorkerQueueIs503AtOnceAndPasses);
    CPPUNIT_TEST_SUITE_END();

public:
    void every401SaysThatABearerTokenIsWanted() {
        start(Deployment::Kind::kEmbedded);
        HttpClient client(url());
        int protected_routes = 0;
        forEachOperation([&](const std::string& path, const std::string& method, const auto& operation) {
            if (!operation->has("security")) return;
            ++protected_routes;
            const auto assertRefused = [&](const char* detail) {
                const auto reply = client.send(method, filledIn(path));
                CPPUNIT_ASSERT_EQUAL_MESSAGE(method + " " + path, 401, reply.status);
                CPPUNIT_ASSERT_EQUAL(std::string(detail), reply.text("detail"));
                CPPUNIT_ASSERT_EQUAL(std::string("Bearer"), reply.header("www-authenticate"));
            };
            client.setBearer({});
            assertRefused("Not authenticated");
            client.setBearer("no.such.token");
            assertRefused("Invalid token");
        });
        CPPUNIT_ASSERT_MESSAGE("found " + std::to_string(protected_routes), protected_routes >= 15);

        client.setBearer({});
        const auto refresh = client.post("/api/v1/refresh", R"({"refresh_token":"no.such.token"})");
        const auto status = client.get("/api/v1/internal/status");
        const auto socket =
            SocketClient::handshake(url(), "/api/v1/ws/chat", SocketOptions{.bearer = "no.such.token"});
        for (const auto* reply : {&refresh, &status, &socket}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(reply->body, 401, reply->status);
            CPPUNIT_ASSERT_EQUAL(std::string("Bearer"), reply->header("www-authenticate"));
        }
    }

    void wrongMethodIs405AndNamesTheRightOnes() {
        start(Deployment::Kind::kEmbedded);
        HttpClient client(url());
        std::map<std::string, std::set<std::string>> methods;
        forEachOperation([&](const std::string& path, const std::string& method, const auto&) {
            if (!path.starts_with("/api/")) return;
            methods[path].insert(method);
            if (path.ends_with("api.json")) methods[path].insert("HEAD");  // the descriptions are pages
        });
        CPPUNIT_ASSERT(methods.size() >= 15);
        for (const auto& [path, right] : methods) {
            for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}) {
                if (right.contains(method)) continue;
                const auto reply = client.send(method, filledIn(path));
                CPPUNIT_ASSERT_EQUAL_MESSAGE(method + (" " + path), 405, reply.status);
                for (const auto& name : right)
                    CPPUNIT_ASSERT(reply.header("allow").find(name) != std::string::npos);
                client.disconnect();  // Poco would read a body after HEAD
            }
        }
    }

    void whatIsNotUtf8IsRefused() {
        start(Deployment::Kind::kEmbedded);
        const std::string text = R"({"liked_id": 2, "x": ")"
                                 "\xff"
                                 R"("})";
        const auto body = alice().http().post("/api/v1/swipe/right", text);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(body.body, 422, body.status);
        CPPUNIT_ASSERT_EQUAL(std::string("json_invalid"), body.text("detail[0].type"));
        HttpClient stranger(url());
        CPPUNIT_ASSERT_EQUAL(422, stranger.get("/api/v1/verify-email?email=%ff@example.com").status);
        CPPUNIT_ASSERT_EQUAL(
            422, stranger.postForm("/api/v1/token", {{"username", "\xff"}, {"password", "x"}}).status);
        CPPUNIT_ASSERT_EQUAL(404, stranger.get("/api/v1/%ff").status);
        CPPUNIT_ASSERT_EQUAL(
            401,
            alice().http().send("GET", "/api/v1/me", {}, {}, {{"Authorization", "Bearer \xff\xfe"}}).status);
        for (const char* path : {"chat", "connections", "lobby"}) {
            auto socket = alice().open(path);
            socket->send("{\"x\": \"\xff\"}");
            CPPUNIT_ASSERT_EQUAL(1007, socket->receiveClose());
        }
        assertServes();
    }

    void whatIsNoUuidIsRefused() {
        start(Deployment::Kind::kEmbedded);
        auto socket = alice().open("chat");
        socket->send(R"({"type":"chats","chats_type":"message","message_id":"no-uuid","message":"x","to":2,)"
                     R"("from_":1,"chat_room_id":1})");
        const auto error = socket->receiveType("error");
        CPPUNIT_ASSERT_EQUAL(std::string("invalid_event"), error->getValue<std::string>("code"));
        CPPUNIT_ASSERT_EQUAL(std::string("uuid_parsing"),
                             error->getArray("detail")->getObject(0)->getValue<std::string>("type"));
        for (const char* id : {"no-uuid", "%00", "..%2f..", "00000000-0000-4000-8000-00000000000g"}) {
            const auto reply = alice().http().del(std::string("/api/v1/sessions/") + id);
            CPPUNIT_ASSERT_MESSAGE(std::to_string(reply.status), reply.status == 404 || reply.status == 422);
        }
        CPPUNIT_ASSERT_EQUAL(422, alice().http().get("/api/v1/user/get/detail/2147483648").status);
        assertServes();
    }

    void whatIsTooLargeIsRefused() {
        start(Deployment::Kind::kEmbedded);
        HttpClient client(url());
        client.setHeader("X-Long", std::string(20'000, 'x'));
        CPPUNIT_ASSERT_EQUAL(431, client.get("/api/v1/me").status);
        const auto body = alice().http().post("/api/v1/swipe/right",
                                              R"({"liked_id":2,"x":")" + std::string(300'000, 'x') + "\"}");
        CPPUNIT_ASSERT_EQUAL(413, body.status);
        CPPUNIT_ASSERT_EQUAL(std::string("Request body too large"), body.text("detail"));
        auto socket = alice().open("chat");
        socket->send("{\"x\":\"" + std::string(140'000, 'x') + "\"}");
        CPPUNIT_ASSERT_EQUAL(1009, socket->receiveClose());
        assertServes();
    }

    void twoHundredClientsOfOneByteASecondHoldUpNobody() {
        start(Deployment::Kind::kEmbedded, {{"server.header_timeout_ms", "2000"}});
        const std::string head = requestFor("/api/v1/me", alice().token());
        std::vector<std::unique_ptr<RawConnection>> slow;
        for (int i = 0; i < 200; ++i) slow.push_back(std::make_unique<RawConnection>(url()));
        for (int second = 0; second < 2; ++second) {
            for (const auto& connection : slow) connection->send(head.substr(second, 1));
            const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
            do assertServes();
            while (std::chrono::steady_clock::now() < end);
        }
        for (const auto& connection : slow) {
            connection->receive();
            CPPUNIT_ASSERT_MESSAGE("not closed after its time", connection->closed());
        }
    }

    void clientsGoneBeforeTheReplyHarmNobody() {
        start(Deployment::Kind::kEmbedded);
        for (int i = 0; i < 200; ++i) {
            RawConnection gone(url());
            const std::string pipelined = requestFor("/api/v1/matches/get-matches", alice().token());
            gone.send(pipelined + pipelined + pipelined);
            if (i % 2 == 0) gone.reset();
        }
        assertServes();
        CPPUNIT_ASSERT_EQUAL(0, deployment_->stop());
    }

    void fullWorkerQueueIs503AtOnceAndPasses() {
        constexpr int kThreads = 2, kQueue = 4;
        start(Deployment::Kind::kPostgres, {{"server.worker_threads", std::to_string(kThreads)},
                                            {"server.worker_queue", std::to_string(kQueue)}});
        std::vector<std::unique_ptr<RawConnection>> served;
        // The same profile as /me has, but each request takes a thread for itself.
        const std::string detail = "/api/v1/user/get/detail/" + std::to_string(alice().id());
        const auto send = [&](int count) {
            for (int i = 0; i < count; ++i) {
                served.push_back(std::make_unique<RawConnection>(url()));
                served.back()->send(requestFor(detail, alice().token()));
            }
        };
        alice().http().setTimeout(std::chrono::seconds(2));
        {
            const TableLock lock(deployment_->database(), "auth_profiles");
            send(kThreads);
            CPPUNIT_ASSERT(waitFor([&] { return lock.waiting() == kThreads; }));
            send(kQueue);
            CPPUNIT_ASSERT(
                waitFor([&] { return metric("linkup_daemon_pool_depth{pool=\"requests\"}") == kQueue; }));
            for (int i = 0; i < 5; ++i) assertBusy(alice().http().get(detail));
            for (int i = 0; i < 5; ++i) assertBusy(alice().http().get("/api/v1/me"));
            assertBusy(SocketClient::handshake(url(), "/api/v1/ws/chat", {.bearer = alice().token()}));
            CPPUNIT_ASSERT_EQUAL(200, alice().http().get("/healthz").status);
            CPPUNIT_ASSERT_EQUAL(200, alice().http().get("/readyz").status);
        }
        for (const auto& connection : served) {
            connection->receiveUntil("\"id\"");
            CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 200"), connection->received().substr(0, 12));
        }
        assertServes();
    }

private:
    void start(Deployment::Kind kind, const std::map<std::string, std::string>& settings = {}) {
        alice_.reset();
        deployment_ = std::make_unique<Deployment>(kind, settings);
        alice_ =
            std::make_unique<Person>(*deployment_, deployment_->first(), "alice", Person::Gender::kFemale);
    }

    Person& alice() { return *alice_; }
    std::string url() { return deployment_->first().url(); }
    void assertServes() {
        CPPUNIT_ASSERT_EQUAL(alice().id(), alice().get("/api/v1/me")->getValue<int>("id"));
    }

    template <class Each>
    void forEachOperation(const Each& each) {
        const auto paths = HttpClient(url()).get("/openapi.json").object()->getObject("paths");
        for (const auto& [path, operations] : *paths) {
            const auto object = operations.template extract<Poco::JSON::Object::Ptr>();
            for (const auto& [method, operation] : *object)
                each(path, upper(method), operation.template extract<Poco::JSON::Object::Ptr>());
        }
    }

    /// A gauge, as /metrics tells it; -1 if it does not.
    double metric(const std::string& name) {
        const std::string text = HttpClient(url()).get("/metrics").body;
        const auto at = text.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
    }

    std::unique_ptr<Deployment> deployment_;
    std::unique_ptr<Person> alice_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(InputFaultsTest);

}  // namespace linkup::test
