// Each thread of chat's own is one that the watchdog waits for.

#include <cppunit/extensions/HelperMacros.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "deployment.h"
#include "notify_socket.h"
#include "person.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

/// Holds a lock on a table for as long as it lives.
class TableLock {
public:
    TableLock(const std::string& url, const std::string& table, const std::string& mode)
        : connection_(PQconnectdb(url.c_str())) {
        run("BEGIN");
        run("LOCK TABLE " + table + " IN " + mode + " MODE");
    }
    ~TableLock() { PQfinish(connection_); }
    TableLock(const TableLock&) = delete;
    TableLock& operator=(const TableLock&) = delete;

private:
    void run(const std::string& sql) {
        PGresult* result = PQexec(connection_, sql.c_str());
        const bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
        if (!done) throw std::runtime_error(PQerrorMessage(connection_));
    }
    PGconn* connection_;
};

/// An environment variable of the daemons that are started meanwhile.
class Variable {
public:
    Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
    ~Variable() { unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
};

}  // namespace

class ChatHeartbeatsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ChatHeartbeatsTest);
    CPPUNIT_TEST(threadsThatStandStillStarveTheWatchdog);
    CPPUNIT_TEST_SUITE_END();

    NotifySocket notify_;

    static std::string event(const Person& from, const Person& to, int room, int number) {
        return R"({"type":"chats","chats_type":"message","message":"hi","from_":)" +
               std::to_string(from.id()) + R"(,"to":)" + std::to_string(to.id()) + R"(,"chat_room_id":)" +
               std::to_string(room) + R"(,"message_id":"6f1c2f4e-8a5b-4c0e-9d57-2f6c1b7a9e0)" +
               std::to_string(number) + "\"}";
    }

    void starves(LinkupDaemon& daemon, const std::string& part, std::unique_ptr<TableLock> lock) {
        const std::string line = "part=\"heartbeat chat." + part;
        const bool told = waitFor([&] { return daemon.log().find(line) != std::string::npos; });
        CPPUNIT_ASSERT_MESSAGE("nothing is said of " + part + " in\n" + daemon.log(), told);
        const std::size_t fed = notify_.count("WATCHDOG=1");
        CPPUNIT_ASSERT(!waitFor([&] { return notify_.count("WATCHDOG=1") > fed; }, 1300ms));
        lock.reset();
        CPPUNIT_ASSERT(waitFor([&] { return notify_.count("WATCHDOG=1") > fed; }));
    }

public:
    void threadsThatStandStillStarveTheWatchdog() {
        const Variable socket("NOTIFY_SOCKET", notify_.address());
        const Variable interval("WATCHDOG_USEC", "4400000");  // a look each 1.1 s
        Deployment deployment(Deployment::Kind::kPostgres);
        LinkupDaemon& daemon = deployment.first();
        Person alice(deployment, daemon, "alice", Person::Gender::kFemale);
        Person bob(deployment, daemon, "bob", Person::Gender::kMale);
        const auto id = [](const Person& person) { return std::to_string(person.id()); };
        alice.get("/api/v1/matches/get-matches");
        alice.post("/api/v1/swipe/right", R"({"liked_id":)" + id(bob) + "}");
        bob.post("/api/v1/likes/" + id(alice) + "/like-back");
        const int room = alice.post("/api/v1/chats/start-chat", R"({"id":)" + id(bob) + "}")
                             ->getValue<int>("chat_room_id");
        const auto phone = alice.open("chat");
        phone->send(event(alice, bob, room, 1));
        phone->receiveType("ack");
        CPPUNIT_ASSERT(waitFor([&] { return notify_.count("WATCHDOG=1") > 0; }));
        const std::string url = PrivatePostgres::shared().url(deployment.database());

        // What bob has missed cannot be read.
        auto lock = std::make_unique<TableLock>(url, "chat_messages", "ACCESS EXCLUSIVE");
        const auto partner = bob.open("chat");
        partner->send(R"({"type":"resume","chats":{")" + std::to_string(room) + R"(":0}})");
        starves(daemon, "feeds", std::move(lock));
        partner->receiveType("chats");
        phone->receiveType("delivered");

        // How far bob has come cannot be written.
        lock = std::make_unique<TableLock>(url, "chat_participants", "EXCLUSIVE");
        phone->send(event(alice, bob, room, 2));
        partner->receiveType("chats");
        starves(daemon, "receipts", std::move(lock));
        phone->receiveType("delivered");
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChatHeartbeatsTest);

}  // namespace linkup::test
