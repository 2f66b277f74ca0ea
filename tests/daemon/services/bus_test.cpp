#include "daemon/services/bus.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "bus_inbox.h"
#include "daemon/services/bus_memory.h"
#include "daemon/services/bus_prefixed.h"
#include "daemon/services/bus_redis.h"
#include "private_redis.h"
#include "quiet_log.h"

using linkup::daemon::HostBus;
using linkup::daemon::MemoryBus;
using linkup::daemon::PrefixedBus;
using linkup::daemon::RedisBus;
using linkup::daemon::RedisSettings;
using linkup::sdk::Subscription;
using linkup::sdk::TraceContext;
using linkup::sdk::TraceScope;
using linkup::test::Inbox;
using linkup::test::PrivateRedis;
using linkup::test::QuietLog;
using linkup::test::waitFor;
using Messages = std::vector<std::string>;

namespace {

struct InMemory {
    QuietLog log;
    MemoryBus bus{log};
};

struct InRedis {
    static RedisSettings settings() {
        RedisSettings settings;
        settings.url = PrivateRedis::shared().url();
        return settings;
    }
    QuietLog log;
    RedisBus bus{settings(), log};
};

TraceContext traceNumber(std::uint64_t number, std::string state = {}) {
    return {.trace_high = 1, .trace_low = 2, .span = number, .flags = 1, .state = std::move(state)};
}

/// Keeps what it gets behind the trace that it came with.
class TraceInbox {
public:
    explicit TraceInbox(linkup::sdk::Bus& bus)
        : subscription_(bus.subscribe(
              "traces",
              [this](std::string_view message) {
                  const TraceContext& trace = TraceScope::current();
                  const std::lock_guard lock(mutex_);
                  messages_.push_back((trace.valid() ? trace.traceparent() : "") + " " + trace.state + ": " +
                                      std::string(message));
              },
              [] {})) {}
    Messages messages() const {
        const std::lock_guard lock(mutex_);
        return messages_;
    }
    bool has(std::size_t count) const {
        return waitFor([&] { return messages().size() >= count; });
    }

private:
    mutable std::mutex mutex_;
    Messages messages_;
    std::unique_ptr<Subscription> subscription_;
};

/// What every bus promises.
template <class Backend>
class BusTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(BusTest<Backend>);
    CPPUNIT_TEST(messageReachesEverySubscriberOfItsTopic);
    CPPUNIT_TEST(messagesKeepTheirOrder);
    CPPUNIT_TEST(batchArrivesWholeAndInOrder);
    CPPUNIT_TEST(messagesHoldAnyBytes);
    CPPUNIT_TEST(noGapWhileAllIsWell);
    CPPUNIT_TEST(subscribedMeansTheNextMessageComes);
    CPPUNIT_TEST(unsubscribedGetsNothingMore);
    CPPUNIT_TEST(unsubscribingWaitsForTheCallback);
    CPPUNIT_TEST(callbackMayUnsubscribeItself);
    CPPUNIT_TEST(callbackMayPublishAndSubscribe);
    CPPUNIT_TEST(throwingCallbackHarmsNobody);
    CPPUNIT_TEST(subscribingAndUnsubscribingInManyThreadsIsClean);
    CPPUNIT_TEST(subscriptionMayOutliveTheBus);
    CPPUNIT_TEST(whatWasPublishedIsSentBeforeTheEnd);
    CPPUNIT_TEST(prefixesKeepPluginsApart);
    CPPUNIT_TEST(publishersTraceHoldsAroundTheCallback);
    CPPUNIT_TEST(messagesOfABatchMayHaveTracesOfTheirOwn);
    CPPUNIT_TEST_SUITE_END();

public:
    // CppUnit makes all fixtures before it runs the first, so a fixture's members would live side by side.
    void setUp() override { backend_ = std::make_unique<Backend>(); }
    void tearDown() override { backend_.reset(); }

    void publishersTraceHoldsAroundTheCallback() {
        TraceInbox inbox(bus());
        const auto trace = traceNumber(1, "vendor=a long state that needs memory of its own");
        {
            const TraceScope scope(trace);
            bus().publish("traces", "1\nwith a line");
            bus().publishBatch("traces", {"2", ""});
        }
        bus().publish("traces", "");
        const std::string header = trace.traceparent() + " " + trace.state;
        CPPUNIT_ASSERT(inbox.has(4));
        CPPUNIT_ASSERT(inbox.messages() ==
                       Messages({header + ": 1\nwith a line", header + ": 2", header + ": ", " : "}));
    }

    void messagesOfABatchMayHaveTracesOfTheirOwn() {
        TraceInbox inbox(bus());
        const TraceScope scope(traceNumber(9));
        PrefixedBus prefixed(bus(), "");
        prefixed.publishTraced("traces", {{"a", traceNumber(1)}, {"b", {}}, {"c", traceNumber(2)}});
        CPPUNIT_ASSERT(inbox.has(3));
        CPPUNIT_ASSERT(inbox.messages() == Messages({traceNumber(1).traceparent() + " : a", " : b",
                                                     traceNumber(2).traceparent() + " : c"}));
    }

    void messageReachesEverySubscriberOfItsTopic() {
        Inbox one(bus(), "a");
        Inbox two(bus(), "a");
        Inbox other(bus(), "b");
        bus().publish("a", "to a");
        bus().publish("b", "to b");
        CPPUNIT_ASSERT(one.has(1) && two.has(1) && other.has(1));
        CPPUNIT_ASSERT(one.messages() == Messages{"to a"});
        CPPUNIT_ASSERT(two.messages() == Messages{"to a"});
        CPPUNIT_ASSERT(other.messages() == Messages{"to b"});
    }

    void messagesKeepTheirOrder() {
        Inbox inbox(bus(), "a");
        Messages sent;
        for (int i = 0; i < 5'000; ++i) {
            sent.push_back(std::to_string(i));
            bus().publish("a", sent.back());
        }
        CPPUNIT_ASSERT(inbox.has(sent.size()));
        CPPUNIT_ASSERT(inbox.messages() == sent);
    }

    void batchArrivesWholeAndInOrder() {
        Inbox inbox(bus(), "a");
        Messages batch;
        for (int i = 0; i < 5'000; ++i) batch.push_back(std::to_string(i));
        bus().publish("a", "before");
        bus().publishBatch("a", batch);
        bus().publish("a", "after");
        CPPUNIT_ASSERT(inbox.has(batch.size() + 2));
        batch.insert(batch.begin(), "before");
        batch.push_back("after");
        CPPUNIT_ASSERT(inbox.messages() == batch);
    }

    void messagesHoldAnyBytes() {
        std::string bytes;
        for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
        bytes += "\r\n$3\r\n";
        const Messages sent{bytes, "", std::string(1'000'000, 'x')};
        Inbox inbox(bus(), bytes);
        bus().publishBatch(bytes, sent);
        CPPUNIT_ASSERT(inbox.has(sent.size()));
        CPPUNIT_ASSERT(inbox.messages() == sent);
    }

    void noGapWhileAllIsWell() {
        Inbox inbox(bus(), "a");
        for (int i = 0; i < 100; ++i) bus().publish("a", "m");
        CPPUNIT_ASSERT(inbox.has(100));
        CPPUNIT_ASSERT(bus().connected());
        CPPUNIT_ASSERT_EQUAL(0, inbox.gaps());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, bus().statistics().gaps);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, bus().statistics().dropped);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, bus().statistics().delivered);
    }

    void subscribedMeansTheNextMessageComes() {
        for (int i = 0; i < 50; ++i) {
            const auto topic = "t" + std::to_string(i);
            Inbox inbox(bus(), topic);
            bus().publish(topic, "first");
            CPPUNIT_ASSERT(inbox.has(1));
            CPPUNIT_ASSERT_EQUAL(0, inbox.gaps());
        }
    }

    void unsubscribedGetsNothingMore() {
        Inbox leaving(bus(), "a");
        Inbox staying(bus(), "a");
        bus().publish("a", "one");
        CPPUNIT_ASSERT(leaving.has(1));
        leaving.leave();
        bus().publish("a", "two");
        CPPUNIT_ASSERT(staying.has(2));
        CPPUNIT_ASSERT(leaving.messages() == Messages{"one"});
    }

    void unsubscribingWaitsForTheCallback() {
        std::promise<void> entered;
        std::promise<void> go_on;
        std::atomic<bool> finished{false};
        auto subscription = bus().subscribe(
            "a",
            [&](std::string_view) {
                entered.set_value();
                go_on.get_future().wait();
                finished = true;
            },
            nullptr);
        bus().publish("a", "m");
        entered.get_future().wait();
        std::atomic<bool> gone{false};
        std::thread undoing([&] {
            subscription.reset();
            gone = true;
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        const bool early = gone;
        go_on.set_value();
        undoing.join();
        CPPUNIT_ASSERT(!early);
        CPPUNIT_ASSERT(finished);
    }

    void callbackMayUnsubscribeItself() {
        std::unique_ptr<Subscription> subscription;
        std::promise<void> ready;
        std::shared_future<void> is_ready = ready.get_future();
        std::atomic<int> calls{0};
        std::atomic<bool> undone{false};
        subscription = bus().subscribe(
            "a",
            [&](std::string_view) {
                is_ready.wait();
                ++calls;
                subscription.reset();
                undone = true;
            },
            nullptr);
        ready.set_value();
        Inbox other(bus(), "a");
        bus().publishBatch("a", {"one", "two"});
        CPPUNIT_ASSERT(other.has(2));
        CPPUNIT_ASSERT(undone);
        CPPUNIT_ASSERT_EQUAL(1, calls.load());
    }

    void callbackMayPublishAndSubscribe() {
        std::mutex mutex;
        std::unique_ptr<Inbox> inner;
        Inbox answers(bus(), "answers");
        const auto outer = bus().subscribe(
            "questions",
            [&](std::string_view) {
                const std::lock_guard lock(mutex);
                inner = std::make_unique<Inbox>(bus(), "later");
                bus().publish("answers", "yes");
            },
            nullptr);
        bus().publish("questions", "?");
        CPPUNIT_ASSERT(answers.has(1));
        // It could not wait for Redis, so it may have been told of a gap; from then on it hears all.
        CPPUNIT_ASSERT(waitFor([&] {
            bus().publish("later", "m");
            const std::lock_guard lock(mutex);
            return !inner->messages().empty();
        }));
    }

    void throwingCallbackHarmsNobody() {
        const auto bad = bus().subscribe(
            "a", [](std::string_view) { throw std::runtime_error("bad"); }, nullptr);
        Inbox good(bus(), "a");
        bus().publishBatch("a", {"one", "two"});
        CPPUNIT_ASSERT(good.has(2));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, backend_->log.lines().size());
    }

    void subscribingAndUnsubscribingInManyThreadsIsClean() {
        std::atomic<bool> stop{false};
        std::thread publisher([&] {
            for (int i = 0; !stop; ++i) {
                bus().publish("t" + std::to_string(i % 3), "m");
                if (i % 64 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        });
        std::vector<std::thread> threads;
        std::atomic<int> after_the_end{0};
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 100; ++i) {
                    auto alive = std::make_unique<std::atomic<bool>>(true);
                    auto subscription = bus().subscribe(
                        "t" + std::to_string((thread + i) % 3),
                        [&after_the_end, alive = alive.get()](std::string_view) {
                            if (!*alive) ++after_the_end;
                        },
                        nullptr);
                    subscription.reset();
                    *alive = false;
                }
            });
        for (auto& thread : threads) thread.join();
        stop = true;
        publisher.join();
        CPPUNIT_ASSERT_EQUAL(0, after_the_end.load());
        Inbox inbox(bus(), "t0");
        bus().publish("t0", "still there");
        CPPUNIT_ASSERT(waitFor([&] {
            const auto messages = inbox.messages();
            return !messages.empty() && messages.back() == "still there";
        }));
        CPPUNIT_ASSERT_EQUAL(0, inbox.gaps());
    }

    void subscriptionMayOutliveTheBus() {
        Backend* const backend = backend_.get();
        auto subscription = backend->bus.subscribe(
            "a", [](std::string_view) {}, nullptr);
        backend_.reset();
        CPPUNIT_ASSERT_NO_THROW(subscription.reset());
    }

    void whatWasPublishedIsSentBeforeTheEnd() {
        auto other = std::make_unique<Backend>();
        std::atomic<int> received{0};
        const bool shared = std::is_same_v<Backend, InRedis>;  // in memory nobody else could hear it
        const auto subscription = (shared ? bus() : other->bus)
                                      .subscribe(
                                          "a", [&](std::string_view) { ++received; }, nullptr);
        CPPUNIT_ASSERT(waitFor([&] { return other->bus.connected(); }));
        other->bus.publishBatch("a", Messages(1'000, "m"));
        other.reset();
        CPPUNIT_ASSERT(waitFor([&] { return received == 1'000; }));
    }

    void prefixesKeepPluginsApart() {
        PrefixedBus chat(bus(), "chat:");
        PrefixedBus match(bus(), "match:");
        Inbox of_chat(chat, "a");
        Inbox of_match(match, "a");
        chat.publish("a", "to chat");
        match.publishBatch("a", {"to match"});
        CPPUNIT_ASSERT(of_chat.has(1) && of_match.has(1));
        CPPUNIT_ASSERT(of_chat.messages() == Messages{"to chat"});
        CPPUNIT_ASSERT(of_match.messages() == Messages{"to match"});
        CPPUNIT_ASSERT(chat.connected());
    }

private:
    HostBus& bus() { return backend_->bus; }

    std::unique_ptr<Backend> backend_;
};

class MemoryBusTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MemoryBusTest);
    CPPUNIT_TEST(fullQueueDropsAndAGapTakesItsPlace);
    CPPUNIT_TEST_SUITE_END();

public:
    void fullQueueDropsAndAGapTakesItsPlace() {
        QuietLog log;
        MemoryBus bus(log, 10);
        std::promise<void> entered;
        std::promise<void> go_on;
        const auto slow = bus.subscribe(
            "slow",
            [&](std::string_view) {
                entered.set_value();
                go_on.get_future().wait();
            },
            nullptr);
        Inbox inbox(bus, "a");
        bus.publish("slow", "m");
        entered.get_future().wait();
        for (int i = 0; i < 100; ++i) bus.publish("a", std::to_string(i));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{91}, bus.statistics().dropped);
        go_on.set_value();
        CPPUNIT_ASSERT(inbox.hasGap());
        CPPUNIT_ASSERT_EQUAL(std::size_t{9}, inbox.messagesBeforeGap());
        CPPUNIT_ASSERT(waitFor([&] { return bus.statistics().queued == 0; }));
        bus.publish("a", "after");
        CPPUNIT_ASSERT(inbox.has(10));
        CPPUNIT_ASSERT_EQUAL(std::string("8"), inbox.messages()[8]);
        CPPUNIT_ASSERT_EQUAL(std::string("after"), inbox.messages()[9]);
        CPPUNIT_ASSERT_EQUAL(1, inbox.gaps());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BusTest<InMemory>);
CPPUNIT_TEST_SUITE_REGISTRATION(BusTest<InRedis>);
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryBusTest);

}  // namespace
