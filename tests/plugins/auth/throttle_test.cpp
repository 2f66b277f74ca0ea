// The log-in lock and what lifts it, on the cache in memory and on Redis.

#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/testing/fake_clock.h>

#include <memory>
#include <string>

#include "daemon/services/cache_memory.h"
#include "daemon/services/cache_redis.h"
#include "throttle_service.h"

#include "auth_town.h"
#include "tests/support/private_redis.h"

using namespace linkup;
using namespace linkup::auth;
using linkup::test::errorOf;

namespace {

constexpr const char* kAlice = "alice@example.com";
constexpr const char* kBob = "bob@example.com";
constexpr const char* kHome = "203.0.113.7";
constexpr const char* kCafe = "198.51.100.1";

class ThrottleTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ThrottleTest);
    CPPUNIT_TEST(resetLiftsTheLockOfEveryAddress);
    CPPUNIT_TEST(resetForgetsFailuresThatDidNotLockYet);
    CPPUNIT_TEST(resetLiftsTheLockOfTheAccount);
    CPPUNIT_TEST(resetLeavesOtherAccountsLocked);
    CPPUNIT_TEST(failuresAfterAResetLockAgain);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override {
        cache_ = makeCache();
        throttle_ = std::make_unique<ThrottleService>(*cache_, clock_, CodeLimits{}, LoginLimits{});
    }
    void tearDown() override {
        throttle_.reset();
        cache_.reset();
    }

    void resetLiftsTheLockOfEveryAddress() {
        for (const char* address : {kHome, kCafe}) fail(kAlice, address, 5);
        CPPUNIT_ASSERT(locked(kAlice, kHome) && locked(kAlice, kCafe));
        throttle_->forgetLogins(kAlice);
        CPPUNIT_ASSERT(!locked(kAlice, kHome) && !locked(kAlice, kCafe));
    }

    void resetForgetsFailuresThatDidNotLockYet() {
        fail(kAlice, kHome, 4);
        throttle_->forgetLogins(kAlice);
        fail(kAlice, kHome, 4);
        CPPUNIT_ASSERT(!locked(kAlice, kHome));
    }

    void resetLiftsTheLockOfTheAccount() {
        for (int i = 0; i < 100; ++i) fail(kAlice, "192.0.2." + std::to_string(i), 1);
        CPPUNIT_ASSERT(locked(kAlice, kHome));
        throttle_->forgetLogins(kAlice);
        CPPUNIT_ASSERT(!locked(kAlice, kHome));
    }

    void resetLeavesOtherAccountsLocked() {
        fail(kBob, kHome, 5);
        throttle_->forgetLogins(kAlice);
        CPPUNIT_ASSERT(locked(kBob, kHome));
    }

    void failuresAfterAResetLockAgain() {
        for (int reset = 0; reset < 3; ++reset) {
            fail(kAlice, kHome, 5);
            CPPUNIT_ASSERT(locked(kAlice, kHome));
            CPPUNIT_ASSERT(!locked(kAlice, kCafe));
            throttle_->forgetLogins(kAlice);
        }
    }

protected:
    virtual std::unique_ptr<daemon::HostCache> makeCache() = 0;

    sdk::testing::FakeClock clock_;
    sdk::testing::RecordingLog log_;

private:
    void fail(const std::string& email, const std::string& address, int times) {
        for (int i = 0; i < times; ++i) throttle_->admitLogin(email, address).failed();
    }
    bool locked(const std::string& email, const std::string& address) {
        try {
            const auto attempt = throttle_->admitLogin(email, address);
            return false;
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT(error.code() == sdk::ErrorCode::kTooManyRequests);
            return true;
        }
    }

    std::unique_ptr<daemon::HostCache> cache_;
    std::unique_ptr<ThrottleService> throttle_;
};

class ThrottleInMemory : public ThrottleTest {
    CPPUNIT_TEST_SUB_SUITE(ThrottleInMemory, ThrottleTest);
    CPPUNIT_TEST_SUITE_END();
    std::unique_ptr<daemon::HostCache> makeCache() override {
        return std::make_unique<daemon::MemoryCache>(clock_, "node");
    }
};

class ThrottleOnRedis : public ThrottleTest {
    CPPUNIT_TEST_SUB_SUITE(ThrottleOnRedis, ThrottleTest);
    CPPUNIT_TEST_SUITE_END();
    std::unique_ptr<daemon::HostCache> makeCache() override {
        daemon::RedisSettings settings;
        settings.url = redis_.url();
        return std::make_unique<daemon::RedisCache>(settings, "node", log_);
    }

    test::PrivateRedis redis_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ThrottleInMemory);
CPPUNIT_TEST_SUITE_REGISTRATION(ThrottleOnRedis);

}  // namespace
