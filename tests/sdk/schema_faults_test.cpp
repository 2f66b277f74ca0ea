// Every kind of fault, exactly as a client sees it.

#include <cppunit/extensions/HelperMacros.h>

#include "schema_checks.h"

using namespace linkup::sdk;
using linkup::test::fault;
using linkup::test::faults;

namespace {

constexpr const char* kInteger = "Input should be a valid integer";

void shows(const Schema& schema, std::string_view json, const std::string& expected) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(json), expected, fault(schema, json));
}

std::string ctx(const Schema& schema, std::string_view json) {
    return faults(schema, json).items().at(0)["ctx"].dump();
}

std::optional<std::string> never(const Json&) {
    return "This is never right";
}

class SchemaFaultsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SchemaFaultsTest);
    CPPUNIT_TEST(wrongTypes);
    CPPUNIT_TEST(textsThatAreNoIntegersAndBooleans);
    CPPUNIT_TEST(choices);
    CPPUNIT_TEST(datesTimesAndUuids);
    CPPUNIT_TEST(bounds);
    CPPUNIT_TEST(lengths);
    CPPUNIT_TEST(patterns);
    CPPUNIT_TEST(rules);
    CPPUNIT_TEST(emails);
    CPPUNIT_TEST(nulCharacters);
    CPPUNIT_TEST(contextsAreGiven);
    CPPUNIT_TEST(faultsMadeByHand);
    CPPUNIT_TEST(inputIsCutAt200Characters);
    CPPUNIT_TEST(detailListsWhatWasFoundInOrder);
    CPPUNIT_TEST_SUITE_END();

public:
    void wrongTypes() {
        shows(Schema::string(), "1", R"(string_type | Input should be a valid string | ["body"] | 1)");
        shows(Schema::list(Schema::any()), "{}",
              R"(list_type | Input should be a valid list | ["body"] | {})");
        shows(Schema::map(Schema::any()), "[]",
              R"(dict_type | Input should be a valid dictionary | ["body"] | [])");
        shows(Schema::boolean(), "1", R"(bool_type | Input should be a valid boolean | ["body"] | 1)");
        shows(Schema::integer(), "true", R"(int_type | Input should be a valid integer | ["body"] | true)");
        shows(Schema::date(), "1", R"(date_type | Input should be a valid date | ["body"] | 1)");
        shows(Schema::object({}), "[]",
              "model_attributes_type | Input should be a valid dictionary or object to extract fields from | "
              R"(["body"] | [])");
    }

    void textsThatAreNoIntegersAndBooleans() {
        shows(Schema::integer(), R"("x")",
              std::string("int_parsing | ") + kInteger +
                  R"(, unable to parse string as an integer | ["body"] | "x")");
        shows(Schema::integer(), "1.5",
              std::string("int_from_float | ") + kInteger +
                  R"(, got a number with a fractional part | ["body"] | 1.5)");
        shows(
            Schema::boolean(), R"("maybe")",
            R"(bool_parsing | Input should be a valid boolean, unable to interpret input | ["body"] | "maybe")");
    }

    void choices() {
        shows(Schema::literal({"a", "b", "c"}), R"("d")",
              R"(literal_error | Input should be 'a', 'b' or 'c' | ["body"] | "d")");
        shows(Schema::enumeration({"image", "voice"}), R"("video")",
              R"(enum | Input should be 'image' or 'voice' | ["body"] | "video")");
        shows(Schema::literal({"only"}), "1", R"(literal_error | Input should be 'only' | ["body"] | 1)");
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"expected":"'a', 'b' or 'c'"})"),
                             ctx(Schema::literal({"a", "b", "c"}), R"("d")"));
    }

    void datesTimesAndUuids() {
        CPPUNIT_ASSERT(
            fault(Schema::date(), R"("x")")
                .starts_with("date_from_datetime_parsing | Input should be a valid date or datetime"));
        CPPUNIT_ASSERT(
            fault(Schema::dateTime(), R"("x")")
                .starts_with("datetime_from_date_parsing | Input should be a valid datetime or date"));
        CPPUNIT_ASSERT(
            fault(Schema::uuid(), R"("x")").starts_with("uuid_parsing | Input should be a valid UUID"));
        shows(Schema::date(), R"("2003-05-17T01:00:00")",
              "date_from_datetime_inexact | Datetimes provided to dates should have zero time - e.g. be "
              "exact dates | "
              R"(["body"] | "2003-05-17T01:00:00")");
    }

    void bounds() {
        const Schema height = Schema::integer().min(50).max(300);
        shows(height, "49",
              R"(greater_than_equal | Input should be greater than or equal to 50 | ["body"] | 49)");
        shows(height, R"("301")",
              R"(less_than_equal | Input should be less than or equal to 300 | ["body"] | "301")");
        shows(Schema::id(), "1e30",
              R"(less_than_equal | Input should be less than or equal to 2147483647 | ["body"] | 1e+30)");
        CPPUNIT_ASSERT_EQUAL(std::string("none"), linkup::test::faultType(height, "50"));
        CPPUNIT_ASSERT_EQUAL(std::string("none"), linkup::test::faultType(height, "300"));
    }

    void lengths() {
        shows(Schema::string().minLength(1), R"("")",
              R"(string_too_short | String should have at least 1 character | ["body"] | "")");
        shows(Schema::string().minLength(2), R"("x")",
              R"(string_too_short | String should have at least 2 characters | ["body"] | "x")");
        shows(Schema::string().maxLength(3), R"("abcd")",
              R"(string_too_long | String should have at most 3 characters | ["body"] | "abcd")");
        shows(Schema::list(Schema::any()).maxItems(1), "[1,2]",
              R"(too_long | List should have at most 1 item after validation, not 2 | ["body"] | [1,2])");
        shows(Schema::list(Schema::any()).minItems(2), "[1]",
              R"(too_short | List should have at least 2 items after validation, not 1 | ["body"] | [1])");
        shows(
            Schema::map(Schema::any()).maxItems(0), R"({"a":1})",
            R"(too_long | Dictionary should have at most 0 items after validation, not 1 | ["body"] | {"a":1})");
    }

    void patterns() {
        const Schema grant =
            Schema::string().pattern("^password$", [](std::string_view text) { return text == "password"; });
        shows(grant, R"("code")",
              R"(string_pattern_mismatch | String should match pattern '^password$' | ["body"] | "code")");
        CPPUNIT_ASSERT_EQUAL(std::string("none"), linkup::test::faultType(grant, R"("password")"));
    }

    void rules() {
        shows(Schema::string().rule(never), R"("x")",
              R"(value_error | Value error, This is never right | ["body"] | "x")");
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":{}})"), ctx(Schema::string().rule(never), R"("x")"));
        // What is wrong already is not asked for more.
        shows(Schema::string().rule(never), "1",
              R"(string_type | Input should be a valid string | ["body"] | 1)");
        // Rules see the coerced value, and the first that fails counts.
        const Schema adult = Schema::integer()
                                 .rule([](const Json& age) -> std::optional<std::string> {
                                     if (age.asInteger() < 18) return "Too young";
                                     return std::nullopt;
                                 })
                                 .rule(never);
        shows(adult, R"("17")", R"(value_error | Value error, Too young | ["body"] | "17")");
        shows(adult, R"("18")", R"(value_error | Value error, This is never right | ["body"] | "18")");
    }

    void emails() {
        shows(Schema::email(), R"("asha")",
              "value_error | value is not a valid email address: An email address must have an @-sign. | "
              R"(["body"] | "asha")");
    }

    void nulCharacters() {
        for (const Schema& schema : {Schema::string(), Schema::any()}) {
            shows(schema, R"("a\u0000b")",
                  R"(value_error | Value error, NUL characters are not allowed | ["body"] | "a\u0000b")");
        }
        const std::string at_body = R"(value_error | Value error, NUL characters are not allowed | ["body"])";
        CPPUNIT_ASSERT(fault(Schema::any(), R"({"a":[{"\u0000":1}]})").starts_with(at_body));
        CPPUNIT_ASSERT(fault(Schema::map(Schema::any()), R"({"\u0000":1})").starts_with(at_body));
        CPPUNIT_ASSERT(fault(Schema::list(Schema::string()), R"(["a\u0000"])").find(R"(["body",0])") !=
                       std::string::npos);
    }

    void contextsAreGiven() {
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"ge":1})"), ctx(Schema::id(), "0"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"le":2147483647})"), ctx(Schema::id(), "2147483648"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"min_length":1})"), ctx(Schema::string().minLength(1), R"("")"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"field_type":"List","max_length":0,"actual_length":1})"),
                             ctx(Schema::list(Schema::any()).maxItems(0), "[1]"));
        CPPUNIT_ASSERT(!faults(Schema::string(), "1").items()[0].contains("ctx"));
    }

    void faultsMadeByHand() {
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"({"type":"missing","loc":["query","email"],"msg":"Field required","input":null})"),
            Fault::missing({"query", "email"}).toJson().dump());
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"({"type":"value_error","loc":["body","x"],"msg":"Value error, No","input":null,)"
                        R"("ctx":{"error":{}}})"),
            Fault::rule({"body", "x"}, "No").toJson().dump());
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"({"type":"json_invalid","loc":["body",7],"msg":"JSON decode error","input":{},)"
                        R"("ctx":{"error":"why"}})"),
            Fault::invalidJson({"body"}, {7, "why"}).toJson().dump());
        const Error error = unprocessable({Fault::missing({"body"})});
        CPPUNIT_ASSERT_EQUAL(422, httpStatus(error.code()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, error.detail().size());
    }

    void inputIsCutAt200Characters() {
        const Schema choice = Schema::literal({"a"});
        std::string face;
        for (int i = 0; i < 200; ++i) face += "😀";
        const auto input = [&](std::string_view json) { return faults(choice, json).items()[0]["input"]; };
        CPPUNIT_ASSERT_EQUAL(face, input("\"" + face + "\"").asString());
        CPPUNIT_ASSERT_EQUAL(face, input("\"" + face + "x\"").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("[\"") + std::string(198, 'x'),
                             input("[\"" + std::string(300, 'x') + "\"]").asString());
    }

    void detailListsWhatWasFoundInOrder() {
        const Schema schema = Schema::list(Schema::integer());
        const Json detail = faults(schema, R"([1,"x",2,true])");
        CPPUNIT_ASSERT_EQUAL(std::string(R"(["body",1])"), detail.items().at(0)["loc"].dump());
        CPPUNIT_ASSERT_EQUAL(std::string(R"(["body",3])"), detail.items().at(1)["loc"].dump());
        std::string many = "[true";
        for (int i = 0; i < 500; ++i) many += ",true";
        CPPUNIT_ASSERT_EQUAL(std::size_t{100}, faults(schema, many + "]").size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SchemaFaultsTest);

}  // namespace
