#include "daemon/services/cache.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <barrier>
#include <functional>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/services/cache_memory.h"
#include "daemon/services/cache_prefixed.h"
#include "daemon/services/cache_redis.h"
#include "error_code_of.h"
#include "manual_clock.h"
#include "private_redis.h"
#include "quiet_log.h"

using linkup::daemon::HostCache;
using linkup::daemon::MemoryCache;
using linkup::daemon::PrefixedCache;
using linkup::daemon::RedisCache;
using linkup::daemon::RedisSettings;
using linkup::sdk::Cache;
using linkup::sdk::ErrorCode;
using linkup::test::codeOf;
using linkup::test::ManualClock;
using linkup::test::PrivateRedis;
using linkup::test::QuietLog;
using namespace std::chrono_literals;

namespace {

struct InMemory {
    ManualClock clock;
    MemoryCache cache{clock, "node-1"};
    void pass(std::chrono::milliseconds time) { clock.advance(time); }
};

/// Time there is Redis's own, so it has to pass.
struct InRedis {
    InRedis() : cache(settings(), "node-1", log) { PrivateRedis::shared().command({"FLUSHALL"}); }
    static RedisSettings settings() {
        RedisSettings settings;
        settings.url = PrivateRedis::shared().url();
        return settings;
    }
    QuietLog log;
    RedisCache cache;
    void pass(std::chrono::milliseconds time) { std::this_thread::sleep_for(time + 2ms); }
};

/// What every cache promises.
template <class Backend>
class CacheTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CacheTest<Backend>);
    CPPUNIT_TEST(absentKeyIsNothing);
    CPPUNIT_TEST(valueLivesUntilItsTime);
    CPPUNIT_TEST(valuesAndKeysHoldAnyBytes);
    CPPUNIT_TEST(settingAgainReplacesValueAndTime);
    CPPUNIT_TEST(removedKeyIsGone);
    CPPUNIT_TEST(setIfAbsentKeepsTheFirst);
    CPPUNIT_TEST(setIfAbsentHasOneWinnerAmongThreads);
    CPPUNIT_TEST(counterCountsUpAndDown);
    CPPUNIT_TEST(counterLivesFromItsFirstAddition);
    CPPUNIT_TEST(counterIsExactToTheLastBit);
    CPPUNIT_TEST(counterNeverWrapsAround);
    CPPUNIT_TEST(textCannotBeCounted);
    CPPUNIT_TEST(threadsLoseNoCount);
    CPPUNIT_TEST(bucketGivesItsBurstAtOnce);
    CPPUNIT_TEST(bucketRefillsAtItsRate);
    CPPUNIT_TEST(refusedTakeTakesNothing);
    CPPUNIT_TEST(bucketWithoutRateOrBurstIsAFault);
    CPPUNIT_TEST(threadsTakeNoMoreThanTheBurst);
    CPPUNIT_TEST(leaseHasOneHolder);
    CPPUNIT_TEST(tokensGrowWithEachHolder);
    CPPUNIT_TEST(renewedLeaseLivesOn);
    CPPUNIT_TEST(lostLeaseIsNotRenewedNorReleased);
    CPPUNIT_TEST(releasedLeaseIsFree);
    CPPUNIT_TEST(prefixesKeepPluginsApart);
    CPPUNIT_TEST(answersPing);
    CPPUNIT_TEST_SUITE_END();

public:
    // CppUnit makes all fixtures before it runs the first, so a fixture's members would live side by side.
    void setUp() override { backend_ = std::make_unique<Backend>(); }
    void tearDown() override { backend_.reset(); }

    void absentKeyIsNothing() { CPPUNIT_ASSERT(!cache().get("absent").has_value()); }

    void valueLivesUntilItsTime() {
        cache().set("k", "v", 500ms);
        backend_->pass(50ms);
        CPPUNIT_ASSERT_EQUAL(std::string("v"), cache().get("k").value());
        backend_->pass(450ms);
        CPPUNIT_ASSERT(!cache().get("k").has_value());
    }

    void valuesAndKeysHoldAnyBytes() {
        std::string bytes;
        for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
        bytes += "\r\n$3\r\n";
        cache().set(bytes, bytes, 10s);
        cache().set("empty", "", 10s);
        cache().set("large", std::string(3'000'000, 'x'), 10s);
        CPPUNIT_ASSERT(cache().get(bytes).value() == bytes);
        CPPUNIT_ASSERT(cache().get("empty").value().empty());
        CPPUNIT_ASSERT(cache().get("large").value() == std::string(3'000'000, 'x'));
    }

    void settingAgainReplacesValueAndTime() {
        cache().set("k", "short", 50ms);
        cache().set("k", "long", 10s);
        backend_->pass(100ms);
        CPPUNIT_ASSERT_EQUAL(std::string("long"), cache().get("k").value());
    }

    void removedKeyIsGone() {
        cache().set("k", "v", 10s);
        cache().remove("k");
        cache().remove("k");
        CPPUNIT_ASSERT(!cache().get("k").has_value());
        CPPUNIT_ASSERT(cache().setIfAbsent("k", "w", 10s));
    }

    void setIfAbsentKeepsTheFirst() {
        CPPUNIT_ASSERT(cache().setIfAbsent("k", "first", 500ms));
        CPPUNIT_ASSERT(!cache().setIfAbsent("k", "second", 10s));
        CPPUNIT_ASSERT_EQUAL(std::string("first"), cache().get("k").value());
        backend_->pass(500ms);
        CPPUNIT_ASSERT(cache().setIfAbsent("k", "third", 10s));
        CPPUNIT_ASSERT_EQUAL(std::string("third"), cache().get("k").value());
    }

    void setIfAbsentHasOneWinnerAmongThreads() {
        for (int round = 0; round < 20; ++round) {
            const auto key = "race" + std::to_string(round);
            std::atomic<int> winners{0};
            inThreads([&](int i) { winners += cache().setIfAbsent(key, std::to_string(i), 10s) ? 1 : 0; });
            CPPUNIT_ASSERT_EQUAL(1, winners.load());
        }
    }

    void counterCountsUpAndDown() {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, cache().add("n", 5, 10s));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, cache().add("n", 1, 10s));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{-4}, cache().add("n", -10, 10s));
        CPPUNIT_ASSERT_EQUAL(std::string("-4"), cache().get("n").value());
    }

    void counterLivesFromItsFirstAddition() {
        cache().add("n", 1, 500ms);
        backend_->pass(100ms);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, cache().add("n", 1, 10s));
        backend_->pass(400ms);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, cache().add("n", 1, 10s));
    }

    void counterIsExactToTheLastBit() {
        constexpr std::int64_t kOdd = (std::int64_t{1} << 60) + 1;
        cache().add("n", kOdd, 10s);
        CPPUNIT_ASSERT_EQUAL(kOdd + 2, cache().add("n", 2, 10s));
    }

    void counterNeverWrapsAround() {
        constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
        cache().add("n", kMost, 10s);
        CPPUNIT_ASSERT(codeOf([&] { cache().add("n", 1, 10s); }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT_EQUAL(kMost, cache().add("n", 0, 10s));
    }

    void textCannotBeCounted() {
        cache().set("k", "seven", 10s);
        CPPUNIT_ASSERT(codeOf([&] { cache().add("k", 1, 10s); }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT_EQUAL(std::string("seven"), cache().get("k").value());
    }

    void threadsLoseNoCount() {
        inThreads([&](int) {
            for (int i = 0; i < 50; ++i) cache().add("n", 1, 10s);
        });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{16 * 50}, cache().add("n", 0, 10s));
    }

    void bucketGivesItsBurstAtOnce() {
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(cache().take("b", 0.1, 3) == 0ms);
        const auto wait = cache().take("b", 0.1, 3);
        CPPUNIT_ASSERT(wait > 9s && wait <= 10s);
        CPPUNIT_ASSERT(cache().take("other", 0.1, 3) == 0ms);
    }

    void bucketRefillsAtItsRate() {
        constexpr int kBurst = 1;
        CPPUNIT_ASSERT(cache().take("b", 3, kBurst) == 0ms);
        for (int i = 0; i < 3; ++i) {
            const auto wait = cache().take("b", 3, kBurst);
            CPPUNIT_ASSERT(wait > 0ms && wait <= 334ms);
            backend_->pass(wait);
            CPPUNIT_ASSERT(cache().take("b", 3, kBurst) == 0ms);
        }
    }

    void refusedTakeTakesNothing() {
        CPPUNIT_ASSERT(cache().take("b", 5, 1) == 0ms);
        for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT(cache().take("b", 5, 1) <= 200ms);
        backend_->pass(200ms);
        CPPUNIT_ASSERT(cache().take("b", 5, 1) == 0ms);
    }

    void bucketWithoutRateOrBurstIsAFault() {
        CPPUNIT_ASSERT(codeOf([&] { cache().take("b", 0, 1); }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT(codeOf([&] { cache().take("b", -1, 1); }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT(codeOf([&] { cache().take("b", 1, 0); }) == ErrorCode::kInternal);
    }

    void threadsTakeNoMoreThanTheBurst() {
        std::atomic<int> granted{0};
        inThreads([&](int) {
            for (int i = 0; i < 10; ++i) granted += cache().take("b", 0.001, 40) == 0ms ? 1 : 0;
        });
        CPPUNIT_ASSERT_EQUAL(40, granted.load());
    }

    void leaseHasOneHolder() {
        for (int round = 0; round < 10; ++round) {
            std::atomic<int> holders{0};
            inThreads([&](int) { holders += cache().acquire("l" + std::to_string(round), 10s) ? 1 : 0; });
            CPPUNIT_ASSERT_EQUAL(1, holders.load());
        }
    }

    void tokensGrowWithEachHolder() {
        std::int64_t last = 0;
        for (int i = 0; i < 5; ++i) {
            const auto lease = cache().acquire("l", 10s);
            CPPUNIT_ASSERT(lease.has_value());
            CPPUNIT_ASSERT_EQUAL(std::string("l"), lease->name);
            CPPUNIT_ASSERT_EQUAL(std::string("node-1"), lease->holder);
            CPPUNIT_ASSERT(lease->token > last);
            last = lease->token;
            cache().release(*lease);
        }
    }

    void renewedLeaseLivesOn() {
        const auto lease = cache().acquire("l", 500ms).value();
        backend_->pass(100ms);
        CPPUNIT_ASSERT(cache().renew(lease, 10s));
        backend_->pass(400ms);
        CPPUNIT_ASSERT(!cache().acquire("l", 10s).has_value());
        CPPUNIT_ASSERT(cache().renew(lease, 10s));
    }

    void lostLeaseIsNotRenewedNorReleased() {
        const auto lost = cache().acquire("l", 50ms).value();
        backend_->pass(60ms);
        CPPUNIT_ASSERT(!cache().renew(lost, 10s));
        const auto held = cache().acquire("l", 10s).value();
        CPPUNIT_ASSERT(held.token > lost.token);
        CPPUNIT_ASSERT(!cache().renew(lost, 10s));
        cache().release(lost);
        CPPUNIT_ASSERT(cache().renew(held, 10s));
    }

    void releasedLeaseIsFree() {
        const auto lease = cache().acquire("l", 10s).value();
        cache().release(lease);
        CPPUNIT_ASSERT(!cache().renew(lease, 10s));
        CPPUNIT_ASSERT(cache().acquire("l", 10s).has_value());
    }

    void prefixesKeepPluginsApart() {
        PrefixedCache chat(cache(), "chat:");
        PrefixedCache match(cache(), "match:");
        chat.set("k", "of chat", 10s);
        match.set("k", "of match", 10s);
        CPPUNIT_ASSERT_EQUAL(std::string("of chat"), chat.get("k").value());
        CPPUNIT_ASSERT_EQUAL(std::string("of match"), cache().get("match:k").value());
        match.remove("k");
        CPPUNIT_ASSERT(chat.get("k").has_value());
        CPPUNIT_ASSERT(match.setIfAbsent("k", "", 10s));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, chat.add("n", 1, 10s));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, match.add("n", 1, 10s));
        CPPUNIT_ASSERT(chat.take("b", 0.1, 1) == 0ms && match.take("b", 0.1, 1) == 0ms);

        const auto lease = chat.acquire("l", 10s).value();
        CPPUNIT_ASSERT_EQUAL(std::string("l"), lease.name);
        CPPUNIT_ASSERT(match.acquire("l", 10s).has_value());
        CPPUNIT_ASSERT(chat.renew(lease, 10s));
        chat.release(lease);
        CPPUNIT_ASSERT(chat.acquire("l", 10s).has_value());
    }

    void answersPing() { CPPUNIT_ASSERT_NO_THROW(backend_->cache.ping()); }

private:
    Cache& cache() { return backend_->cache; }

    static void inThreads(const std::function<void(int)>& work) {
        constexpr int kThreads = 16;
        std::barrier start(kThreads);
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i)
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                work(i);
            });
    }

    std::unique_ptr<Backend> backend_;
};

/// What only a cache in memory has to show: it stays small.
class MemoryCacheTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MemoryCacheTest);
    CPPUNIT_TEST(expiredEntriesMakeRoomByThemselves);
    CPPUNIT_TEST(fullCacheDropsWhatWouldExpireFirst);
    CPPUNIT_TEST(fullCacheDropsNoLease);
    CPPUNIT_TEST(bucketIsExactOverAMillionTakes);
    CPPUNIT_TEST(tokensGoOnGrowingInANewProcess);
    CPPUNIT_TEST_SUITE_END();

public:
    void expiredEntriesMakeRoomByThemselves() {
        ManualClock clock;
        MemoryCache cache(clock, "node");
        for (int i = 0; i < 20'000; ++i) cache.set("old" + std::to_string(i), "v", 1s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{20'000}, cache.size());
        clock.advance(1s);
        for (int i = 0; i < 10'000; ++i) cache.set("new" + std::to_string(i), "v", 1h);
        CPPUNIT_ASSERT_EQUAL(std::size_t{10'000}, cache.size());
    }

    void fullCacheDropsWhatWouldExpireFirst() {
        ManualClock clock;
        MemoryCache cache(clock, "node", 3'200);
        for (int i = 0; i < 1'000; ++i) cache.set("kept" + std::to_string(i), "v", 10h);
        for (int i = 0; i < 50'000; ++i) cache.set("flood" + std::to_string(i), "v", 1min);
        CPPUNIT_ASSERT(cache.size() <= 3'200);
        for (int i = 0; i < 1'000; ++i) CPPUNIT_ASSERT(cache.get("kept" + std::to_string(i)).has_value());
        CPPUNIT_ASSERT(cache.get("flood49999").has_value());
    }

    void fullCacheDropsNoLease() {
        ManualClock clock;
        MemoryCache cache(clock, "node", 32);
        const auto lease = cache.acquire("l", 1min).value();
        for (int i = 0; i < 1'000; ++i) {
            cache.acquire("other" + std::to_string(i), 1h);
            cache.set("k" + std::to_string(i), "v", 1h);
        }
        CPPUNIT_ASSERT(cache.renew(lease, 1min));
    }

    void bucketIsExactOverAMillionTakes() {
        ManualClock clock;
        MemoryCache cache(clock, "node");
        int granted = 0;
        // 1,000 s at 7 a second: the burst, and 7,000 more, the last of them at the last instant.
        for (int i = 0; i <= 1'000'000; ++i) {
            if (cache.take("b", 7, 5) == 0ms) ++granted;
            clock.advance(1ms);
        }
        CPPUNIT_ASSERT_EQUAL(7'005, granted);
    }

    void tokensGoOnGrowingInANewProcess() {
        ManualClock clock;
        std::int64_t before = 0;
        {
            MemoryCache cache(clock, "node");
            for (int i = 0; i < 100; ++i) {
                const auto lease = cache.acquire("l", 1min).value();
                before = lease.token;
                cache.release(lease);
            }
        }
        clock.advance(1ms);
        MemoryCache cache(clock, "node");
        CPPUNIT_ASSERT(cache.acquire("l", 1min).value().token > before);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CacheTest<InMemory>);
CPPUNIT_TEST_SUITE_REGISTRATION(CacheTest<InRedis>);
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryCacheTest);

}  // namespace
