// Properties of the JSON reader and printer over many random values and texts. The seeds are fixed: a failure
// repeats.

#include <cppunit/extensions/HelperMacros.h>

#include "linkup/sdk/json.h"
#include "random_json.h"

using namespace linkup::sdk;
using linkup::test::RandomJson;

namespace {

class JsonPropertyTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(JsonPropertyTest);
    CPPUNIT_TEST(whatIsPrintedReadsBackEqual);
    CPPUNIT_TEST(bothReadersReadTheSame);
    CPPUNIT_TEST(damagedTextIsReadOrRefusedInside);
    CPPUNIT_TEST_SUITE_END();

public:
    void whatIsPrintedReadsBackEqual() {
        for (unsigned seed = 0; seed < 5'000; ++seed) {
            const Json value = RandomJson(seed).value();
            const std::string text = value.dump();
            const auto parsed = parseJson(text);
            CPPUNIT_ASSERT_MESSAGE(text, std::holds_alternative<Json>(parsed));
            CPPUNIT_ASSERT_MESSAGE(text, std::get<Json>(parsed) == value);
            CPPUNIT_ASSERT_EQUAL(text, std::get<Json>(parsed).dump());
        }
    }

    // An integer that simdjson cannot hold sends the whole document to the careful reader.
    void bothReadersReadTheSame() {
        for (unsigned seed = 0; seed < 5'000; ++seed) {
            const std::string text = RandomJson(seed).value().dump();
            const Json carefully = parseTrustedJson("[" + text + ",100000000000000000000]").items()[0];
            CPPUNIT_ASSERT_EQUAL(parseTrustedJson(text).dump(), carefully.dump());
        }
    }

    void damagedTextIsReadOrRefusedInside() {
        int refused = 0;
        for (unsigned seed = 0; seed < 5'000; ++seed) {
            RandomJson random(seed);
            std::string text = random.value().dump();
            for (std::size_t count = 1 + random.below(3); count > 0; --count) {
                text[random.below(text.size())] = static_cast<char>(random.below(256));
            }
            const auto parsed = parseJson(text);
            if (const auto* fault = std::get_if<JsonFault>(&parsed)) {
                ++refused;
                CPPUNIT_ASSERT_MESSAGE(text, fault->offset <= text.size());
            } else {
                CPPUNIT_ASSERT_MESSAGE(
                    text, parseTrustedJson(std::get<Json>(parsed).dump()) == std::get<Json>(parsed));
            }
        }
        CPPUNIT_ASSERT(refused > 1'000);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JsonPropertyTest);

}  // namespace
