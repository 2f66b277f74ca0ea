// Two nodes and one evening, of which one loses its power in the middle of something, or sleeps through it.

#include <cppunit/extensions/HelperMacros.h>

#include <map>

#include "lobby_fixture.h"
#include "mortal_database.h"

namespace linkup::test {

using namespace std::chrono_literals;

/// One of several nodes on a database. It looks there when it is woken and not else, and hears no other.
class Node {
public:
    using Device = std::shared_ptr<sdk::testing::FakeSocketSession>;

    Node(Town& town, sdk::Matches& matches)
        : database_(town.database()),
          sockets_(hub_, bus_),
          service_(database_, town.host().clock(), town.host().log(), town.host().metrics(), sockets_,
                   lobby::LobbyRules{.look_again = 1h}) {
        sockets_.start(service_);
        service_.start(matches, town.profiles(), heartbeat_);
    }
    ~Node() {
        sockets_.stop();
        service_.stop();
    }

    MortalDatabase& database() { return database_; }
    lobby::LobbyService& service() { return service_; }
    Device enter(sdk::UserId user) {
        auto device = hub_.open("/api/v1/ws/lobby", user);
        sockets_.onOpen(device);
        return device;
    }

private:
    MortalDatabase database_;
    sdk::testing::FakeSocketHub hub_;
    sdk::testing::FakeBus bus_;
    lobby::LobbySockets sockets_;
    sdk::testing::FakeHeartbeat heartbeat_;
    lobby::LobbyService service_;
};

template <Backend kBackend>
class LobbyNodesTest : public LobbyFixture {
    CPPUNIT_TEST_SUITE(LobbyNodesTest);
    CPPUNIT_TEST(nodeThatDiesAtAnyStepOfAnEventTakesNothingWithIt);
    CPPUNIT_TEST(nodeThatSleptThroughItsPairingIsRefused);
    CPPUNIT_TEST(whoComesWhileThePeopleArePairedIsNotSeated);
    CPPUNIT_TEST(secondDeviceHearsTheResultThoughTheFirstHasHadIt);
    CPPUNIT_TEST(whoWasOnANodeThatSleptIsAnswered);
    CPPUNIT_TEST(eventThatAnotherNodeCalledOffEndsHereToo);
    CPPUNIT_TEST(slowNodesGetMoreTimeEachTime);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        open(kBackend);
        stopService();
    }

    void nodeThatDiesAtAnyStepOfAnEventTakesNothingWithIt() {
        int steps = 0;
        while (!outlives(steps)) {
            CPPUNIT_ASSERT_MESSAGE("it goes on and on", steps < 200);
            ++steps;
        }
        CPPUNIT_ASSERT_MESSAGE(std::to_string(steps), steps > 30);
    }

    void nodeThatSleptThroughItsPairingIsRefused() {
        Node node(*town_, storing_);
        const auto phone = node.enter(1);
        beginOn(node, 1);
        clock().advance(290s);
        node.service().wake();
        CPPUNIT_ASSERT(eventually([&] { return allKept(); }));
        const auto sleeper = claimAsSleeper();
        clock().advance(10s);
        node.service().wake();
        clock().advance(11s);
        node.service().wake();
        CPPUNIT_ASSERT(eventually([&] { return finished() == 1; }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
        town_->database().transaction([&](sdk::Connection& connection) {
            const auto event = connection.execute("SELECT id FROM lobby_events").integer(0, 0);
            CPPUNIT_ASSERT(!lobby::lobby_store::finish(connection, event, sleeper));
            // Nor could it if nothing but its token were wrong.
            connection.execute("UPDATE lobby_events SET state = 'gathering'");
            CPPUNIT_ASSERT(!lobby::lobby_store::finish(connection, event, sleeper));
            CPPUNIT_ASSERT(lobby::lobby_store::finish(connection, event, sleeper + 1));
        });
    }

    void whoComesWhileThePeopleArePairedIsNotSeated() {
        Node node(*town_, storing_);
        beginOn(node, 0);
        claimAsSleeper();
        const auto late = node.enter(1);
        CPPUNIT_ASSERT_EQUAL(std::string("event-end"), events(*late, 1)[0]["event"].asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, town_->number("SELECT COUNT(*) FROM lobby_seats"));
    }

    void secondDeviceHearsTheResultThoughTheFirstHasHadIt() {
        Node node(*town_, storing_);
        Node other(*town_, storing_);
        const auto phone = node.enter(1);
        const auto tablet = other.enter(1);
        const auto due = clock().now();
        beginOn(node, 1, due);
        beginOn(other, 1, due);
        endOn(node);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*phone).size());
        phone->answer();
        node.service().wake();
        CPPUNIT_ASSERT(eventually([&] {
            return town_->number("SELECT COUNT(*) FROM lobby_results WHERE told_at IS NOT NULL") == 1;
        }));
        other.service().wake();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, results(*tablet).size());
    }

    void whoWasOnANodeThatSleptIsAnswered() {
        Node node(*town_, storing_);
        Node sleeper(*town_, storing_);
        const auto phone = sleeper.enter(1);
        const auto somebody = node.enter(2);
        const auto due = clock().now();
        beginOn(sleeper, 1, due);
        beginOn(node, 2, due);
        CPPUNIT_ASSERT_EQUAL(std::string("event-start"), events(*phone, 2)[1]["event"].asString());
        endOn(node);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, resultsStored());
        sleeper.service().wake();
        CPPUNIT_ASSERT(!results(*phone)[0]["matched"].asBool());
        phone->answer();
        sleeper.service().wake();
        CPPUNIT_ASSERT(phone->takeEvents().empty());
    }

    void eventThatAnotherNodeCalledOffEndsHereToo() {
        Node node(*town_, storing_);
        const auto phone = node.enter(1);
        beginOn(node, 1);
        CPPUNIT_ASSERT_EQUAL(std::string("event-start"), events(*phone, 2)[1]["event"].asString());
        town_->database().transaction([&](sdk::Connection& connection) {
            const auto event = connection.execute("SELECT id FROM lobby_events").integer(0, 0);
            CPPUNIT_ASSERT(lobby::lobby_store::callOff(connection, event));
        });
        node.service().wake();
        CPPUNIT_ASSERT_EQUAL(std::string("event-end"), events(*phone, 1)[0]["event"].asString());
    }

    void slowNodesGetMoreTimeEachTime() {
        Node node(*town_, storing_);
        beginOn(node, 0);
        for (const auto time : {20s, 40s, 60s}) {
            claimAsSleeper();
            CPPUNIT_ASSERT_EQUAL(sdk::toMicros(clock().now() + time),
                                 town_->number("SELECT pairing_until FROM lobby_events"));
            clock().advance(time + 1s);
        }
    }

private:
    using LobbyFixture::events;

    /// An evening with one and two on a node that dies after so many steps, and three and four on another.
    /// False if it did.
    bool outlives(int steps) {
        const auto context = "dead after step " + std::to_string(steps);
        forgetAll();
        auto mortal = std::make_unique<Node>(*town_, storing_);
        Node other(*town_, storing_);
        std::map<sdk::UserId, std::vector<Node::Device>> devices;
        const auto enterOn = [&](Node& node, sdk::UserId user) { devices[user].push_back(node.enter(user)); };
        const auto fleeIfDead = [&] {
            if (!mortal || !mortal->database().dead()) return;
            for (const sdk::UserId user : {1, 2}) devices[user].back()->close(sdk::CloseCode::kGoingAway, "");
            mortal.reset();
            for (const sdk::UserId user : {1, 2}) enterOn(other, user);
        };
        for (const sdk::UserId user : {1, 2}) enterOn(*mortal, user);
        for (const sdk::UserId user : {3, 4}) enterOn(other, user);

        mortal->database().dieAfter(steps);
        const auto due = clock().now();
        mortal->service().begin("evening", due, 5min);
        CPPUNIT_ASSERT_MESSAGE(context, eventually([&] {
                                   return mortal->database().dead() ||
                                          town_->number(
                                              "SELECT COUNT(*) FROM lobby_seats WHERE user_id "
                                              "IN (1, 2)") == 2;
                               }));
        fleeIfDead();
        beginOn(other, 4, due);
        clock().advance(290s);
        if (mortal) mortal->service().wake();
        other.service().wake();
        CPPUNIT_ASSERT_MESSAGE(context, eventually([&] {
                                   fleeIfDead();
                                   return allKept();
                               }));

        clock().advance(10s);
        const auto toldAll = [&](std::int64_t count) {
            return town_->number("SELECT COUNT(*) FROM lobby_results WHERE told_at IS NOT NULL") == count;
        };
        if (mortal) {
            CPPUNIT_ASSERT_MESSAGE(context, eventually([&] {
                                       mortal->service().wake();
                                       if (mortal->database().dead()) return true;
                                       for (const sdk::UserId user : {1, 2}) devices[user].front()->answer();
                                       return toldAll(2);
                                   }));
        }
        fleeIfDead();
        clock().advance(11s);
        CPPUNIT_ASSERT_MESSAGE(context, eventually([&] {
                                   other.service().wake();
                                   for (auto& [user, all] : devices) {
                                       for (auto& device : all) device->answer();
                                   }
                                   return toldAll(4);
                               }));
        assertAllMetOnce(context, devices);
        return mortal != nullptr;
    }

    void assertAllMetOnce(const std::string& context,
                          const std::map<sdk::UserId, std::vector<Node::Device>>& devices) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(context, std::int64_t{1}, LobbyFixture::events());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(context, std::int64_t{4}, resultsStored());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(context, std::int64_t{2},
                                     town_->number("SELECT COUNT(*) FROM match_bonds_v1"));
        for (const auto& [user, all] : devices) {
            std::set<std::int64_t> partners;
            for (const auto& device : all) {
                int results = 0;
                for (const auto& event : device->takeEvents()) {
                    if (event["event"].asString() != "match-event") continue;
                    ++results;
                    partners.insert(event["candidate"]["id"].asInteger());
                }
                CPPUNIT_ASSERT_MESSAGE(context, results <= 1);
            }
            CPPUNIT_ASSERT_EQUAL_MESSAGE(context, std::size_t{1}, partners.size());
            const std::string mutual =
                "SELECT COUNT(*) FROM lobby_results WHERE user_id = " + std::to_string(*partners.begin()) +
                " AND partner_id = " + std::to_string(user);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(context, std::int64_t{1}, town_->number(mutual));
        }
    }

    /// The event begins as far as this node knows, and all seats are there.
    void beginOn(Node& node, std::int64_t seats_wanted, sdk::Time due) {
        node.service().begin("evening", due, 5min);
        CPPUNIT_ASSERT(eventually([&] { return node.service().current() && seats() >= seats_wanted; }));
    }
    /// The seats that only others keep have run out by then.
    void endOn(Node& node) {
        clock().advance(290s);
        node.service().wake();
        CPPUNIT_ASSERT(eventually([&] {
            return town_->number("SELECT MAX(present_until) FROM lobby_seats") ==
                   sdk::toMicros(clock().now() + 15s);
        }));
        clock().advance(10s);
        node.service().wake();
        CPPUNIT_ASSERT(eventually([&] { return finished() == 1; }));
    }
    void beginOn(Node& node, std::int64_t seats_wanted) { beginOn(node, seats_wanted, clock().now()); }

    /// Closes the event as a node would of which nothing is heard again.
    std::int64_t claimAsSleeper() {
        return sdk::transaction(town_->database(), [&](sdk::Connection& connection) {
            const auto event = connection.execute("SELECT id FROM lobby_events").integer(0, 0);
            return lobby::lobby_store::claim(connection, event, clock().now(), 20s).value();
        });
    }

    bool allKept() {
        return town_->number("SELECT MIN(present_until) FROM lobby_seats") ==
               sdk::toMicros(clock().now() + 15s);
    }
    std::int64_t seats() { return town_->number("SELECT COUNT(*) FROM lobby_seats"); }
    void forgetAll() {
        clock().advance(1h);
        town_->database().transaction([](sdk::Connection& connection) {
            connection.execute("DELETE FROM lobby_results");
            connection.execute("DELETE FROM lobby_seats");
            connection.execute("DELETE FROM lobby_events");
            connection.execute("DELETE FROM match_bonds_v1");
        });
    }

    StoringMatches storing_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LobbyNodesTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(LobbyNodesTest<Backend::kPostgresql>);

}  // namespace linkup::test
