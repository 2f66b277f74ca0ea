// Evenings in the lobby on two nodes, while something goes wrong: everybody who was there gets one answer.

#include <Poco/Net/NetException.h>
#include <cppunit/extensions/HelperMacros.h>
#include <libpq-fe.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "person.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

bool eventually(const std::function<bool()>& condition) {
    return waitFor(condition, 30s);
}

/// A session on the database, in which a transaction can be left open.
class DatabaseSession {
public:
    explicit DatabaseSession(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
        if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
    }
    ~DatabaseSession() { PQfinish(connection_); }
    DatabaseSession(const DatabaseSession&) = delete;
    DatabaseSession& operator=(const DatabaseSession&) = delete;

    void run(const std::string& sql) {
        send(sql);
        await();
    }
    void send(const std::string& sql) {
        if (PQsendQuery(connection_, sql.c_str()) != 1) throw std::runtime_error(PQerrorMessage(connection_));
    }
    /// Until all that was sent is done.
    void await() {
        while (PGresult* result = PQgetResult(connection_)) {
            const bool failed = PQresultStatus(result) == PGRES_FATAL_ERROR;
            PQclear(result);
            if (failed) throw std::runtime_error(PQerrorMessage(connection_));
        }
    }

private:
    PGconn* connection_;
};

/// Whether a process has a TCP connection from this port of its own.
bool connectsFrom(pid_t process, const std::string& port) {
    std::ostringstream ending;
    ending << ':' << std::uppercase << std::hex;
    ending.width(4);
    ending.fill('0');
    ending << std::stoi(port);
    std::string inode;
    std::ifstream connections("/proc/" + std::to_string(process) + "/net/tcp");
    for (std::string line; std::getline(connections, line);) {
        std::istringstream fields(line);
        std::string number, local, skipped, found;
        fields >> number >> local;
        for (int i = 0; i < 7; ++i) fields >> skipped;
        fields >> found;
        if (local.ends_with(ending.str()) && found != "0") inode = found;
    }
    const auto wanted = "socket:[" + inode + "]";
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry.path(), gone) == wanted) return true;
    }
    return false;
}

/// Somebody in the lobby, on a node that may change.
class Visitor {
public:
    Visitor(Deployment& deployment, LinkupDaemon& node, const std::string& name, Person::Gender gender)
        : person_(deployment, node, name, gender) {}

    /// Tries on, as a phone does, while the node cannot tell who that is.
    void enter(LinkupDaemon& node) {
        node_ = &node;
        CPPUNIT_ASSERT(eventually([&] {
            try {
                lobby_ = std::make_unique<SocketClient>(node.url(), "/api/v1/ws/lobby",
                                                        SocketOptions{.bearer = person_.token()});
                return true;
            } catch (const Poco::Net::WebSocketException&) {
                return false;
            }
        }));
    }
    LinkupDaemon& node() { return *node_; }
    bool isHere() const { return lobby_ != nullptr; }
    void drop() {
        lobby_->reset();
        lobby_.reset();
    }
    /// Answers the server's pings while it waits.
    Poco::JSON::Object::Ptr next(const std::string& event) {
        for (;;) {
            const auto frame = lobby_->receive(30s);
            if (frame->optValue<std::string>("event", "") == event) return frame;
        }
    }
    /// The result, and no other one.
    bool isMatched() {
        const auto result = next("match-event");
        lobby_->expectQuiet(100ms);  // and the ping behind the result is answered
        return result->getValue<bool>("matched");
    }
    /// Comes back and hears nothing of it any more.
    void expectNothingMore() {
        enter(*node_);
        next("event-end");
        lobby_->expectQuiet(100ms);
    }

private:
    Person person_;
    LinkupDaemon* node_ = nullptr;
    std::unique_ptr<SocketClient> lobby_;
};

}  // namespace

class LobbyFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LobbyFaultsTest);
    CPPUNIT_TEST(droppedSocketsDatabaseRestartAndNodeKilledWhilePairingCostNobodyTheSeat);
    CPPUNIT_TEST(nodeKilledBeforeItTellsTheResultsIsMadeUpFor);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        // The events of this test are its own.
        deployment_ = std::make_unique<Deployment>(
            Deployment::Kind::kTwoNodes,
            std::map<std::string, std::string>{{"lobby.events.evening.cron", "0 0 1 1 *"}});
    }
    void tearDown() override {
        visitors_.clear();
        deployment_.reset();
    }

    void droppedSocketsDatabaseRestartAndNodeKilledWhilePairingCostNobodyTheSeat() {
        comeAndWaitForTheStart(10, 15s);
        for (std::size_t i = 0; i < 3; ++i) visitors_[i]->drop();
        PrivatePostgres::shared().stop();
        PrivatePostgres::shared().start();
        visitors_[0]->enter(deployment_->second());
        DatabaseSession holder(databaseUrl());
        holder.run("BEGIN; LOCK TABLE lobby_results IN SHARE MODE");
        LinkupDaemon& left = killAndMove(nodeThatWaitsToInsertResults());
        holder.run("COMMIT");
        for (std::size_t i = 3; i < visitors_.size(); ++i) CPPUNIT_ASSERT(visitors_[i]->isMatched());
        // Two come back no sooner than when the results are there.
        for (std::size_t i = 1; i < 3; ++i) visitors_[i]->enter(left);
        for (std::size_t i = 0; i < 3; ++i) CPPUNIT_ASSERT(visitors_[i]->isMatched());
        assertStoredAndNotToldAgain();
    }

    void nodeKilledBeforeItTellsTheResultsIsMadeUpFor() {
        DatabaseSession holder(databaseUrl()), next(databaseUrl());
        comeAndWaitForTheStart(4, 10s);
        holder.run("BEGIN; LOCK TABLE lobby_results IN SHARE MODE");
        LinkupDaemon& pairing = nodeThatWaitsToInsertResults();
        // Gets its lock once the results are stored, before anybody can read them.
        next.send("BEGIN; LOCK TABLE lobby_results IN ACCESS EXCLUSIVE MODE");
        CPPUNIT_ASSERT(eventually([&] {
            return number(
                       "SELECT COUNT(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT "
                       "granted") == 1;
        }));
        holder.run("COMMIT");
        next.await();
        CPPUNIT_ASSERT_EQUAL(1, number("SELECT COUNT(*) FROM lobby_events WHERE state = 'finished'"));
        killAndMove(pairing);
        next.run("COMMIT");
        for (auto& visitor : visitors_) CPPUNIT_ASSERT(visitor->isMatched());
        assertStoredAndNotToldAgain();
    }

private:
    std::string databaseUrl() { return PrivatePostgres::shared().url(deployment_->database()); }
    std::string query(const std::string& sql) {
        return PrivatePostgres::shared().query(sql, deployment_->database());
    }
    int number(const std::string& sql) { return std::stoi(query(sql)); }

    /// So many people, on both nodes in turn, for whom an event has begun that ends in so many seconds. Nodes
    /// look for events every five.
    void comeAndWaitForTheStart(int people, std::chrono::microseconds waiting) {
        for (int i = 0; i < people; ++i) {
            auto& node = i % 4 < 2 ? deployment_->first() : deployment_->second();
            visitors_.push_back(
                std::make_unique<Visitor>(*deployment_, node, "v" + std::to_string(i),
                                          i % 2 == 0 ? Person::Gender::kFemale : Person::Gender::kMale));
            visitors_.back()->enter(node);
        }
        query("INSERT INTO lobby_events (name, starts_at, ends_at, state) SELECT 'test', now, now + " +
              std::to_string(waiting.count()) +
              ", 'gathering' FROM (SELECT (EXTRACT(EPOCH FROM now()) * 1000000)::bigint AS now) AS t");
        for (auto& visitor : visitors_) visitor->next("event-start");
    }

    LinkupDaemon& nodeThatWaitsToInsertResults() {
        std::string port;
        CPPUNIT_ASSERT(eventually([&] {
            port = query(
                "SELECT client_port FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE "
                "'INSERT INTO lobby_results%'");
            port.erase(std::remove(port.begin(), port.end(), '\n'), port.end());
            return !port.empty();
        }));
        if (connectsFrom(deployment_->first().pid(), port)) return deployment_->first();
        CPPUNIT_ASSERT(connectsFrom(deployment_->second().pid(), port));
        return deployment_->second();
    }

    /// Ends the node; who was there goes to the other one, which it returns.
    LinkupDaemon& killAndMove(LinkupDaemon& node) {
        node.kill();
        auto& other = &node == &deployment_->first() ? deployment_->second() : deployment_->first();
        for (auto& visitor : visitors_) {
            if (visitor->isHere() && &visitor->node() == &node) visitor->enter(other);
        }
        return other;
    }

    void assertStoredAndNotToldAgain() {
        const int people = static_cast<int>(visitors_.size());
        CPPUNIT_ASSERT_EQUAL(people, number("SELECT COUNT(*) FROM lobby_results"));
        CPPUNIT_ASSERT_EQUAL(people, number("SELECT COUNT(*) FROM lobby_results a JOIN lobby_results b ON "
                                            "b.user_id = a.partner_id AND b.partner_id = a.user_id"));
        CPPUNIT_ASSERT_EQUAL(people / 2, number("SELECT COUNT(*) FROM match_bonds"));
        for (auto& visitor : visitors_) visitor->expectNothingMore();
    }

    std::unique_ptr<Deployment> deployment_;
    std::vector<std::unique_ptr<Visitor>> visitors_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LobbyFaultsTest);

}  // namespace linkup::test
