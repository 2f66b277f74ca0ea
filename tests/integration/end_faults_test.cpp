#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <csignal>
#include <set>
#include <thread>

#include "chat_line.h"
#include "raw_connection.h"

namespace linkup::test {
namespace {

std::vector<std::unique_ptr<Pair>> makePairs(Deployment& deployment, int count) {
    std::vector<std::unique_ptr<Pair>> pairs;
    for (int i = 0; i < count; ++i) {
        pairs.push_back(std::make_unique<Pair>(deployment, deployment.first(), deployment.first(),
                                               "p" + std::to_string(i)));
    }
    return pairs;
}

/// Both ends of each pair's chat, open: hers and his in turn.
std::vector<std::unique_ptr<ChatLine>> openLines(const std::vector<std::unique_ptr<Pair>>& pairs) {
    std::vector<std::unique_ptr<ChatLine>> lines;
    for (const auto& pair : pairs) {
        lines.push_back(std::make_unique<ChatLine>(pair->alice, pair->bob, pair->room));
        lines.push_back(std::make_unique<ChatLine>(pair->bob, pair->alice, pair->room));
    }
    for (const auto& line : lines) line->open();
    return lines;
}

/// Their connections ended with the process.
void startAgain(LinkupDaemon& daemon, const std::vector<std::unique_ptr<Pair>>& pairs) {
    daemon.start();
    for (const auto& pair : pairs) {
        pair->alice.http().disconnect();
        pair->bob.http().disconnect();
    }
}

}  // namespace

/// The server's end, asked for and sudden, with people on it.
class EndFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(EndFaultsTest);
    CPPUNIT_TEST(terminationTellsAThousandSocketsAndIsQuick);
    CPPUNIT_TEST(terminationDoesNotWaitForPeersThatAreSilent);
    CPPUNIT_TEST(terminationStoresWhatItHasAcknowledged);
    CPPUNIT_TEST(terminationWhileItStartsEndsIt);
    CPPUNIT_TEST(killUnderAStreamOfMessagesLosesAndRepeatsNoneOnSqlite);
    CPPUNIT_TEST(killUnderAStreamOfMessagesLosesAndRepeatsNoneOnPostgres);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::chrono::milliseconds kGone{2000};

public:
    void terminationTellsAThousandSocketsAndIsQuick() {
        constexpr int kPeople = 25, kDevices = 20;  // on each of two paths
        Deployment deployment(Deployment::Kind::kEmbedded, {{"server.access_log", "false"}});
        std::vector<std::unique_ptr<SocketClient>> sockets;
        for (int i = 0; i < kPeople; ++i) {
            Person person(deployment, deployment.first(), "t" + std::to_string(i), Person::Gender::kFemale);
            for (int k = 0; k < kDevices; ++k) {
                sockets.push_back(person.open("chat"));
                sockets.push_back(person.open("connections"));
            }
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, sockets.size());

        const auto began = std::chrono::steady_clock::now();
        deployment.first().signal(SIGTERM);
        std::set<std::int64_t> waits;
        for (const auto& socket : sockets) {
            const auto notice = socket->receive();
            CPPUNIT_ASSERT_EQUAL(std::string("server"), notice->getValue<std::string>("type"));
            CPPUNIT_ASSERT_EQUAL(std::string("draining"), notice->getValue<std::string>("event"));
            waits.insert(notice->getValue<std::int64_t>("retry_after_ms"));
            CPPUNIT_ASSERT_EQUAL(1001, socket->receiveClose());
            socket->sendClose(1001);
        }
        CPPUNIT_ASSERT_MESSAGE("all were told at the same time", waits.size() > 10);
        assertGone(deployment.first(), began);
    }

    void terminationDoesNotWaitForPeersThatAreSilent() {
        Deployment deployment(Deployment::Kind::kEmbedded);
        Person person(deployment, deployment.first(), "silent", Person::Gender::kFemale);
        const auto first = person.open("chat");
        const auto second = person.open("lobby");
        RawConnection half_a_request(deployment.first().url());
        half_a_request.send("GET /api/v1/me HTTP/1.1\r\nHost: ");
        const auto began = std::chrono::steady_clock::now();
        deployment.first().signal(SIGTERM);
        assertGone(deployment.first(), began);
        CPPUNIT_ASSERT_EQUAL(1001, first->receiveClose());
        CPPUNIT_ASSERT_EQUAL(1001, second->receiveClose());
    }

    void terminationStoresWhatItHasAcknowledged() {
        constexpr int kMessages = 20;
        Deployment deployment(Deployment::Kind::kEmbedded);
        const auto pairs = makePairs(deployment, 1);
        const auto lines = openLines(pairs);
        for (int number = 1; number <= kMessages; ++number) lines[0]->send(number);
        CPPUNIT_ASSERT(lines[0]->decided(1));
        deployment.first().signal(SIGTERM);
        takeUntilItEnds(*lines[0]);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
        startAgain(deployment.first(), pairs);
        const auto ids = history(pairs[0]->alice, pairs[0]->room);
        for (const auto& [id, seq] : lines[0]->acked())
            CPPUNIT_ASSERT_EQUAL(id, ids.at(static_cast<std::size_t>(seq - 1)));
        lines[0]->open();
        for (int number = 1; number <= kMessages; ++number) lines[0]->sendUntilAcked(number);
        assertExactlyOnce(*pairs[0], kMessages, {lines[0].get()});
    }

    void terminationWhileItStartsEndsIt() {
        Deployment deployment(Deployment::Kind::kPostgres);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
        auto& postgres = PrivatePostgres::shared();
        const std::string& name = deployment.database();
        const auto locks = [&](const std::string& granted) {
            return postgres.query(
                       "SELECT count(*) FROM pg_locks WHERE relation = 'linkup_migrations'::regclass AND " +
                           granted,
                       name) != "0\n";
        };
        std::thread holder([&] {
            try {
                postgres.query("BEGIN; LOCK TABLE linkup_migrations; SELECT pg_sleep(60)", name);
            } catch (const std::exception&) {
                // It is ended below.
            }
        });
        CPPUNIT_ASSERT(waitFor([&] { return locks("granted"); }));
        LinkupDaemon& daemon = deployment.first();
        daemon.launch();
        CPPUNIT_ASSERT(waitFor([&] { return locks("NOT granted"); }));
        daemon.signal(SIGTERM);
        postgres.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND "
            "pid <> pg_backend_pid()");
        holder.join();
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
        CPPUNIT_ASSERT_MESSAGE(daemon.log(), daemon.log().find(" ready ") == std::string::npos);
    }

    void killUnderAStreamOfMessagesLosesAndRepeatsNoneOnSqlite() {
        killUnderAStreamOfMessages(Deployment::Kind::kEmbedded);
    }
    void killUnderAStreamOfMessagesLosesAndRepeatsNoneOnPostgres() {
        killUnderAStreamOfMessages(Deployment::Kind::kPostgres);
    }

private:
    static constexpr int kPairs = 10, kEach = 10;

    static void assertGone(LinkupDaemon& daemon, std::chrono::steady_clock::time_point began) {
        CPPUNIT_ASSERT_EQUAL(0, daemon.stop());
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
        CPPUNIT_ASSERT_MESSAGE("gone after " + std::to_string(took.count()) + " ms", took < kGone);
    }

    static void takeUntilItEnds(ChatLine& line) {
        try {
            line.receiveMessages(SIZE_MAX);
        } catch (const std::runtime_error&) {  // closed
        }
    }

    /// Twenty sockets, each with one message under way, when the process is no more.
    static void killUnderAStreamOfMessages(Deployment::Kind kind) {
        Deployment deployment(kind);
        const auto pairs = makePairs(deployment, kPairs);
        const auto lines = openLines(pairs);
        std::atomic<int> acks{0};
        {
            std::vector<std::jthread> phones;
            for (const auto& line : lines) {
                phones.emplace_back([&line = *line, &acks] {
                    try {
                        for (int number = 1; number <= kEach; ++number, ++acks) line.sendUntilAcked(number);
                    } catch (const std::exception&) {  // the socket is gone, as it should
                    }
                });
            }
            while (acks < kPairs * kEach / 2) std::this_thread::yield();
            deployment.first().kill();
        }
        CPPUNIT_ASSERT_MESSAGE("killed too late to prove anything", acks < 2 * kPairs * kEach);

        startAgain(deployment.first(), pairs);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const auto ids =
                history(i % 2 == 0 ? pairs[i / 2]->alice : pairs[i / 2]->bob, pairs[i / 2]->room);
            for (const auto& [id, seq] : lines[i]->acked())
                CPPUNIT_ASSERT_EQUAL(id, ids.at(static_cast<std::size_t>(seq - 1)));
        }
        for (const auto& line : lines) {
            line->open();
            for (int number = 1; number <= kEach; ++number) line->sendUntilAcked(number);
        }
        for (std::size_t i = 0; i < pairs.size(); ++i)
            assertExactlyOnce(*pairs[i], kEach, {lines[2 * i].get(), lines[2 * i + 1].get()});
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    /// The chat holds what these lines have had acknowledged, where their acks say, and no more.
    static void assertExactlyOnce(Pair& pair, int each, const std::vector<ChatLine*>& lines) {
        const auto ids = history(pair.alice, pair.room);
        CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(each) * lines.size(), ids.size());
        for (const ChatLine* line : lines) {
            CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(each), line->acked().size());
            for (const auto& [id, seq] : line->acked())
                CPPUNIT_ASSERT_EQUAL(id, ids.at(static_cast<std::size_t>(seq - 1)));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EndFaultsTest);

}  // namespace linkup::test
