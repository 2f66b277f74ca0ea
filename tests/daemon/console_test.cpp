#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <string>

#include "daemon/console_guard.h"
#include "daemon/console_numbers.h"
#include "linkup/sdk/error.h"
#include "linkup/sdk/testing/fake_clock.h"
#include "linkup/sdk/testing/recording_log.h"

using namespace linkup;
using daemon::ConsoleGuard;
using daemon::consoleNumbers;
using sdk::ErrorCode;

namespace {

const std::string kToken(ConsoleGuard::kLeastTokenBytes, 'k');
const std::string kRight = "Bearer " + kToken;
const std::string kWrong = "Bearer " + std::string(ConsoleGuard::kLeastTokenBytes, 'w');
constexpr const char* kAddress = "203.0.113.7";

/// Who gets into the operators' console, and what it is told of the metrics.
class ConsoleTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ConsoleTest);
    CPPUNIT_TEST(tokenOpensIt);
    CPPUNIT_TEST(anythingElseIsRefused);
    CPPUNIT_TEST(shortTokenIsNoToken);
    CPPUNIT_TEST(whoGuessesIsRefusedUntilTheWindowEnds);
    CPPUNIT_TEST(wrongTokenIsLoggedWithItsAddressAlone);
    CPPUNIT_TEST(othersAreNotRefusedWithThem);
    CPPUNIT_TEST(wrongTriesThatAreSpreadOutAreBorneWith);
    CPPUNIT_TEST(noTokenIsNoGuess);
    CPPUNIT_TEST(manyAddressesAreForgottenOldestFirst);
    CPPUNIT_TEST(numbersOfAllRoutesAreAddedUp);
    CPPUNIT_TEST(otherLabelsStay);
    CPPUNIT_TEST(labelsMayHoldAnything);
    CPPUNIT_TEST(whatIsNoNumberIsLeftOut);
    CPPUNIT_TEST_SUITE_END();

public:
    void tokenOpensIt() {
        CPPUNIT_ASSERT(!refusal(kRight));
        CPPUNIT_ASSERT(!refusal("bearer " + kToken));
    }

    void anythingElseIsRefused() {
        for (const std::string& header : {std::string(), kToken, "Basic " + kToken, kWrong, kRight + "k"}) {
            CPPUNIT_ASSERT_MESSAGE(header, refusal(header, header) == ErrorCode::kUnauthenticated);
        }
    }

    void shortTokenIsNoToken() {
        try {
            const ConsoleGuard guard("too short", clock_, log_);
            CPPUNIT_FAIL("it was taken");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT_EQUAL(std::string("console.token: found 9 bytes, allowed are 32 or more"),
                                 std::string(error.what()));
        }
    }

    void whoGuessesIsRefusedUntilTheWindowEnds() {
        guess(ConsoleGuard::kMostFailures - 1);
        CPPUNIT_ASSERT(!refusal(kRight));
        guess(1);
        clock_.advance(std::chrono::seconds(20));
        try {
            guard_.check(kRight, kAddress);
            CPPUNIT_FAIL("guessing goes on");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT(error.code() == ErrorCode::kTooManyRequests);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{40'000}, std::int64_t{error.retryAfter().count()});
        }
        clock_.advance(std::chrono::seconds(40));
        CPPUNIT_ASSERT(!refusal(kRight));
        guess(ConsoleGuard::kMostFailures - 1);
        CPPUNIT_ASSERT(!refusal(kRight));
    }

    void wrongTokenIsLoggedWithItsAddressAlone() {
        guess(2);
        refusal("");
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log_.count(sdk::LogLevel::kWarning));
        CPPUNIT_ASSERT(log_.mentions(kAddress));
        CPPUNIT_ASSERT(!log_.mentions("wwww"));
    }

    void othersAreNotRefusedWithThem() {
        guess(ConsoleGuard::kMostFailures);
        CPPUNIT_ASSERT(!refusal(kRight, "203.0.113.8"));
        CPPUNIT_ASSERT(refusal(kRight) == ErrorCode::kTooManyRequests);
    }

    void wrongTriesThatAreSpreadOutAreBorneWith() {
        for (int i = 0; i < 3 * ConsoleGuard::kMostFailures; ++i) {
            CPPUNIT_ASSERT(refusal(kWrong) == ErrorCode::kUnauthenticated);
            clock_.advance(ConsoleGuard::kWindow);
        }
        CPPUNIT_ASSERT(!refusal(kRight));
    }

    void noTokenIsNoGuess() {
        for (int i = 0; i < 3 * ConsoleGuard::kMostFailures; ++i)
            CPPUNIT_ASSERT(refusal("") == ErrorCode::kUnauthenticated);
        CPPUNIT_ASSERT(!refusal(kRight));
    }

    void manyAddressesAreForgottenOldestFirst() {
        guess(ConsoleGuard::kMostFailures);
        clock_.advance(std::chrono::seconds(1));
        for (std::size_t i = 1; i < ConsoleGuard::kMostAddresses; ++i) refusal(kWrong, std::to_string(i));
        CPPUNIT_ASSERT(refusal(kRight) == ErrorCode::kTooManyRequests);
        refusal(kWrong, "one more");
        CPPUNIT_ASSERT(!refusal(kRight));
    }

    void numbersOfAllRoutesAreAddedUp() {
        const sdk::Json numbers = consoleNumbers(
            "# HELP requests What came.\n"
            "# TYPE requests counter\n"
            "requests{method=\"GET\",route=\"/a\"} 2\n"
            "requests{method=\"POST\",route=\"/a\"} 3\n"
            "seconds_bucket{method=\"GET\",route=\"/a\",le=\"0.5\"} 1\n"
            "seconds_bucket{method=\"GET\",route=\"/b\",le=\"0.5\"} 4\n"
            "seconds_bucket{method=\"GET\",route=\"/b\",le=\"+Inf\"} 6\n");
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, numbers.size());
        CPPUNIT_ASSERT_EQUAL(5.0, numbers.at("requests").asDouble());
        CPPUNIT_ASSERT_EQUAL(5.0, numbers.at("seconds_bucket{le=\"0.5\"}").asDouble());
        CPPUNIT_ASSERT_EQUAL(6.0, numbers.at("seconds_bucket{le=\"+Inf\"}").asDouble());
    }

    void otherLabelsStay() {
        const sdk::Json numbers =
            consoleNumbers("depth{pool=\"requests\"} 7\ndepth{pool=\"disk\",route=\"/\"} 1.5e3\nplain 1");
        CPPUNIT_ASSERT_EQUAL(7.0, numbers.at("depth{pool=\"requests\"}").asDouble());
        CPPUNIT_ASSERT_EQUAL(1500.0, numbers.at("depth{pool=\"disk\"}").asDouble());
        CPPUNIT_ASSERT_EQUAL(1.0, numbers.at("plain").asDouble());
    }

    void labelsMayHoldAnything() {
        const sdk::Json numbers = consoleNumbers("odd{name=\"a \\\" } , b\",route=\"/{id}\"} 3\n");
        CPPUNIT_ASSERT_EQUAL(3.0, numbers.at("odd{name=\"a \\\" } , b\"}").asDouble());
    }

    void whatIsNoNumberIsLeftOut() {
        for (const char* text : {"", "\n\n", "mean NaN\n", "most +Inf\n", "# only a comment"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::size_t{0}, consoleNumbers(text).size());
        for (const char* broken : {"open{name=\"a", "open{", "{", "} 1", "a{b=\"\\"})
            CPPUNIT_ASSERT_NO_THROW_MESSAGE(broken, consoleNumbers(broken));
    }

private:
    std::optional<ErrorCode> refusal(const std::string& header, const std::string& address = kAddress) {
        try {
            guard_.check(header, address);
        } catch (const sdk::Error& error) {
            return error.code();
        }
        return std::nullopt;
    }
    void guess(int times) {
        for (int i = 0; i < times; ++i) CPPUNIT_ASSERT(refusal(kWrong) == ErrorCode::kUnauthenticated);
    }

    sdk::testing::FakeClock clock_;
    sdk::testing::RecordingLog log_;
    ConsoleGuard guard_{kToken, clock_, log_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsoleTest);

}  // namespace
