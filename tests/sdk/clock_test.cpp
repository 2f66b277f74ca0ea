#include "linkup/sdk/clock.h"

#include <cppunit/extensions/HelperMacros.h>

#include <random>

using namespace linkup::sdk;

namespace {

std::string reformat(std::string_view text) {
    const auto time = parseTime(text);
    return time ? formatTime(*time) : "refused";
}

std::string redate(std::string_view text) {
    const auto date = parseDate(text);
    return date ? formatDate(*date) : "refused";
}

class ClockTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ClockTest);
    CPPUNIT_TEST(timesAreUtcWithSixDigits);
    CPPUNIT_TEST(offsetsAreTakenOff);
    CPPUNIT_TEST(fractionsAreCutToMicroseconds);
    CPPUNIT_TEST(wrongTimesAreRefused);
    CPPUNIT_TEST(onlyDaysThatExist);
    CPPUNIT_TEST(formattedTimesReadBackEqual);
    CPPUNIT_TEST_SUITE_END();

public:
    void timesAreUtcWithSixDigits() {
        CPPUNIT_ASSERT_EQUAL(std::string("1970-01-01T00:00:00.000000Z"), formatTime(fromMicros(0)));
        CPPUNIT_ASSERT_EQUAL(std::string("1969-12-31T23:59:59.999999Z"), formatTime(fromMicros(-1)));
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-24T02:04:15.207976Z"),
                             reformat("2026-11-24T02:04:15.207976Z"));
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-24T02:04:15.000000Z"), reformat("2026-11-24 02:04:15"));
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-24T02:04:00.000000Z"), reformat("2026-11-24t02:04z"));
        CPPUNIT_ASSERT_EQUAL(std::string("2024-02-29T23:59:59.000000Z"), reformat("2024-02-29T23:59:59Z"));
    }

    void offsetsAreTakenOff() {
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-23T20:34:15.000000Z"),
                             reformat("2026-11-24T02:04:15+05:30"));
        CPPUNIT_ASSERT_EQUAL(std::string("2027-01-01T03:30:00.000000Z"),
                             reformat("2026-12-31T20:00:00-07:30"));
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-23T20:34:15.000000Z"),
                             reformat("2026-11-24T02:04:15+0530"));
    }

    void fractionsAreCutToMicroseconds() {
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-24T02:04:15.500000Z"), reformat("2026-11-24T02:04:15.5"));
        CPPUNIT_ASSERT_EQUAL(std::string("2026-11-24T02:04:15.000001Z"),
                             reformat("2026-11-24T02:04:15.000001999"));
        CPPUNIT_ASSERT_EQUAL(std::string("refused"), reformat("2026-11-24T02:04:15.0000000001"));
        CPPUNIT_ASSERT_EQUAL(std::string("refused"), reformat("2026-11-24T02:04:15."));
    }

    void wrongTimesAreRefused() {
        for (const char* text :
             {"", "2026-11-24", "2026-11-24T", "2026-11-24T24:00:00", "2026-11-24T02:60:00",
              "2026-11-24T02:04:60", "2026-11-24T2:04:15", "2026-11-24T02:04:15+5:30",
              "2026-11-24T02:04:15+24:00", "2026-11-24T02:04:15+05:60", "2026-11-24T02:04:15ZZ",
              " 2026-11-24T02:04:15", "2026-11-24T02:04:15 ", "2026-11-24x02:04:15", "2026-02-29T00:00:00",
              "0000-01-01T00:00:00"}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string("refused"), reformat(text));
        }
    }

    void onlyDaysThatExist() {
        CPPUNIT_ASSERT_EQUAL(std::string("2003-05-17"), redate("2003-05-17"));
        CPPUNIT_ASSERT_EQUAL(std::string("2000-02-29"), redate("2000-02-29"));
        CPPUNIT_ASSERT_EQUAL(std::string("0001-01-01"), redate("0001-01-01"));
        for (const char* text :
             {"", "1900-02-29", "2003-13-01", "2003-00-01", "2003-04-31", "2003-05-00", "2003-5-17",
              "03-05-17", "2003-05-17T00:00:00", "2003/05/17", "2003-05-1x", "-003-05-17"}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string("refused"), redate(text));
        }
    }

    void formattedTimesReadBackEqual() {
        std::mt19937_64 random(1);
        const auto first = parseTime("0001-01-01T00:00:00")->time_since_epoch().count();
        const auto last = parseTime("9999-12-31T23:59:59.999999")->time_since_epoch().count();
        std::uniform_int_distribution<std::int64_t> micros(first, last);
        for (int i = 0; i < 10'000; ++i) {
            const Time time = fromMicros(micros(random));
            CPPUNIT_ASSERT(parseTime(formatTime(time)) == time);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClockTest);

}  // namespace
