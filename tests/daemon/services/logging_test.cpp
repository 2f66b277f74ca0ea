#include "daemon/services/logging.h"

#include <Poco/Logger.h>
#include <cppunit/extensions/HelperMacros.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "daemon/services/logging_redaction.h"
#include "linkup/sdk/clock.h"

using linkup::daemon::isSecretName;
using linkup::daemon::LineChannel;
using linkup::daemon::LogFormat;
using linkup::daemon::Logging;
using linkup::daemon::RequestScope;
using linkup::daemon::WorkOrigin;
using linkup::sdk::Json;
using linkup::sdk::LogLevel;
using linkup::sdk::TraceContext;
using linkup::sdk::TraceScope;

namespace {

/// Keeps the lines; can be held shut, as a full pipe is, or fail.
class Sink : public Poco::Channel {
public:
    void log(const Poco::Message& message) override {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [&] { return !shut_; });
        if (failing_) throw std::runtime_error("disk full");
        lines_.push_back(message.getText());
    }
    void shut(bool value) {
        const std::lock_guard lock(mutex_);
        shut_ = value;
        opened_.notify_all();
    }
    void fail(bool value) {
        const std::lock_guard lock(mutex_);
        failing_ = value;
    }
    std::vector<std::string> lines() {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool shut_ = false;
    bool failing_ = false;
    std::vector<std::string> lines_;
};

class LoggingTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LoggingTest);
    CPPUNIT_TEST(textLineHasTimeLevelOwnerTextAndFields);
    CPPUNIT_TEST(jsonLineParsesAndKeepsTypes);
    CPPUNIT_TEST(requestIdFollowsTheScope);
    CPPUNIT_TEST(requestIdIsOfItsThreadAlone);
    CPPUNIT_TEST(linesCarryTheTraceOfTheirWork);
    CPPUNIT_TEST(originBringsIdAndTraceToAnotherThread);
    CPPUNIT_TEST(secretFieldsAreReplacedHoweverDeep);
    CPPUNIT_TEST(harmlessNamesAreKept);
    CPPUNIT_TEST(lineBreaksCannotForgeLines);
    CPPUNIT_TEST(levelCanChangeWhileRunning);
    CPPUNIT_TEST(pocoLoggersEndInTheSameLog);
    CPPUNIT_TEST(recentKeepsTheLastTwoHundred);
    CPPUNIT_TEST(slowSinkNeverBlocksAndDropsAreTold);
    CPPUNIT_TEST(failingSinkIsSurvived);
    CPPUNIT_TEST(destructionWritesWhatIsQueued);
    CPPUNIT_TEST_SUITE_END();

    Poco::AutoPtr<Sink> sink_{new Sink};

    std::string onlyLine(Logging& logging) {
        logging.flush();
        const auto lines = sink_->lines();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
        return lines.front();
    }

    static TraceContext traceFromHeader() {
        return TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
    }

    static void assertContains(const std::string& line, const std::string& part) {
        CPPUNIT_ASSERT_MESSAGE("no <" + part + "> in <" + line + ">", line.find(part) != std::string::npos);
    }

public:
    void textLineHasTimeLevelOwnerTextAndFields() {
        Logging logging({}, sink_);
        logging.logFor("auth")->warning("key rotated", {{"age_days", 3}, {"by", "an admin"}, {"kid", "k-1"}});
        const std::string line = onlyLine(logging);
        CPPUNIT_ASSERT(linkup::sdk::parseTime(line.substr(0, 27)).has_value());
        CPPUNIT_ASSERT_EQUAL(std::string(" WARN  auth key rotated age_days=3 by=\"an admin\" kid=k-1"),
                             line.substr(27));
    }

    void jsonLineParsesAndKeepsTypes() {
        Logging logging({LogFormat::kJson, LogLevel::kInfo}, sink_);
        const RequestScope scope("r\"1");
        logging.logFor("chat")->error("a \"quoted\"\ntext", {{"n", 3}, {"share", 0.5}, {"text", "x"}});
        const Json line = linkup::sdk::parseTrustedJson(onlyLine(logging));
        CPPUNIT_ASSERT_EQUAL(std::string("error"), line["level"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("chat"), line["source"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("r\"1"), line["request_id"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("a \"quoted\"\ntext"), line["text"].asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, line["fields"]["n"].asInteger());
        CPPUNIT_ASSERT(line["fields"]["share"].isFloat());
        CPPUNIT_ASSERT_EQUAL(std::string("x"), line["fields"]["text"].asString());
    }

    void requestIdFollowsTheScope() {
        Logging logging({}, sink_);
        const auto log = logging.logFor("x");
        {
            const RequestScope outer("outer");
            {
                const RequestScope inner("inner");
                log->info("1");
            }
            log->info("2");
        }
        log->info("3");
        logging.flush();
        const auto lines = sink_->lines();
        assertContains(lines.at(0), " x [inner] 1");
        assertContains(lines.at(1), " x [outer] 2");
        assertContains(lines.at(2), " x 3");
    }

    void requestIdIsOfItsThreadAlone() {
        const RequestScope scope("mine");
        std::string seen = "unset";
        std::thread([&] { seen = RequestScope::current(); }).join();
        CPPUNIT_ASSERT_EQUAL(std::string(), seen);
        CPPUNIT_ASSERT(RequestScope::current() == "mine");
    }

    void linesCarryTheTraceOfTheirWork() {
        const auto trace = traceFromHeader();
        {
            Logging logging({}, sink_);
            const auto log = logging.logFor("x");
            {
                const RequestScope scope("id", trace);
                log->info("1");
                const RequestScope inner("of the same");
                log->info("2");
            }
            {
                const TraceScope scope(trace);
                log->info("3");
            }
            log->info("4");
        }
        const std::string both = "4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba902b7";
        const auto lines = sink_->lines();
        assertContains(lines.at(0), " x [id " + both + "] 1");
        assertContains(lines.at(1), " x [of the same " + both + "] 2");
        assertContains(lines.at(2), " x [" + both + "] 3");
        assertContains(lines.at(3), " x 4");

        sink_ = new Sink;
        Logging logging({LogFormat::kJson, LogLevel::kInfo}, sink_);
        const RequestScope scope("id", trace);
        logging.logFor("x")->info("1");
        const Json line = linkup::sdk::parseTrustedJson(onlyLine(logging));
        CPPUNIT_ASSERT_EQUAL(std::string("id"), line["request_id"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("4bf92f3577b34da6a3ce929d0e0e4736"), line["trace_id"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("00f067aa0ba902b7"), line["span_id"].asString());
    }

    void originBringsIdAndTraceToAnotherThread() {
        Logging logging({}, sink_);
        const auto log = logging.logFor("x");
        const auto trace = traceFromHeader();
        std::optional<WorkOrigin> origin;
        {
            const std::string id = "mine";
            const RequestScope scope(id, trace);
            origin.emplace();
        }
        std::thread([&] {
            const RequestScope scope(origin->request_id, origin->trace);
            log->info("1");
        }).join();
        assertContains(onlyLine(logging), " x [mine 4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba902b7] 1");
    }

    void secretFieldsAreReplacedHoweverDeep() {
        for (const auto format : {LogFormat::kText, LogFormat::kJson}) {
            sink_ = new Sink;
            Logging logging({format, LogLevel::kInfo}, sink_);
            logging.logFor("x")->info(
                "t",
                {{"refreshToken", "hush"},
                 {"user_email", "hush"},
                 {"otp", 123456},
                 {"headers", Json::object({{"Authorization", "hush"},
                                           {"list", Json::array({Json::object({{"PASSWORD", "hush"}})})}})}});
            const std::string line = onlyLine(logging);
            CPPUNIT_ASSERT_EQUAL(std::string::npos, line.find("hush"));
            CPPUNIT_ASSERT_EQUAL(std::string::npos, line.find("123456"));
            assertContains(line, "[redacted]");
            assertContains(line, "refreshToken");
        }
    }

    void harmlessNamesAreKept() {
        for (const char* name :
             {"status_code", "statusCode", "fencing_token", "encoded", "mailer", "path", "tokenizer"}) {
            CPPUNIT_ASSERT_MESSAGE(name, !isSecretName(name));
        }
        for (const char* name : {"token", "access_token", "Set-Cookie", "smtp.password", "code", "OTP",
                                 "e.email", "oldPassword"}) {
            CPPUNIT_ASSERT_MESSAGE(name, isSecretName(name));
        }
    }

    void lineBreaksCannotForgeLines() {
        Logging logging({}, sink_);
        const RequestScope scope("id\nforged");
        logging.logFor("x")->info("a\nb\x1b[2J", {{"f", "c\nd"}});
        const std::string line = onlyLine(logging);
        CPPUNIT_ASSERT_EQUAL(std::string::npos, line.find_first_of("\n\x1b"));
        assertContains(line, "a\\nb\\x1b[2J");
    }

    void levelCanChangeWhileRunning() {
        Logging logging({}, sink_);
        const auto log = logging.logFor("x");
        log->debug("hidden");
        CPPUNIT_ASSERT(!log->enabled(LogLevel::kDebug));
        logging.setLevel(LogLevel::kDebug);
        log->debug("shown");
        assertContains(onlyLine(logging), "DEBUG x shown");
    }

    void pocoLoggersEndInTheSameLog() {
        auto& before = Poco::Logger::get("made.before");
        Logging logging({}, sink_);
        before.information("1");
        Poco::Logger::get("made.after").debug("hidden");
        Poco::Logger::get("made.after").critical("2");
        logging.flush();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, sink_->lines().size());
        assertContains(sink_->lines().at(0), "INFO  made.before 1");
        assertContains(sink_->lines().at(1), "ERROR made.after 2");
    }

    void recentKeepsTheLastTwoHundred() {
        Logging logging({}, sink_);
        const auto log = logging.logFor("x");
        for (int i = 0; i < 250; ++i) log->info("line " + std::to_string(i) + ".");
        logging.flush();
        const auto recent = logging.recent();
        CPPUNIT_ASSERT_EQUAL(std::size_t{200}, recent.size());
        assertContains(recent.front(), "line 50.");
        assertContains(recent.back(), "line 249.");
    }

    void slowSinkNeverBlocksAndDropsAreTold() {
        Logging logging({}, sink_);
        sink_->shut(true);
        const auto log = logging.logFor("x");
        // One batch may be with the sink already, so twice the limit surely overflows the queue.
        for (std::size_t i = 0; i < 2 * LineChannel::kMaxQueuedLines + 10; ++i) log->info("line");
        sink_->shut(false);
        logging.flush();
        log->info("after");
        logging.flush();
        const auto lines = sink_->lines();
        std::size_t told = 0;
        for (const auto& line : lines) told += line.find("log lines were dropped") != std::string::npos;
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, told);
        assertContains(lines.back(), "after");
    }

    void failingSinkIsSurvived() {
        Logging logging({}, sink_);
        const auto log = logging.logFor("x");
        sink_->fail(true);
        log->info("lost");
        logging.flush();
        sink_->fail(false);
        log->info("kept");
        logging.flush();
        const auto lines = sink_->lines();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines.size());
        assertContains(lines.front(), "1 log lines were dropped");
        assertContains(lines.back(), "kept");
    }

    void destructionWritesWhatIsQueued() {
        {
            Logging logging({}, sink_);
            const auto log = logging.logFor("x");
            for (int i = 0; i < 1000; ++i) log->info("line");
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, sink_->lines().size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoggingTest);

}  // namespace
