// What the JSON value, its reader and its printer promise.

#include <cppunit/extensions/HelperMacros.h>

#include <limits>
#include <stdexcept>

#include "linkup/sdk/json.h"

using namespace linkup::sdk;

namespace {

std::string reprint(std::string_view text) {
    return parseTrustedJson(text).dump();
}

JsonFault faultOf(std::string_view text, std::size_t max_depth = 64) {
    const auto parsed = parseJson(text, max_depth);
    CPPUNIT_ASSERT_MESSAGE("accepted: " + std::string(text), std::holds_alternative<JsonFault>(parsed));
    return std::get<JsonFault>(parsed);
}

void faultAt(std::size_t offset, std::string_view text) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(text), offset, faultOf(text).offset);
    CPPUNIT_ASSERT(!faultOf(text).reason.empty());
}

class JsonTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(JsonTest);
    CPPUNIT_TEST(integersAndFloatsStayApart);
    CPPUNIT_TEST(floatsAreShortAndKeepAFraction);
    CPPUNIT_TEST(nanAndInfinityPrintAsNull);
    CPPUNIT_TEST(integersBeyond64BitsBecomeFloats);
    CPPUNIT_TEST(tinyNumbersBecomeZeroAndImmenseOnesAreRefused);
    CPPUNIT_TEST(stringsAreEscapedAsLittleAsNeeded);
    CPPUNIT_TEST(invalidUtf8PrintsAsReplacement);
    CPPUNIT_TEST(escapesAreRead);
    CPPUNIT_TEST(halvesOfSurrogatePairsAreRefused);
    CPPUNIT_TEST(faultsAreLocated);
    CPPUNIT_TEST(depthIsLimited);
    CPPUNIT_TEST(lastOfEqualKeysWinsInFirstPlace);
    CPPUNIT_TEST(lastOfEqualKeysWinsInLargeObjects);
    CPPUNIT_TEST(membersAreSetReplacedAndErased);
    CPPUNIT_TEST(lookingIntoSomethingElseFindsNull);
    CPPUNIT_TEST(readingAsAnotherTypeThrows);
    CPPUNIT_TEST(equalityIgnoresTheOrderOfKeys);
    CPPUNIT_TEST(trustedTextThatIsNoJsonThrows);
    CPPUNIT_TEST_SUITE_END();

public:
    void integersAndFloatsStayApart() {
        CPPUNIT_ASSERT(parseTrustedJson("320").isInteger());
        CPPUNIT_ASSERT(parseTrustedJson("320.0").isFloat());
        CPPUNIT_ASSERT_EQUAL(std::string("[320,320.0,-9223372036854775808]"),
                             reprint("[320, 320.0, -9223372036854775808]"));
        CPPUNIT_ASSERT(!(Json(320) == Json(320.0)));
    }

    void floatsAreShortAndKeepAFraction() {
        CPPUNIT_ASSERT_EQUAL(std::string("0.1"), Json(0.1).dump());
        CPPUNIT_ASSERT_EQUAL(std::string("-0.0"), Json(-0.0).dump());
        CPPUNIT_ASSERT_EQUAL(std::string("1e+22"), Json(1e22).dump());
        CPPUNIT_ASSERT(parseTrustedJson(Json(1e22).dump()).isFloat());
        CPPUNIT_ASSERT_EQUAL(std::string("5e-324"), Json(std::numeric_limits<double>::denorm_min()).dump());
    }

    void nanAndInfinityPrintAsNull() {
        CPPUNIT_ASSERT_EQUAL(std::string("null"), Json(std::numeric_limits<double>::quiet_NaN()).dump());
        CPPUNIT_ASSERT_EQUAL(std::string("null"), Json(-std::numeric_limits<double>::infinity()).dump());
    }

    void integersBeyond64BitsBecomeFloats() {
        CPPUNIT_ASSERT(parseTrustedJson("9223372036854775807").isInteger());
        CPPUNIT_ASSERT_EQUAL(9223372036854775808.0, parseTrustedJson("9223372036854775808").asDouble());
        CPPUNIT_ASSERT(parseTrustedJson("9223372036854775808").isFloat());
        CPPUNIT_ASSERT_EQUAL(-1e30,
                             parseTrustedJson("[-1000000000000000000000000000000]").items()[0].asDouble());
    }

    void tinyNumbersBecomeZeroAndImmenseOnesAreRefused() {
        CPPUNIT_ASSERT_EQUAL(0.0, parseTrustedJson("1e-400").asDouble());
        // The large integer makes the careful reader read both.
        CPPUNIT_ASSERT_EQUAL(0.0,
                             parseTrustedJson("[0.0001e-399,99999999999999999999]").items()[0].asDouble());
        faultAt(1, "[1e400]");
        // At the ends of what an exponent is read as.
        faultAt(1, "[12e9223372036854775807]");
        CPPUNIT_ASSERT_EQUAL(0.0, parseTrustedJson("0.0012e-9223372036854775808").asDouble());
        faultAt(0, std::string(400, '9'));
    }

    void stringsAreEscapedAsLittleAsNeeded() {
        const std::string text = std::string("\"\\/\b\f\n\r\t\x01\x7f") + '\0' + "é";
        CPPUNIT_ASSERT_EQUAL(std::string(R"("\"\\/\b\f\n\r\t\u0001)") + "\x7f" + R"(\u0000é")",
                             Json(text).dump());
        CPPUNIT_ASSERT_EQUAL(std::string("{\"a\\nb\":\"😀\"}"), Json::object({{"a\nb", "😀"}}).dump());
    }

    void invalidUtf8PrintsAsReplacement() {
        CPPUNIT_ASSERT_EQUAL(std::string("\"a\uFFFDb\""), Json("a\xFF"
                                                               "b")
                                                              .dump());
        CPPUNIT_ASSERT_EQUAL(std::string("\"\uFFFD\uFFFD\""), Json("\xC0\x80").dump());  // overlong
        CPPUNIT_ASSERT_EQUAL(std::string("\"\uFFFD\uFFFD\uFFFD\""),
                             Json("\xED\xA0\x80").dump());                               // surrogate
        CPPUNIT_ASSERT_EQUAL(std::string("\"\uFFFD\uFFFD\""), Json("\xE8\xAA").dump());  // cut off
        CPPUNIT_ASSERT_EQUAL(std::string("\"語\""), Json("語").dump());
    }

    void escapesAreRead() {
        CPPUNIT_ASSERT_EQUAL(std::string("\"\\/\b\f\n\r\té語😀"),
                             parseTrustedJson(R"("\"\\\/\b\f\n\r\t\u00e9\u8A9e\ud83d\uDE00")").asString());
        CPPUNIT_ASSERT_EQUAL(
            std::string("é語😀"),  // the careful reader's way
            parseTrustedJson(R"(["\u00e9\u8A9e\ud83d\uDE00",99999999999999999999])").items()[0].asString());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, parseTrustedJson(R"("\u0000")").asString().size());
    }

    void halvesOfSurrogatePairsAreRefused() {
        faultAt(1, R"("\ud800")");
        faultAt(1, R"("\udc00")");
        faultAt(2, R"("a\udfffb")");
        faultAt(1, R"("\ud800\ud800")");
        faultAt(2, R"({"\udc00":1})");
        CPPUNIT_ASSERT_EQUAL(std::string("\xED\x9F\xBF"), parseTrustedJson(R"("\ud7ff")").asString());
    }

    void faultsAreLocated() {
        faultAt(0, "");
        faultAt(2, "  ");
        faultAt(4, "[1,2");
        faultAt(7, R"({"a":1,})");
        faultAt(1, "{a:1}");
        faultAt(5, R"({"a" 1})");
        faultAt(4, "[1] x");
        faultAt(0, "tru");
        faultAt(0, "01");
        faultAt(0, "+1");
        faultAt(2, "1.");
        faultAt(0, ".5");
        faultAt(2, "1e");
        faultAt(0, "-");
        faultAt(0, "NaN");
        faultAt(2, "\"a");
        faultAt(2, "\"a\nb\"");
        faultAt(1, R"("\x")");
        faultAt(1, R"("\u12g4")");
        faultAt(1, "\"\xFF\"");
        faultAt(1, "\"\xC0\x80\"");
        faultAt(0, "\xEF\xBB\xBF{}");  // a byte-order mark
        faultAt(0, "'a'");
        faultAt(1, std::string_view("1\0", 2));
    }

    void depthIsLimited() {
        const std::string deep = std::string(64, '[') + std::string(64, ']');
        CPPUNIT_ASSERT(std::holds_alternative<Json>(parseJson(deep)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{64}, faultOf("[" + deep + "]").offset);
        CPPUNIT_ASSERT_EQUAL(std::size_t{5}, faultOf(R"({"a":{}})", 1).offset);
        faultAt(64, std::string(200'000, '['));
    }

    void lastOfEqualKeysWinsInFirstPlace() {
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":3,"b":2})"), reprint(R"({"a":1,"b":2,"a":3})"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"([{"a":2},1e+20])"),
                             reprint(R"([{"a":1,"a":2},100000000000000000000])"));
    }

    void lastOfEqualKeysWinsInLargeObjects() {
        std::string text = "{";
        for (int i = 0; i < 50'000; ++i)
            text += "\"k" + std::to_string(i % 25'000) + "\":" + std::to_string(i) + ",";
        text.back() = '}';
        const Json parsed = parseTrustedJson(text);
        CPPUNIT_ASSERT_EQUAL(std::size_t{25'000}, parsed.size());
        CPPUNIT_ASSERT_EQUAL(std::string("k0"), parsed.members().front().first);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{25'000}, parsed.members().front().second.asInteger());
        CPPUNIT_ASSERT_EQUAL(std::string("k24999"), parsed.members().back().first);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{49'999}, parsed["k24999"].asInteger());
    }

    void membersAreSetReplacedAndErased() {
        Json value;
        value.set("a", 1).set("b", 2).set("a", "x");
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":"x","b":2})"), value.dump());
        value.erase("a");
        value.erase("not there");
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"b":2})"), value.dump());
        Json list;
        list.push(1).push(Json::array()).push(Json::object());
        CPPUNIT_ASSERT_EQUAL(std::string("[1,[],{}]"), list.dump());
        CPPUNIT_ASSERT_THROW(list.set("a", 1), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(value.push(1), std::bad_variant_access);
    }

    void lookingIntoSomethingElseFindsNull() {
        CPPUNIT_ASSERT(Json(1)["a"].isNull());
        CPPUNIT_ASSERT(Json::object()["a"].isNull());
        CPPUNIT_ASSERT(Json().find("a") == nullptr);
        CPPUNIT_ASSERT(!Json::object({{"a", nullptr}}).contains("b"));
        CPPUNIT_ASSERT(Json::object({{"a", nullptr}}).contains("a"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, Json("abc").size());
        CPPUNIT_ASSERT_THROW(Json::object().at("a"), std::out_of_range);
    }

    void readingAsAnotherTypeThrows() {
        CPPUNIT_ASSERT_THROW(Json("1").asInteger(), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(Json(1.0).asInteger(), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(Json(1).asString(), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(Json(1).members(), std::bad_variant_access);
        CPPUNIT_ASSERT_EQUAL(1.0, Json(1).asDouble());
    }

    void equalityIgnoresTheOrderOfKeys() {
        CPPUNIT_ASSERT(parseTrustedJson(R"({"a":1,"b":[2]})") == parseTrustedJson(R"({"b":[2],"a":1})"));
        CPPUNIT_ASSERT(!(parseTrustedJson(R"({"a":1})") == parseTrustedJson(R"({"b":1})")));
        CPPUNIT_ASSERT(!(parseTrustedJson(R"({"a":1})") == parseTrustedJson(R"({"a":1,"b":1})")));
        CPPUNIT_ASSERT(!(parseTrustedJson("[1,2]") == parseTrustedJson("[2,1]")));
    }

    void trustedTextThatIsNoJsonThrows() {
        CPPUNIT_ASSERT_THROW(parseTrustedJson("{"), std::invalid_argument);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JsonTest);

}  // namespace
