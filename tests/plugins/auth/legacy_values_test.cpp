// What the original server kept as text, and how it is read back.

#include <cppunit/extensions/HelperMacros.h>

#include <random>
#include <variant>

#include "legacy_values.h"

using namespace linkup::auth;
using linkup::sdk::Json;

namespace {

class LegacyValuesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LegacyValuesTest);
    CPPUNIT_TEST(pythonListsAndJsonGiveTheSamePictures);
    CPPUNIT_TEST(quotesAndEscapesComeThrough);
    CPPUNIT_TEST(oddPicturesAreLeftOut);
    CPPUNIT_TEST(numbersAndBooleansHaveLimits);
    CPPUNIT_TEST(garbageNeverThrows);
    CPPUNIT_TEST_SUITE_END();

public:
    void pythonListsAndJsonGiveTheSamePictures() {
        const auto python =
            legacy::pictures("[{'file_key': 'a', 'blurhash': None}, {'file_key': 'b', 'blurhash': 'L1'}]");
        const auto json =
            legacy::pictures(R"([{"file_key": "a", "blurhash": null}, {"file_key": "b", "blurhash": "L1"}])");
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, python.size());
        CPPUNIT_ASSERT(python == json);
        CPPUNIT_ASSERT(legacy::picture(Json::object({{"file_key", "b"}, {"blurhash", "L1"}})) == json[1]);
    }

    void quotesAndEscapesComeThrough() {
        const auto found = legacy::pictures(R"([{'file_key': "it's", 'blurhash': 'a"b\'c\\d None'}])");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
        CPPUNIT_ASSERT_EQUAL(std::string("it's"), found[0].file_key);
        CPPUNIT_ASSERT_EQUAL(std::string(R"(a"b'c\d None)"), found[0].blurhash);
        CPPUNIT_ASSERT_EQUAL(std::string(R"([true, false, null, "\u00e9"])"),
                             legacy::jsonFromPython(R"([True, False, None, '\xe9'])"));
    }

    void oddPicturesAreLeftOut() {
        CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                             legacy::pictures("[{'file_key': ''}, {}, 3, {'file_key': 'x'}]").size());
        for (const char* odd : {"None", "", "{", "[{'file_key': 'x'", "'x'", "3"}) {
            CPPUNIT_ASSERT(legacy::pictures(odd).empty());
            CPPUNIT_ASSERT(!legacy::picture(odd));
        }
    }

    void numbersAndBooleansHaveLimits() {
        CPPUNIT_ASSERT(legacy::integer("170", 50, 300) == 170);
        CPPUNIT_ASSERT(!legacy::integer("17", 50, 300) && !legacy::integer("None", 50, 300));
        CPPUNIT_ASSERT(!legacy::integer("x", 0, 9) && !legacy::integer(Json(), 0, 9));
        CPPUNIT_ASSERT(legacy::boolean("True") == true && legacy::boolean("False") == false);
        CPPUNIT_ASSERT(!legacy::boolean("None") && !legacy::boolean(Json()));
        CPPUNIT_ASSERT(!legacy::oneOf("Jedi", {"Islam"}) && legacy::oneOf("Islam", {"Islam"}));
    }

    void garbageNeverThrows() {
        std::mt19937 random(7);
        constexpr std::string_view kLetters = "[]{}:,'\"\\ xuNoneTrue0";
        for (int round = 0; round < 20'000; ++round) {
            std::string text(random() % 24, ' ');
            for (char& letter : text) letter = kLetters[random() % kLetters.size()];
            legacy::pictures(text);
            legacy::picture(text);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LegacyValuesTest);

}  // namespace
