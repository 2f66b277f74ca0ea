// What is taken for what: the coercions that clients rely on.

#include <cppunit/extensions/HelperMacros.h>

#include "schema_checks.h"

using namespace linkup::sdk;
using linkup::test::coerced;
using linkup::test::faultType;

namespace {

void becomes(const Schema& schema, std::string_view json, const std::string& expected) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(json), expected, coerced(schema, json));
}

void refuses(const Schema& schema, std::string_view json, const std::string& type) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(json), type, faultType(schema, json));
}

class SchemaCoercionsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SchemaCoercionsTest);
    CPPUNIT_TEST(integersComeFromDigitsAndWholeFloats);
    CPPUNIT_TEST(integersComeFromNothingElse);
    CPPUNIT_TEST(integersBeyond64BitsAreOutOfBounds);
    CPPUNIT_TEST(idsArePositiveAndFit32Bits);
    CPPUNIT_TEST(numbersAlwaysComeOutAsFloats);
    CPPUNIT_TEST(booleansComeFromTheirWordsInAnyCase);
    CPPUNIT_TEST(datesComeFromDatesAndMidnights);
    CPPUNIT_TEST(dateTimesComeOutInUtc);
    CPPUNIT_TEST(uuidsComeOutInLowerCase);
    CPPUNIT_TEST(emailsComeOutTrimmed);
    CPPUNIT_TEST(emailsNeedOneAtSignAndADomain);
    CPPUNIT_TEST(textsNeverComeFromNumbers);
    CPPUNIT_TEST(lengthsCountCharacters);
    CPPUNIT_TEST(trimmingComesBeforeTheLength);
    CPPUNIT_TEST(choicesAreExact);
    CPPUNIT_TEST(queryTextsAreCoercedAlike);
    CPPUNIT_TEST_SUITE_END();

public:
    void integersComeFromDigitsAndWholeFloats() {
        const Schema integer = Schema::integer();
        becomes(integer, "17", "17");
        becomes(integer, "17.0", "17");
        becomes(integer, "-0.0", "0");
        becomes(integer, R"("17")", "17");
        becomes(integer, R"(" \t+17 ")", "17");
        becomes(integer, R"("-007")", "-7");
        becomes(integer, R"("-9223372036854775808")", "-9223372036854775808");
    }

    void integersComeFromNothingElse() {
        const Schema integer = Schema::integer();
        refuses(integer, "true", "int_type");
        refuses(integer, "[]", "int_type");
        refuses(integer, "{}", "int_type");
        refuses(integer, "17.5", "int_from_float");
        for (const char* text : {R"("")", R"("+")", R"("1.0")", R"("1e3")", R"("0x10")", R"("1 7")",
                                 R"("--1")", R"("+-1")", R"("١٧")", R"("1_000")", R"("17\u0000")"}) {
            refuses(integer, text, "int_parsing");
        }
    }

    void integersBeyond64BitsAreOutOfBounds() {
        const Schema integer = Schema::integer();
        refuses(integer, "9223372036854775808", "less_than_equal");
        refuses(integer, "1e30", "less_than_equal");
        refuses(integer, "-1e30", "greater_than_equal");
        refuses(integer, R"("99999999999999999999")", "less_than_equal");
        refuses(integer, R"("-99999999999999999999")", "greater_than_equal");
        becomes(integer, "-9223372036854775808.0", "-9223372036854775808");
    }

    void idsArePositiveAndFit32Bits() {
        becomes(Schema::id(), "1", "1");
        becomes(Schema::id(), R"("2147483647")", "2147483647");
        refuses(Schema::id(), "0", "greater_than_equal");
        refuses(Schema::id(), "-1", "greater_than_equal");
        refuses(Schema::id(), "2147483648", "less_than_equal");
        refuses(Schema::id(), "true", "int_type");
    }

    void numbersAlwaysComeOutAsFloats() {
        becomes(Schema::number(), "640", "640.0");
        becomes(Schema::number(), "1.5", "1.5");
        becomes(Schema::number(), R"(" 1.5e2 ")", "150.0");
        refuses(Schema::number(), "true", "float_type");
        refuses(Schema::number(), R"("nan")", "float_parsing");
        refuses(Schema::number(), R"("inf")", "float_parsing");
        refuses(Schema::number(), R"("1.5x")", "float_parsing");
        refuses(Schema::number().min(0), "-0.5", "greater_than_equal");
        refuses(Schema::number().max(1), "1.5", "less_than_equal");
    }

    void booleansComeFromTheirWordsInAnyCase() {
        for (const char* text : {"true", R"("true")", R"("1")", R"("on")", R"("yes")", R"("y")", R"("t")",
                                 R"("TRUE")", R"("Yes")"}) {
            becomes(Schema::boolean(), text, "true");
        }
        for (const char* text :
             {"false", R"("false")", R"("0")", R"("off")", R"("no")", R"("n")", R"("f")", R"("Off")"}) {
            becomes(Schema::boolean(), text, "false");
        }
        for (const char* text : {R"("")", R"("2")", R"("tru")", R"("yes please")", R"("truetrue")"}) {
            refuses(Schema::boolean(), text, "bool_parsing");
        }
        for (const char* text : {"1", "0", "1.0", "[]", "{}"}) refuses(Schema::boolean(), text, "bool_type");
    }

    void datesComeFromDatesAndMidnights() {
        const Schema date = Schema::date();
        for (const char* text :
             {R"("2003-05-17")", R"("2003-05-17T00:00:00.000")", R"("2003-05-17T00:00:00Z")",
              R"("2003-05-17 00:00:00.000000000Z")", R"("2003-05-17T00:00:00+05:30")"}) {
            becomes(date, text, R"("2003-05-17")");
        }
        for (const char* text : {R"("2003-05-17T00:00:01")", R"("2003-05-17T12:00:00Z")",
                                 R"("2003-05-17T00:00:00.000000001")"}) {
            refuses(date, text, "date_from_datetime_inexact");
        }
        for (const char* text :
             {R"("")", R"("2003-02-29")", R"("17.05.2003")", R"("2003-05-17T")", R"("1053129600")"}) {
            refuses(date, text, "date_from_datetime_parsing");
        }
        refuses(date, "1053129600", "date_type");
    }

    void dateTimesComeOutInUtc() {
        becomes(Schema::dateTime(), R"("2026-11-24T02:04:15.207976")", R"("2026-11-24T02:04:15.207976Z")");
        becomes(Schema::dateTime(), R"("2026-11-24 07:34:15+05:30")", R"("2026-11-24T02:04:15.000000Z")");
        becomes(Schema::dateTime(), R"("2026-11-24")", R"("2026-11-24T00:00:00.000000Z")");
        refuses(Schema::dateTime(), R"("yesterday")", "datetime_from_date_parsing");
        refuses(Schema::dateTime(), "1795485855", "datetime_type");
    }

    void uuidsComeOutInLowerCase() {
        const std::string expected = R"("0b0f6c1e-5f0e-4c53-9a5a-0c6f2b1d7c11")";
        becomes(Schema::uuid(), R"("0B0F6C1E-5f0e-4C53-9A5A-0C6F2B1D7C11")", expected);
        becomes(Schema::uuid(), R"("0b0f6c1e5f0e4c539a5a0c6f2b1d7c11")", expected);
        for (const char* text :
             {R"("")", R"("0b0f6c1e-5f0e-4c53-9a5a-0c6f2b1d7c1")",
              R"("0b0f6c1e-5f0e-4c53-9a5a-0c6f2b1d7c111")", R"("0b0f6c1e-5f0e-4c53-9a5a-0c6f2b1d7c1g")",
              R"("0b0f6c1e05f0e-4c53-9a5a-0c6f2b1d7c11")"}) {
            refuses(Schema::uuid(), text, "uuid_parsing");
        }
        refuses(Schema::uuid(), "17", "uuid_type");
    }

    void emailsComeOutTrimmed() {
        becomes(Schema::email(), R"("  Asha.Rao+x@students.example.co.in ")",
                R"("Asha.Rao+x@students.example.co.in")");
        becomes(Schema::email(), R"("o'neill_%-{}@a-b.c1")", R"("o'neill_%-{}@a-b.c1")");
    }

    void emailsNeedOneAtSignAndADomain() {
        for (const std::string text : {"",
                                       "asha",
                                       "@example.com",
                                       "asha@",
                                       "asha@localhost",
                                       "a@b@example.com",
                                       "a b@example.com",
                                       ".a@example.com",
                                       "a.@example.com",
                                       "a..b@example.com",
                                       "a@.com",
                                       "a@example.",
                                       "a@-x.com",
                                       "a@x-.com",
                                       "a@exa mple.com",
                                       "a@example.com, b@example.com",
                                       "a\\r\\nBcc: b@example.com",
                                       "a@example.com\\u0000",
                                       "\\\"a b\\\"@example.com",
                                       "<a@example.com>",
                                       "é@example.com",
                                       "a@[127.0.0.1]"}) {
            refuses(Schema::email(), "\"" + text + "\"", "value_error");
        }
        refuses(Schema::email(), "17", "string_type");
        const auto long_local = [](std::size_t length) {
            return "\"" + std::string(length, 'a') + "@example.com\"";
        };
        becomes(Schema::email(), long_local(64), long_local(64));
        refuses(Schema::email(), long_local(65), "value_error");
        std::string domain;
        while (domain.size() < 250) domain += "abcdefg.";
        refuses(Schema::email(), "\"a@" + domain + "com\"", "value_error");
    }

    void textsNeverComeFromNumbers() {
        for (const char* text : {"1", "1.5", "true", "[]", "{}"})
            refuses(Schema::string(), text, "string_type");
        becomes(Schema::string(), R"("")", R"("")");
    }

    void lengthsCountCharacters() {
        const Schema schema = Schema::string().minLength(2).maxLength(3);
        becomes(schema, R"("😀😀😀")", R"("😀😀😀")");
        refuses(schema, R"("😀")", "string_too_short");
        refuses(schema, R"("😀😀😀😀")", "string_too_long");
    }

    void trimmingComesBeforeTheLength() {
        becomes(Schema::string().trimmed().maxLength(3), R"(" \n abc \t")", R"("abc")");
        refuses(Schema::string().trimmed().minLength(1), R"("   ")", "string_too_short");
        becomes(Schema::string().maxLength(3), R"(" a ")", R"(" a ")");
    }

    void choicesAreExact() {
        const Schema gender = Schema::literal({"Male", "Female"});
        becomes(gender, R"("Male")", R"("Male")");
        for (const char* text : {R"("male")", R"("Male ")", R"("")", "1", "[]"})
            refuses(gender, text, "literal_error");
    }

    void queryTextsAreCoercedAlike() {
        const Schema query =
            Schema::object({{"offset", Schema::integer().withDefault(0)}, {"refresh", Schema::boolean()}});
        const auto checked =
            query.check(Json::object({{"offset", "17"}, {"refresh", "On"}}), {"query"}, Source::kText);
        CPPUNIT_ASSERT(checked.ok());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"offset":17,"refresh":true})"), checked.value.dump());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SchemaCoercionsTest);

}  // namespace
