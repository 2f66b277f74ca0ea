#include "daemon/services/cache_redis.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "error_code_of.h"
#include "private_redis.h"
#include "quiet_log.h"

using linkup::daemon::HostCache;
using linkup::daemon::RedisCache;
using linkup::daemon::RedisSettings;
using linkup::sdk::Error;
using linkup::sdk::ErrorCode;
using linkup::test::codeOf;
using linkup::test::PrivateRedis;
using linkup::test::QuietLog;
using namespace std::chrono_literals;

namespace {

/// What only a cache in Redis has to show: it survives Redis.
class RedisCacheTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RedisCacheTest);
    CPPUNIT_TEST(twoNodesShareIt);
    CPPUNIT_TEST(awayIsRefusedAtOnceAndComesBackByItself);
    CPPUNIT_TEST(idleConnectionsSurviveARestartUnnoticed);
    CPPUNIT_TEST(hangingRedisHoldsUpOnlyTheFirst);
    CPPUNIT_TEST(tokensGoOnGrowingWhenRedisForgetsThem);
    CPPUNIT_TEST(passwordAndDatabaseAreUsed);
    CPPUNIT_TEST(wrongUrlIsRefusedWithoutRepeatingIt);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        redis_ = std::make_unique<PrivateRedis>();
        settings_.url = redis_->url();
        settings_.connect_timeout_ms = 300;
        settings_.reply_timeout_ms = 300;
        log_ = std::make_unique<QuietLog>();
    }
    void tearDown() override { redis_.reset(); }

    void twoNodesShareIt() {
        RedisCache one(settings_, "one", *log_);
        RedisCache two(settings_, "two", *log_);
        one.set("k", "v", 10s);
        CPPUNIT_ASSERT_EQUAL(std::string("v"), two.get("k").value());
        const auto lease = one.acquire("l", 10s).value();
        CPPUNIT_ASSERT(!two.acquire("l", 10s).has_value());
        one.release(lease);
        const auto next = two.acquire("l", 10s).value();
        CPPUNIT_ASSERT(next.token > lease.token);
        CPPUNIT_ASSERT_EQUAL(std::string("two"), next.holder);
    }

    void awayIsRefusedAtOnceAndComesBackByItself() {
        RedisCache cache(settings_, "node", *log_);
        cache.set("k", "v", 10s);
        redis_->stop();
        CPPUNIT_ASSERT(codeOf([&] { cache.get("k"); }) == ErrorCode::kUnavailable);
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < 1'000; ++i)
            CPPUNIT_ASSERT(codeOf([&] { cache.add("n", 1, 10s); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT(std::chrono::steady_clock::now() - began < 5s);
        redis_->start();
        CPPUNIT_ASSERT(linkup::test::waitFor([&] { return answers(cache); }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, cache.add("n", 1, 10s));
        CPPUNIT_ASSERT(log_->lines() == (std::vector<std::string>{"Redis is away", "Redis is back"}));
    }

    void idleConnectionsSurviveARestartUnnoticed() {
        RedisCache cache(settings_, "node", *log_);
        cache.add("n", 1, 10s);
        redis_->stop();
        redis_->start();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, cache.add("n", 1, 10s));
        CPPUNIT_ASSERT(log_->lines().empty());
    }

    void hangingRedisHoldsUpOnlyTheFirst() {
        RedisCache cache(settings_, "node", *log_);
        cache.ping();
        redis_->freeze();
        CPPUNIT_ASSERT(codeOf([&] { cache.ping(); }) == ErrorCode::kUnavailable);
        // One prober every quarter of a second waits for its deadline; nobody else does.
        std::atomic<int> refused{0};
        const auto until = std::chrono::steady_clock::now() + 1s;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i)
                threads.emplace_back([&] {
                    while (std::chrono::steady_clock::now() < until) {
                        if (!answers(cache)) ++refused;
                        std::this_thread::sleep_for(1ms);
                    }
                });
        }
        redis_->thaw();
        CPPUNIT_ASSERT(refused.load() > 500);
        CPPUNIT_ASSERT(linkup::test::waitFor([&] { return answers(cache); }));
    }

    void tokensGoOnGrowingWhenRedisForgetsThem() {
        RedisCache cache(settings_, "node", *log_);
        const auto before = cache.acquire("l", 10s).value();
        redis_->command({"FLUSHALL"});
        redis_->command({"SCRIPT", "FLUSH"});
        CPPUNIT_ASSERT(!cache.renew(before, 10s));
        CPPUNIT_ASSERT(cache.acquire("l", 10s).value().token > before.token);
    }

    void passwordAndDatabaseAreUsed() {
        redis_->command({"CONFIG", "SET", "requirepass", "pass:word"});
        RedisCache refused(settings_, "node", *log_);
        CPPUNIT_ASSERT(codeOf([&] { refused.ping(); }) == ErrorCode::kUnavailable);
        settings_.url = "redis://:pass%3Aword@127.0.0.1:" + std::to_string(redis_->port()) + "/3";
        RedisCache cache(settings_, "node", *log_);
        cache.set("k", "v", 10s);
        const auto found =
            redis_->command({"--no-auth-warning", "-a", "pass:word", "-n", "3", "GET", "linkup:v:k"});
        CPPUNIT_ASSERT_EQUAL(std::string("v\n"), found);
    }

    void wrongUrlIsRefusedWithoutRepeatingIt() {
        for (const std::string url :
             {"http://secret@host", "redis://", "redis://host/x", "redis://user@host", "host:1"}) {
            settings_.url = url;
            try {
                RedisCache cache(settings_, "node", *log_);
                CPPUNIT_FAIL("accepted " + url);
            } catch (const Error& error) {
                CPPUNIT_ASSERT(error.code() == ErrorCode::kInvalidArgument);
                CPPUNIT_ASSERT(std::string(error.what()).find("secret") == std::string::npos);
            }
        }
    }

private:
    static bool answers(HostCache& cache) {
        try {
            cache.ping();
            return true;
        } catch (const Error&) {
            return false;
        }
    }

    std::unique_ptr<PrivateRedis> redis_;
    RedisSettings settings_;
    std::unique_ptr<QuietLog> log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisCacheTest);

}  // namespace
