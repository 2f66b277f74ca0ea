#include "daemon/services/cron.h"

#include <cppunit/extensions/HelperMacros.h>

#include "linkup/sdk/error.h"

using linkup::daemon::CronSchedule;
using linkup::sdk::Error;
using linkup::sdk::formatTime;
using linkup::sdk::parseTime;
using linkup::sdk::Time;

namespace {

class CronTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CronTest);
    CPPUNIT_TEST(fiveFieldsAreDueAtSecondZero);
    CPPUNIT_TEST(sixFieldsBeginWithTheSecond);
    CPPUNIT_TEST(listsRangesStepsAndNames);
    CPPUNIT_TEST(nextIsAlwaysLaterEvenWithinASecond);
    CPPUNIT_TEST(eitherDayIsEnoughIfBothAreRestricted);
    CPPUNIT_TEST(sundayIsZeroAndSeven);
    CPPUNIT_TEST(leapDayComesInLeapYears);
    CPPUNIT_TEST(zoneFollowsSummerTime);
    CPPUNIT_TEST(timeInTheGapIsDueAfterIt);
    CPPUNIT_TEST(severalTimesInTheGapAreDueOnce);
    CPPUNIT_TEST(timeThatExistsTwiceIsDueTheFirstTime);
    CPPUNIT_TEST(gapOfHalfAnHourAndOfADay);
    CPPUNIT_TEST(lastIsTheInverseOfNext);
    CPPUNIT_TEST(agreesWithAWalkThroughEveryMinuteOfAYear);
    CPPUNIT_TEST(wrongExpressionsAreRefusedAndSayWhatIsAllowed);
    CPPUNIT_TEST_SUITE_END();

    static Time at(const std::string& text) {
        const auto time = parseTime(text);
        CPPUNIT_ASSERT_MESSAGE(text, time.has_value());
        return *time;
    }
    static void assertNext(const std::string& cron, const std::string& zone, const std::string& after,
                           const std::vector<std::string>& expected) {
        const CronSchedule schedule(cron, zone);
        Time time = at(after);
        for (const auto& one : expected) {
            time = schedule.next(time);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(cron, formatTime(at(one)), formatTime(time));
        }
    }

public:
    void fiveFieldsAreDueAtSecondZero() {
        assertNext("30 20 * * *", "UTC", "2026-11-24T20:29:59.999999Z",
                   {"2026-11-24T20:30:00Z", "2026-11-25T20:30:00Z", "2026-11-26T20:30:00Z"});
    }
    void sixFieldsBeginWithTheSecond() {
        assertNext("*/20 * * * * *", "UTC", "2026-12-31T23:59:30Z",
                   {"2026-12-31T23:59:40Z", "2027-01-01T00:00:00Z", "2027-01-01T00:00:20Z"});
    }
    void listsRangesStepsAndNames() {
        assertNext(
            "0,15-17,40/10 9 * * *", "UTC", "2026-01-01T00:00:00Z",
            {"2026-01-01T09:00:00Z", "2026-01-01T09:15:00Z", "2026-01-01T09:16:00Z", "2026-01-01T09:17:00Z",
             "2026-01-01T09:40:00Z", "2026-01-01T09:50:00Z", "2026-01-02T09:00:00Z"});
        assertNext(
            "0 8-20/6 * feb-Mar MON,fri", "UTC", "2026-02-25T00:00:00Z",
            {"2026-02-27T08:00:00Z", "2026-02-27T14:00:00Z", "2026-02-27T20:00:00Z", "2026-03-02T08:00:00Z"});
        assertNext("0 0 1 */6 *", "UTC", "2026-01-02T00:00:00Z",
                   {"2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"});
    }
    void nextIsAlwaysLaterEvenWithinASecond() {
        assertNext("* * * * * *", "UTC", "2026-01-01T00:00:00.5Z",
                   {"2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"});
        assertNext("0 0 * * *", "UTC", "2026-01-01T00:00:00Z", {"2026-01-02T00:00:00Z"});
    }
    void eitherDayIsEnoughIfBothAreRestricted() {
        assertNext("0 0 13 * FRI", "UTC", "2026-11-10T00:00:00Z",
                   {"2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z",
                    "2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"});
        assertNext("0 0 */2 * FRI", "UTC", "2026-11-13T00:00:01Z", {"2026-11-27T00:00:00Z"});
    }
    void sundayIsZeroAndSeven() {
        for (const char* sunday : {"0", "7", "SUN"}) {
            assertNext(std::string("0 0 * * ") + sunday, "UTC", "2026-11-24T00:00:00Z",
                       {"2026-11-29T00:00:00Z"});
        }
        assertNext(
            "0 0 * * FRI-SUN", "UTC", "2026-11-26T00:00:00Z",
            {"2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z", "2026-12-04T00:00:00Z"});
    }
    void leapDayComesInLeapYears() {
        assertNext("0 0 29 2 *", "UTC", "2096-01-01T00:00:00Z",
                   {"2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"});
        assertNext("0 0 29-29/1 2 */7", "UTC", "2026-01-01T00:00:00Z", {"2032-02-29T00:00:00Z"});
    }
    void zoneFollowsSummerTime() {
        assertNext("0 20 * * *", "Europe/Berlin", "2026-03-27T21:00:00Z",
                   {"2026-03-28T19:00:00Z", "2026-03-29T18:00:00Z", "2026-03-30T18:00:00Z"});
        assertNext("0 20 * * *", "America/New_York", "2026-10-31T12:00:00Z",
                   {"2026-11-01T00:00:00Z", "2026-11-02T01:00:00Z"});
    }
    void timeInTheGapIsDueAfterIt() {
        // Berlin, 29 March 2026: 02:00 to 03:00 does not exist.
        assertNext("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
                   {"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"});
    }
    void severalTimesInTheGapAreDueOnce() {
        assertNext("*/15 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
                   {"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"});
        assertNext("0,30 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
                   {"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z"});
    }
    void timeThatExistsTwiceIsDueTheFirstTime() {
        // Berlin, 25 October 2026: 02:00 to 03:00 exists at 00:00Z and at 01:00Z.
        assertNext("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
                   {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"});
        assertNext("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z",
                   {"2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"});
        assertNext("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", {"2026-10-26T01:30:00Z"});
    }
    void gapOfHalfAnHourAndOfADay() {
        // Lord Howe moves by half an hour: 02:00 to 02:30 on 4 October 2026. Apia left out 30 December 2011.
        assertNext("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
                   {"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"});
        assertNext("0 12 30 12 *", "Pacific/Apia", "2011-01-01T00:00:00Z",
                   {"2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z"});
    }
    void lastIsTheInverseOfNext() {
        for (const char* cron : {"* * * * * *", "*/7 3,4 * * *", "30 2 * * SUN", "0 0 1 1 *", "0 0 29 2 *"}) {
            const CronSchedule schedule(cron, "Europe/Berlin");
            Time time = at("2026-03-28T23:00:00Z");
            for (int i = 0; i < 20; ++i) {
                const Time next = schedule.next(time);
                const std::chrono::microseconds tick(1);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(cron, formatTime(next), formatTime(*schedule.last(next)));
                CPPUNIT_ASSERT_EQUAL_MESSAGE(cron, formatTime(next), formatTime(*schedule.last(next + tick)));
                CPPUNIT_ASSERT_MESSAGE(cron, *schedule.last(next - tick) < next);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(cron, formatTime(next), formatTime(schedule.next(next - tick)));
                time = next;
            }
        }
    }
    void agreesWithAWalkThroughEveryMinuteOfAYear() {
        // In a zone without summer time, the rules are simple enough to be written down a second time.
        const CronSchedule schedule("7-59/26 5,17 1-10 1-11/2 *", "Asia/Kolkata");
        Time time = at("2026-01-01T00:00:00Z");
        const Time end = at("2027-01-01T00:00:00Z");
        Time due = schedule.next(time);
        int found = 0;
        while ((time += std::chrono::minutes(1)) < end) {
            const auto local = time + std::chrono::minutes(330);
            const auto day = std::chrono::floor<std::chrono::days>(local);
            const std::chrono::year_month_day date(day);
            const auto minute_of_day = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
            const auto hour = minute_of_day / 60;
            const auto minute = minute_of_day % 60;
            const bool expected = (minute == 7 || minute == 33 || minute == 59) &&
                                  (hour == 5 || hour == 17) && unsigned(date.day()) <= 10 &&
                                  unsigned(date.month()) % 2 == 1;
            CPPUNIT_ASSERT_EQUAL_MESSAGE(formatTime(time), expected, due == time);
            if (due == time) {
                ++found;
                due = schedule.next(time);
            }
        }
        CPPUNIT_ASSERT_EQUAL(6 * 10 * 2 * 3, found);
    }
    void wrongExpressionsAreRefusedAndSayWhatIsAllowed() {
        const auto assertRefused = [](const std::string& cron, const std::string& zone,
                                      const std::string& part) {
            try {
                const CronSchedule schedule(cron, zone);
            } catch (const Error& error) {
                CPPUNIT_ASSERT(error.code() == linkup::sdk::ErrorCode::kInvalidArgument);
                CPPUNIT_ASSERT_MESSAGE(error.what(),
                                       std::string(error.what()).find(part) != std::string::npos);
                return;
            }
            CPPUNIT_FAIL("\"" + cron + "\" was not refused");
        };
        assertRefused("", "UTC", "has 0 fields; allowed are five");
        assertRefused("* * * *", "UTC", "has 4 fields");
        assertRefused("* * * * * * *", "UTC", "has 7 fields");
        assertRefused("60 * * * *", "UTC", "minute: \"60\" is not allowed; allowed are 0-59");
        assertRefused("* 24 * * *", "UTC", "hour: \"24\"");
        assertRefused("* * 0 * *", "UTC", "day of month: \"0\"");
        assertRefused("* * * 13 *", "UTC", "allowed are 1-12 or JAN-DEC");
        assertRefused("* * * * 8", "UTC", "allowed are 0-7 or SUN-SAT");
        assertRefused("* * * * MONDAY", "UTC", "weekday: \"MONDAY\"");
        assertRefused("61 * * * * *", "UTC", "second: \"61\"");
        for (const char* field :
             {"1,", ",1", "-1", "1-", "a", "1.5", "+1", "1--2", "*5", "?", "1/", "*/0", "*/60", "*/-1"}) {
            assertRefused(std::string(field) + " * * * *", "UTC", "minute: \"");
        }
        assertRefused("30-10 * * * *", "UTC", "\"30-10\" goes backwards");
        assertRefused("0 0 30 2 *", "UTC", "never due");
        assertRefused("0 0 * * *", "Europe/Atlantis", "\"Europe/Atlantis\" is no IANA time zone");
        assertRefused("0 0 * * *", "", "\"\" is no IANA time zone");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CronTest);

}  // namespace
