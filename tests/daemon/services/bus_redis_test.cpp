#include "daemon/services/bus_redis.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "bus_inbox.h"
#include "error_code_of.h"
#include "private_redis.h"
#include "quiet_log.h"

using linkup::daemon::RedisBus;
using linkup::daemon::RedisSettings;
using linkup::sdk::ErrorCode;
using linkup::test::codeOf;
using linkup::test::Inbox;
using linkup::test::PrivateRedis;
using linkup::test::QuietLog;
using linkup::test::waitFor;
using Messages = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// What a bus between nodes has to show: two of them, and a Redis that goes away.
class RedisBusTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RedisBusTest);
    CPPUNIT_TEST(nodesHearEachOther);
    CPPUNIT_TEST(messageWithoutItsLineOfTraceArrivesWhole);
    CPPUNIT_TEST(sendersInterleaveButKeepTheirOwnOrder);
    CPPUNIT_TEST(gapComesAfterListeningAgain);
    CPPUNIT_TEST(publishingNeverBlocksAndDropsAreAnnouncedToAll);
    CPPUNIT_TEST(healthyNodeIsHeardByTheOthers);
    CPPUNIT_TEST(subscribedWhileAwayGetsAGapAndThenMessages);
    CPPUNIT_TEST(nodeThatAloneFailsToSendAnnouncesItToAll);
    CPPUNIT_TEST(nodeThatAloneStopsListeningGetsTheGapAlone);
    CPPUNIT_TEST(idleSenderSurvivesARestartWithoutLoss);
    CPPUNIT_TEST(hangingRedisIsNoticed);
    CPPUNIT_TEST(startsWithoutRedis);
    CPPUNIT_TEST(endsQuicklyWhateverRedisDoes);
    CPPUNIT_TEST(deploymentsWithOtherPrefixesDoNotHearEachOther);
    CPPUNIT_TEST(wrongUrlIsRefused);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        redis_ = std::make_unique<PrivateRedis>();
        settings_ = RedisSettings();
        settings_.url = redis_->url();
        settings_.connect_timeout_ms = 300;
        settings_.reply_timeout_ms = 300;
        settings_.idle_ping_ms = 300;
        log_ = std::make_unique<QuietLog>();
        one_ = std::make_unique<RedisBus>(settings_, *log_);
        two_ = std::make_unique<RedisBus>(settings_, *log_);
    }
    void tearDown() override {
        one_.reset();
        two_.reset();
        redis_.reset();
    }

    void nodesHearEachOther() {
        Inbox at_one(*one_, "a");
        Inbox at_two(*two_, "a");
        one_->publish("a", "from one");
        CPPUNIT_ASSERT(at_one.has(1) && at_two.has(1));
        two_->publish("a", "from two");
        CPPUNIT_ASSERT(at_one.has(2) && at_two.has(2));
        CPPUNIT_ASSERT(at_one.messages() == (Messages{"from one", "from two"}));
        CPPUNIT_ASSERT(at_two.messages() == at_one.messages());
        CPPUNIT_ASSERT_EQUAL(0, at_one.gaps() + at_two.gaps());
    }

    void messageWithoutItsLineOfTraceArrivesWhole() {
        // As a node sends it that is older than traces.
        Inbox inbox(*one_, "a");
        const Messages sent{R"({"do":"all"})", "two\nlines", "", "\n of its own"};
        for (const std::string& message : sent) redis_->command({"PUBLISH", "linkup:bus:a", message});
        CPPUNIT_ASSERT(inbox.has(4));
        CPPUNIT_ASSERT(inbox.messages() == (Messages{sent[0], sent[1], "", " of its own"}));
    }

    void sendersInterleaveButKeepTheirOwnOrder() {
        Inbox inbox(*one_, "a");
        const auto send = [](RedisBus& bus, const std::string& name) {
            for (int i = 0; i < 2'000; ++i) bus.publish("a", name + std::to_string(1'000'000 + i));
        };
        std::thread sender([&] { send(*two_, "two"); });
        send(*one_, "one");
        sender.join();
        CPPUNIT_ASSERT(inbox.has(4'000));
        for (const std::string name : {"one", "two"}) {
            Messages of_sender = inbox.messages();
            std::erase_if(of_sender, [&](const auto& message) { return !message.starts_with(name); });
            CPPUNIT_ASSERT_EQUAL(std::size_t{2'000}, of_sender.size());
            CPPUNIT_ASSERT(std::is_sorted(of_sender.begin(), of_sender.end()));
        }
    }

    void gapComesAfterListeningAgain() {
        // The subscriber publishes in its gap, as one that reads the truth would miss nothing that is said
        // from then on.
        Inbox heard(*two_, "a");
        const auto subscription =
            two_->subscribe("b", nullptr, [&] { one_->publish("a", "said in the gap"); });
        CPPUNIT_ASSERT(connected());
        restart();
        CPPUNIT_ASSERT(heard.hasGap());
        // One itself may be still away when the first gap is announced; then its own drop is announced in
        // turn.
        CPPUNIT_ASSERT(heard.has(1));
        CPPUNIT_ASSERT_EQUAL(std::string("said in the gap"), heard.messages().front());
    }

    void publishingNeverBlocksAndDropsAreAnnouncedToAll() {
        Inbox at_one(*one_, "a");
        Inbox at_two(*two_, "a");
        CPPUNIT_ASSERT(connected());
        redis_->stop();
        CPPUNIT_ASSERT(waitFor([&] { return !one_->connected() && !two_->connected(); }));
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < 10'000; ++i) one_->publish("a", "lost");
        CPPUNIT_ASSERT(std::chrono::steady_clock::now() - began < 2s);
        CPPUNIT_ASSERT(waitFor([&] { return one_->statistics().dropped == 10'000; }));
        CPPUNIT_ASSERT_EQUAL(0, at_one.gaps() + at_two.gaps());
        CPPUNIT_ASSERT(!one_->healthy());
        redis_->start();
        CPPUNIT_ASSERT(at_one.hasGap() && at_two.hasGap());
        CPPUNIT_ASSERT(connected());
        CPPUNIT_ASSERT(hears(*one_, at_two) && hears(*two_, at_one));
        for (const auto& message : at_two.messages()) CPPUNIT_ASSERT(message != "lost");
        CPPUNIT_ASSERT(one_->healthy());
    }

    void healthyNodeIsHeardByTheOthers() {
        CPPUNIT_ASSERT(connected());
        redis_->stop();
        one_->publish("a", "lost");
        CPPUNIT_ASSERT(waitFor([&] { return one_->statistics().dropped == 1 && !one_->healthy(); }));
        Inbox at_two(*two_, "a");
        redis_->start();
        CPPUNIT_ASSERT(waitFor([&] { return one_->healthy() && two_->healthy(); }));
        one_->publish("a", "said when healthy");
        CPPUNIT_ASSERT(at_two.has(1));
    }

    void subscribedWhileAwayGetsAGapAndThenMessages() {
        CPPUNIT_ASSERT(connected());
        redis_->stop();
        CPPUNIT_ASSERT(waitFor([&] { return !one_->connected(); }));
        Inbox inbox(*one_, "a");
        CPPUNIT_ASSERT_EQUAL(0, inbox.gaps());
        redis_->start();
        CPPUNIT_ASSERT(inbox.hasGap());
        CPPUNIT_ASSERT(hears(*two_, inbox));
    }

    void nodeThatAloneFailsToSendAnnouncesItToAll() {
        Inbox at_one(*one_, "a");
        Inbox at_two(*two_, "a");
        CPPUNIT_ASSERT(connected());
        // Only listening is allowed for a while, so every message is refused.
        redis_->command({"ACL", "SETUSER", "default", "-publish"});
        one_->publish("a", "lost");
        CPPUNIT_ASSERT(waitFor([&] { return one_->statistics().dropped == 1; }));
        CPPUNIT_ASSERT(one_->connected());
        CPPUNIT_ASSERT_EQUAL(0, at_one.gaps() + at_two.gaps());
        redis_->command({"ACL", "SETUSER", "default", "+publish"});
        CPPUNIT_ASSERT(at_one.hasGap() && at_two.hasGap());
        CPPUNIT_ASSERT(hears(*one_, at_two));
    }

    void nodeThatAloneStopsListeningGetsTheGapAlone() {
        Inbox at_one(*one_, "a");
        CPPUNIT_ASSERT(connected());
        redis_->command({"CLIENT", "KILL", "TYPE", "pubsub"});
        CPPUNIT_ASSERT(at_one.hasGap());
        CPPUNIT_ASSERT(connected());
        CPPUNIT_ASSERT(hears(*two_, at_one));
        CPPUNIT_ASSERT_EQUAL(1, at_one.gaps());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, one_->statistics().dropped);
    }

    void idleSenderSurvivesARestartWithoutLoss() {
        Inbox at_two(*two_, "a");
        CPPUNIT_ASSERT(connected());
        CPPUNIT_ASSERT(hears(*one_, at_two));
        redis_->command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
        CPPUNIT_ASSERT(hears(*one_, at_two));
        CPPUNIT_ASSERT_EQUAL(0, at_two.gaps());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, one_->statistics().dropped);
    }

    void hangingRedisIsNoticed() {
        Inbox inbox(*one_, "a");
        CPPUNIT_ASSERT(connected());
        redis_->freeze();
        CPPUNIT_ASSERT(waitFor([&] { return !one_->connected(); }));
        redis_->thaw();
        CPPUNIT_ASSERT(inbox.hasGap());
        CPPUNIT_ASSERT(hears(*two_, inbox));
    }

    void startsWithoutRedis() {
        redis_->stop();
        RedisBus late(settings_, *log_);
        Inbox inbox(late, "a");
        CPPUNIT_ASSERT(!late.connected());
        redis_->start();
        CPPUNIT_ASSERT(inbox.hasGap());
        CPPUNIT_ASSERT(hears(late, inbox));
    }

    void endsQuicklyWhateverRedisDoes() {
        CPPUNIT_ASSERT(connected());
        redis_->freeze();
        one_->publish("a", "m");
        auto began = std::chrono::steady_clock::now();
        one_.reset();
        CPPUNIT_ASSERT(std::chrono::steady_clock::now() - began < 3s);
        redis_->stop();
        CPPUNIT_ASSERT(waitFor([&] { return !two_->connected(); }));
        began = std::chrono::steady_clock::now();
        two_.reset();
        CPPUNIT_ASSERT(std::chrono::steady_clock::now() - began < 3s);
    }

    void deploymentsWithOtherPrefixesDoNotHearEachOther() {
        settings_.prefix = "other:";
        RedisBus other(settings_, *log_);
        Inbox inbox(other, "a");
        one_->publish("a", "not for you");
        other.publish("a", "for you");
        CPPUNIT_ASSERT(inbox.has(1));
        CPPUNIT_ASSERT(inbox.messages() == Messages{"for you"});
    }

    void wrongUrlIsRefused() {
        settings_.url = "http://host";
        CPPUNIT_ASSERT(codeOf([&] { RedisBus bus(settings_, *log_); }) == ErrorCode::kInvalidArgument);
    }

private:
    bool connected() {
        return waitFor([&] { return one_->connected() && two_->connected(); });
    }

    void restart() {
        redis_->stop();
        redis_->start();
    }

    /// Whether what `sender` says arrives, now or once it is connected again.
    bool hears(RedisBus& sender, const Inbox& inbox) {
        const auto text = "hello " + std::to_string(++hellos_);
        return waitFor([&] {
            sender.publish("a", text);
            std::this_thread::sleep_for(5ms);
            const auto messages = inbox.messages();
            return std::find(messages.begin(), messages.end(), text) != messages.end();
        });
    }

    std::unique_ptr<PrivateRedis> redis_;
    RedisSettings settings_;
    std::unique_ptr<QuietLog> log_;
    std::unique_ptr<RedisBus> one_;
    std::unique_ptr<RedisBus> two_;
    int hellos_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisBusTest);

}  // namespace
