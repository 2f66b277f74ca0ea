// Passwords, throttles, the session cache and the options: what needs no database.

#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/testing/fake_cache.h>
#include <linkup/sdk/testing/fake_clock.h>
#include <linkup/sdk/testing/fake_config.h>

#include <memory>
#include <thread>
#include <vector>

#include "auth_options.h"
#include "auth_town.h"
#include "email_address.h"
#include "password_service.h"
#include "picture_service.h"
#include "random.h"
#include "session_cache.h"
#include "throttle_service.h"

using namespace linkup;
using namespace linkup::auth;
using linkup::test::errorOf;
using namespace std::chrono_literals;

namespace {

constexpr PasswordCost kCheap{1, 8192};

class LimitsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LimitsTest);
    CPPUNIT_TEST(firstBrokenPasswordRuleIsNamed);
    CPPUNIT_TEST(hashIsVerifiedAndNobodyNeverIs);
    CPPUNIT_TEST(hashOfAnotherCostIsOutdated);
    CPPUNIT_TEST(codesAreSixDigitsAndDiffer);
    CPPUNIT_TEST(addressesAreEqualInLowerCase);
    CPPUNIT_TEST(fileKeysOfOthersAndWaysOutAreRefused);
    CPPUNIT_TEST(codesAreThrottledByPauseAddressAndClient);
    CPPUNIT_TEST(codeRefusedToAStrangerIsNotTakenFromTheOwner);
    CPPUNIT_TEST(codeThatCouldNotBeSentIsNotCounted);
    CPPUNIT_TEST(fiveFailuresLockOneAddressOnly);
    CPPUNIT_TEST(lockEndsWithItsWindowAndTellsWhen);
    CPPUNIT_TEST(successClearsFailuresOfThePair);
    CPPUNIT_TEST(undecidedTryIsNotCounted);
    CPPUNIT_TEST(refusedTryIsNotCounted);
    CPPUNIT_TEST(tryThatOutlivesItsWindowGivesNothingToTheNext);
    CPPUNIT_TEST(parallelGuessesGetNoFurtherThanSerialOnes);
    CPPUNIT_TEST(oneAddressMayNotTryManyAccounts);
    CPPUNIT_TEST(addressesOfOneNetworkAreOne);
    CPPUNIT_TEST(nobodyGuessesWhileTheCacheIsAway);
    CPPUNIT_TEST(sessionIsKnownUntilItIsTooOld);
    CPPUNIT_TEST(lookUpThatARevocationOvertookIsNotStored);
    CPPUNIT_TEST(sessionCacheIsBounded);
    CPPUNIT_TEST(productionRefusesNoSecretAndAShortOne);
    CPPUNIT_TEST(everyOptionIsDeclared);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { prepareCrypto(); }

    void firstBrokenPasswordRuleIsNamed() {
        const auto fault = [](std::string_view password) { return passwordFault(password).value_or("fine"); };
        CPPUNIT_ASSERT_EQUAL(std::string("Password must be at least 8 characters long"), fault("aB1!"));
        CPPUNIT_ASSERT_EQUAL(std::string("Password must be at least 8 characters long"), fault("aB1!äöü"));
        CPPUNIT_ASSERT_EQUAL(std::string("Password must contain at least one uppercase letter"),
                             fault("alllower"));
        CPPUNIT_ASSERT_EQUAL(std::string("Password must contain at least one lowercase letter"),
                             fault("ALLUPPER"));
        CPPUNIT_ASSERT_EQUAL(std::string("Password must contain at least one digit"), fault("NoDigits!"));
        CPPUNIT_ASSERT_EQUAL(std::string("Password must contain at least one special character"),
                             fault("N0Special"));
        CPPUNIT_ASSERT_EQUAL(std::string("Password must be at most 128 characters long"),
                             fault("Passw0rd!" + std::string(120, 'x')));
        CPPUNIT_ASSERT_EQUAL(std::string("fine"), fault("Passw0rd!" + std::string(119, 'x')));
        for (const char special : std::string_view("!@#$%^&*(),.?\":{}|<>")) {
            CPPUNIT_ASSERT_EQUAL(std::string("fine"), fault(std::string("Passw0rd") + special));
        }
    }

    void hashIsVerifiedAndNobodyNeverIs() {
        const PasswordService passwords(kCheap);
        const std::string hash = passwords.hash("Passw0rd!");
        CPPUNIT_ASSERT(hash.starts_with("$argon2id$"));
        CPPUNIT_ASSERT(passwords.hash("Passw0rd!") != hash);
        CPPUNIT_ASSERT(passwords.verify("Passw0rd!", &hash));
        CPPUNIT_ASSERT(!passwords.verify("passw0rd!", &hash));
        CPPUNIT_ASSERT(!passwords.verify("", &hash));
        const std::string odd = "deleted";
        CPPUNIT_ASSERT(!passwords.verify("Passw0rd!", &odd));
        CPPUNIT_ASSERT(!passwords.verify("Passw0rd!", nullptr));
        // It must cost what a real one costs, so libsodium has to find it well-formed and of today's cost.
        const PasswordService dear({2, 1 << 20});
        const auto begin = std::chrono::steady_clock::now();
        dear.verify("x", nullptr);
        CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin > 100us);
    }

    void hashOfAnotherCostIsOutdated() {
        const PasswordService old(kCheap);
        const PasswordService now({2, 16384});
        const std::string hash = old.hash("Passw0rd!");
        CPPUNIT_ASSERT(now.verify("Passw0rd!", &hash));
        CPPUNIT_ASSERT(now.outdated(hash));
        CPPUNIT_ASSERT(!old.outdated(hash));
        CPPUNIT_ASSERT(!now.outdated(now.hash("Passw0rd!")));
    }

    void codesAreSixDigitsAndDiffer() {
        std::vector<std::string> codes;
        for (int i = 0; i < 1000; ++i) {
            codes.push_back(randomCode());
            CPPUNIT_ASSERT_EQUAL(std::size_t{6}, codes.back().size());
            CPPUNIT_ASSERT(codes.back().front() != '0');
        }
        std::sort(codes.begin(), codes.end());
        CPPUNIT_ASSERT(std::unique(codes.begin(), codes.end()) - codes.begin() > 990);
    }

    void addressesAreEqualInLowerCase() {
        CPPUNIT_ASSERT_EQUAL(std::string("alice@example.com"), emailKey("  ALICE@Example.com\n"));
        CPPUNIT_ASSERT_EQUAL(std::string(), emailKey(" "));
    }

    void fileKeysOfOthersAndWaysOutAreRefused() {
        CPPUNIT_ASSERT(fileKeyAllowed("sw/media/7/x.webp", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("sw/media/8/x.webp", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("sw/media/07/x.webp", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("sw/media/8", 7));
        CPPUNIT_ASSERT(fileKeyAllowed("sw/media/alice/x.webp", 7));
        CPPUNIT_ASSERT(fileKeyAllowed("sw/x", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("sw/", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("swx/a", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("sw/a/../b", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("sw/a b", 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("sw/é", 7));
        CPPUNIT_ASSERT(fileKeyAllowed("sw/" + std::string(200, 'a'), 7));
        CPPUNIT_ASSERT(!fileKeyAllowed("sw/" + std::string(201, 'a'), 7));
    }

    void codesAreThrottledByPauseAddressAndClient() {
        ThrottleService throttle(cache_, clock_, {}, {});
        throttle.admitCode("a@b.example", "1.2.3.4").keep();
        const auto pause = errorOf([&] { throttle.admitCode("a@b.example", "5.6.7.8").keep(); });
        CPPUNIT_ASSERT(pause.code() == sdk::ErrorCode::kTooManyRequests);
        CPPUNIT_ASSERT_EQUAL(std::string("Too many codes requested. Please try again later."),
                             std::string(pause.what()));
        CPPUNIT_ASSERT(pause.retryAfter() == 30s);
        for (int i = 0; i < 4; ++i) {
            clock_.advance(30s);
            throttle.admitCode("a@b.example", "1.2.3.4").keep();
        }
        clock_.advance(30s);
        CPPUNIT_ASSERT(errorOf([&] { throttle.admitCode("a@b.example", "1.2.3.4").keep(); }).retryAfter() ==
                       3600s - 150s);
        for (int i = 5; i < 20; ++i)
            throttle.admitCode("p" + std::to_string(i) + "@b.example", "1.2.3.4").keep();
        CPPUNIT_ASSERT(errorOf([&] { throttle.admitCode("z@b.example", "1.2.3.4").keep(); }).code() ==
                       sdk::ErrorCode::kTooManyRequests);
        throttle.admitCode("y@b.example", "5.6.7.8").keep();
        clock_.advance(1h);
        throttle.admitCode("a@b.example", "1.2.3.4").keep();
    }

    void codeRefusedToAStrangerIsNotTakenFromTheOwner() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int i = 0; i < 20; ++i) throttle.admitCode(std::to_string(i) + "@b.example", "1.2.3.4").keep();
        for (int i = 0; i < 10; ++i) {
            CPPUNIT_ASSERT_THROW(throttle.admitCode("a@b.example", "1.2.3.4").keep(), sdk::Error);
            clock_.advance(30s);
        }
        throttle.admitCode("a@b.example", "5.6.7.8").keep();
    }

    void codeThatCouldNotBeSentIsNotCounted() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int i = 0; i < 30; ++i) {
            const auto attempt = throttle.admitCode("a@b.example", "1.2.3.4");
        }
        throttle.admitCode("a@b.example", "1.2.3.4").keep();
    }

    void fiveFailuresLockOneAddressOnly() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int i = 0; i < 5; ++i) throttle.admitLogin("a@b.example", "1.2.3.4").failed();
        CPPUNIT_ASSERT(locked(throttle, "a@b.example", "1.2.3.4"));
        CPPUNIT_ASSERT(!locked(throttle, "a@b.example", "5.6.7.8"));
        CPPUNIT_ASSERT(!locked(throttle, "c@b.example", "1.2.3.4"));
    }

    void lockEndsWithItsWindowAndTellsWhen() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int i = 0; i < 5; ++i) {
            throttle.admitLogin("a@b.example", "1.2.3.4").failed();
            clock_.advance(1min);
        }
        const auto error = errorOf([&] { throttle.admitLogin("a@b.example", "1.2.3.4").failed(); });
        CPPUNIT_ASSERT_EQUAL(std::string("Too many login attempts. Please try again later."),
                             std::string(error.what()));
        CPPUNIT_ASSERT(error.retryAfter() == 10min);
        clock_.advance(10min);
        CPPUNIT_ASSERT(!locked(throttle, "a@b.example", "1.2.3.4"));
    }

    void successClearsFailuresOfThePair() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < 4; ++i) throttle.admitLogin("a@b.example", "1.2.3.4").failed();
            throttle.admitLogin("a@b.example", "1.2.3.4").succeeded();
        }
        CPPUNIT_ASSERT(!locked(throttle, "a@b.example", "1.2.3.4"));
    }

    void undecidedTryIsNotCounted() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int i = 0; i < 20; ++i) {
            const auto attempt = throttle.admitLogin("a@b.example", "1.2.3.4");
        }
        CPPUNIT_ASSERT(!locked(throttle, "a@b.example", "1.2.3.4"));
    }

    /// Many people behind one address, all with the right password: who was refused may come again.
    void refusedTryIsNotCounted() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int round = 0; round < 3; ++round) {
            std::vector<std::unique_ptr<ThrottleService::LoginTry>> under_way;
            const auto email = [](int i) { return std::to_string(i) + "@b.example"; };
            for (int i = 0; i < 50; ++i) {
                under_way.push_back(std::unique_ptr<ThrottleService::LoginTry>(
                    new auto(throttle.admitLogin(email(i), "1.2.3.4"))));
            }
            for (int i = 50; i < 90; ++i) CPPUNIT_ASSERT(locked(throttle, email(i).c_str(), "1.2.3.4"));
            for (const auto& attempt : under_way) attempt->succeeded();
        }
        CPPUNIT_ASSERT(!locked(throttle, "a@b.example", "1.2.3.4"));
    }

    void tryThatOutlivesItsWindowGivesNothingToTheNext() {
        ThrottleService throttle(cache_, clock_, {}, {});
        {
            auto slow = throttle.admitLogin("a@b.example", "1.2.3.4");
            clock_.advance(15min);
        }
        for (int i = 0; i < 5; ++i) throttle.admitLogin("a@b.example", "1.2.3.4").failed();
        CPPUNIT_ASSERT(locked(throttle, "a@b.example", "1.2.3.4"));
    }

    void parallelGuessesGetNoFurtherThanSerialOnes() {
        ThrottleService throttle(cache_, clock_, {}, {});
        std::atomic<int> admitted = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 32; ++i) {
            threads.emplace_back([&] {
                try {
                    auto attempt = throttle.admitLogin("a@b.example", "1.2.3.4");
                    ++admitted;
                    attempt.failed();
                } catch (const sdk::Error&) {
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(5, admitted.load());
    }

    void oneAddressMayNotTryManyAccounts() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int i = 0; i < 50; ++i)
            throttle.admitLogin(std::to_string(i) + "@b.example", "1.2.3.4").failed();
        CPPUNIT_ASSERT(locked(throttle, "new@b.example", "1.2.3.4"));
        CPPUNIT_ASSERT(!locked(throttle, "new@b.example", "5.6.7.8"));
        for (int i = 0; i < 100; ++i)
            throttle.admitLogin("new@b.example", "10.0.0." + std::to_string(i)).failed();
        CPPUNIT_ASSERT(locked(throttle, "new@b.example", "5.6.7.8"));
    }

    /// Whoever has one IPv6 address has all of its /64, and may write it as they like.
    void addressesOfOneNetworkAreOne() {
        ThrottleService throttle(cache_, clock_, {}, {});
        for (int i = 0; i < 5; ++i)
            throttle.admitLogin("a@b.example", "2001:db8:0:7::" + std::to_string(i)).failed();
        CPPUNIT_ASSERT(locked(throttle, "a@b.example", "2001:DB8:0:7:ffff:ffff:ffff:ffff"));
        CPPUNIT_ASSERT(!locked(throttle, "a@b.example", "2001:db8:0:8::1"));
        for (int i = 0; i < 5; ++i) throttle.admitLogin("c@b.example", "::ffff:1.2.3.4").failed();
        CPPUNIT_ASSERT(locked(throttle, "c@b.example", "1.2.3.4"));
        CPPUNIT_ASSERT(!locked(throttle, "c@b.example", "::ffff:1.2.3.5"));
    }

    void nobodyGuessesWhileTheCacheIsAway() {
        ThrottleService throttle(cache_, clock_, {}, {});
        cache_.setAvailable(false);
        CPPUNIT_ASSERT(errorOf([&] { throttle.admitLogin("a@b.example", "1.2.3.4").failed(); }).code() ==
                       sdk::ErrorCode::kUnavailable);
        cache_.setAvailable(true);
        {
            auto attempt = throttle.admitLogin("a@b.example", "1.2.3.4");
            cache_.setAvailable(false);
        }
        cache_.setAvailable(true);
    }

    void sessionIsKnownUntilItIsTooOld() {
        SessionCache cache(clock_);
        cache.put("s", SessionCache::State::kLive, cache.generation());
        CPPUNIT_ASSERT(cache.find("s", 60s) == SessionCache::State::kLive);
        CPPUNIT_ASSERT(cache.find("t", 60s) == SessionCache::State::kUnknown);
        clock_.advance(2s);
        CPPUNIT_ASSERT(cache.find("s", 1s) == SessionCache::State::kUnknown);
        CPPUNIT_ASSERT(cache.find("s", 60s) == SessionCache::State::kLive);
        cache.forget("s");
        CPPUNIT_ASSERT(cache.find("s", 60s) == SessionCache::State::kUnknown);
    }

    void lookUpThatARevocationOvertookIsNotStored() {
        SessionCache cache(clock_);
        const auto before = cache.generation();
        cache.forget("s");
        cache.put("s", SessionCache::State::kLive, before);
        CPPUNIT_ASSERT(cache.find("s", 60s) == SessionCache::State::kUnknown);
        const auto before_gap = cache.generation();
        cache.clear();
        cache.put("s", SessionCache::State::kLive, before_gap);
        CPPUNIT_ASSERT(cache.find("s", 60s) == SessionCache::State::kUnknown);
    }

    void sessionCacheIsBounded() {
        SessionCache cache(clock_, 160);
        int known = 0;
        for (int i = 0; i < 1000; ++i) {
            cache.put(std::to_string(i), SessionCache::State::kLive, cache.generation());
        }
        for (int i = 0; i < 1000; ++i) {
            known += cache.find(std::to_string(i), 60s) == SessionCache::State::kLive ? 1 : 0;
        }
        CPPUNIT_ASSERT(known > 0 && known <= 160);
    }

    void productionRefusesNoSecretAndAShortOne() {
        sdk::testing::FakeConfig config;
        config.setProduction();
        CPPUNIT_ASSERT(errorOf([&] { readOptions(config); }).code() == sdk::ErrorCode::kInvalidArgument);
        config.set("token.secret", std::string(31, 'x'));
        CPPUNIT_ASSERT(std::string(errorOf([&] { readOptions(config); }).what()).find("token.secret") !=
                       std::string::npos);
        config.set("token.secret", std::string(32, 'x'));
        CPPUNIT_ASSERT_EQUAL(std::size_t{32}, readOptions(config).token_secrets.at(0).secret.size());
    }

    void everyOptionIsDeclared() {
        sdk::testing::FakeConfig config{{"code.ttl_seconds", "60"}, {"majors", "BTech, BSc"}};
        const AuthOptions options = readOptions(config);
        CPPUNIT_ASSERT(config.unknownKeys().empty());
        CPPUNIT_ASSERT(options.codes.ttl.get() == 60s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, options.majors.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{31}, defaultMajors().size());
    }

private:
    static bool locked(ThrottleService& throttle, const char* email, const char* address) {
        try {
            const auto attempt = throttle.admitLogin(email, address);
            return false;
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT(error.code() == sdk::ErrorCode::kTooManyRequests);
            return true;
        }
    }

    sdk::testing::FakeClock clock_;
    sdk::testing::FakeCache cache_{clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(LimitsTest);

}  // namespace
