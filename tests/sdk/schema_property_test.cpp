// Properties of the coercions over many random values. The seeds are fixed: a failure repeats.

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <chrono>
#include <set>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/schema.h"
#include "random_json.h"

using namespace linkup::sdk;
using linkup::test::RandomJson;

namespace {

constexpr unsigned kRounds = 5'000;

Checked check(const Schema& schema, const Json& input, Source source = Source::kJson) {
    return schema.check(input, {"body"}, source);
}

void becomes(const Schema& schema, const Json& input, const Json& expected) {
    for (const Source source : {Source::kJson, Source::kText}) {
        if (source == Source::kText && !input.isString()) continue;
        const Checked checked = check(schema, input, source);
        CPPUNIT_ASSERT_MESSAGE(input.dump() + " " + faultsToDetail(checked.faults).dump(), checked.ok());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(input.dump(), expected.dump(), checked.value.dump());
    }
}

std::string blanks(RandomJson& random) {
    static constexpr std::array<const char*, 4> kBlanks = {"", " ", "\t", " \n "};
    return kBlanks[random.below(kBlanks.size())];
}

std::string twoDigits(int number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
}

/// Each letter in one case or the other.
std::string anyCase(RandomJson& random, std::string word) {
    for (char& letter : word) {
        if (letter >= 'a' && letter <= 'z' && random.below(2) == 0) letter = static_cast<char>(letter - 32);
    }
    return word;
}

/// One of each kind, by what a fault of it may be called.
struct Kind {
    Schema schema;
    std::set<std::string> faults;
};

std::vector<Kind> kinds() {
    return {{Schema::integer(),
             {"int_type", "int_parsing", "int_from_float", "less_than_equal", "greater_than_equal"}},
            {Schema::id(),
             {"int_type", "int_parsing", "int_from_float", "less_than_equal", "greater_than_equal"}},
            {Schema::number(), {"float_type", "float_parsing"}},
            {Schema::boolean(), {"bool_type", "bool_parsing"}},
            {Schema::date(), {"date_type", "date_from_datetime_parsing", "date_from_datetime_inexact"}},
            {Schema::dateTime(), {"datetime_type", "datetime_from_date_parsing"}},
            {Schema::uuid(), {"uuid_type", "uuid_parsing"}},
            {Schema::email(), {"string_type", "value_error"}},
            {Schema::string(), {"string_type", "value_error"}},
            {Schema::string().trimmed().minLength(1).maxLength(3),
             {"string_type", "string_too_short", "string_too_long", "value_error"}}};
}

/// Values of every kind, and texts that look like one.
Json anything(RandomJson& random) {
    switch (random.below(5)) {
        case 0:
            return Json(blanks(random) + std::to_string(random.integer()) + blanks(random));
        case 1:
            return Json(
                formatTime(fromMicros(random.integer() % 4'000'000'000'000'000)).substr(0, random.below(28)));
        case 2:
            return Json(random.text() + "@" + random.text() + ".in");
        default:
            return random.value(2);
    }
}

class SchemaPropertyTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SchemaPropertyTest);
    CPPUNIT_TEST(anIntegerIsTheSameInAllItsSpellings);
    CPPUNIT_TEST(anIdIsTakenJustWithinItsBounds);
    CPPUNIT_TEST(aBooleanIsTheSameInAllItsSpellings);
    CPPUNIT_TEST(aDateIsTheSameInAllItsSpellings);
    CPPUNIT_TEST(aTimeIsTheSameAtEveryOffset);
    CPPUNIT_TEST(aUuidIsTheSameInAllItsSpellings);
    CPPUNIT_TEST(whatCameOutGoesInUnchanged);
    CPPUNIT_TEST(whateverComesIsTakenOrRefusedByName);
    CPPUNIT_TEST_SUITE_END();

public:
    void anIntegerIsTheSameInAllItsSpellings() {
        for (unsigned seed = 0; seed < kRounds; ++seed) {
            RandomJson random(seed);
            const std::int64_t number = random.integer();
            const Json expected(number);
            becomes(Schema::integer(), Json(number), expected);
            const std::string digits = std::to_string(number);
            const std::string sign = number < 0 ? "-" : random.below(2) == 0 ? "+" : "";
            const std::string zeros(random.below(4), '0');
            becomes(Schema::integer(),
                    Json(blanks(random) + sign + zeros + digits.substr(number < 0 ? 1 : 0) + blanks(random)),
                    expected);
            if (std::abs(static_cast<double>(number)) < 9e15)
                becomes(Schema::integer(), Json(static_cast<double>(number)), expected);
        }
    }

    void anIdIsTakenJustWithinItsBounds() {
        for (unsigned seed = 0; seed < kRounds; ++seed) {
            const std::int64_t number = RandomJson(seed).integer();
            const bool good = number >= 1 && number <= 2'147'483'647;
            CPPUNIT_ASSERT_EQUAL(good, check(Schema::id(), Json(number)).ok());
            CPPUNIT_ASSERT_EQUAL(good, check(Schema::id(), Json(std::to_string(number)), Source::kText).ok());
        }
    }

    void aBooleanIsTheSameInAllItsSpellings() {
        for (unsigned seed = 0; seed < 500; ++seed) {
            RandomJson random(seed);
            for (const char* word : {"true", "1", "on", "yes", "y", "t"})
                becomes(Schema::boolean(), Json(anyCase(random, word)), Json(true));
            for (const char* word : {"false", "0", "off", "no", "n", "f"})
                becomes(Schema::boolean(), Json(anyCase(random, word)), Json(false));
        }
    }

    void aDateIsTheSameInAllItsSpellings() {
        for (unsigned seed = 0; seed < kRounds; ++seed) {
            RandomJson random(seed);
            const std::chrono::sys_days day{std::chrono::days(static_cast<int>(random.below(40'000)))};
            const std::string text = formatDate(day);
            becomes(Schema::date(), Json(text), Json(text));
            std::string midnight = text + (random.below(2) == 0 ? "T" : " ") + "00:00:00";
            if (random.below(2) == 0) midnight += "." + std::string(1 + random.below(9), '0');
            if (random.below(2) == 0) midnight += "Z";
            becomes(Schema::date(), Json(midnight), Json(text));
        }
    }

    void aTimeIsTheSameAtEveryOffset() {
        for (unsigned seed = 0; seed < kRounds; ++seed) {
            RandomJson random(seed);
            const Time time = fromMicros(static_cast<std::int64_t>(random.below(4'000'000'000)) * 1'000'000 +
                                         static_cast<std::int64_t>(random.below(1'000'000)));
            const auto minutes = static_cast<int>(random.below(24 * 60)) - 12 * 60;
            std::string text = formatTime(time + std::chrono::minutes(minutes));
            text.pop_back();  // the Z
            const std::string offset = (minutes < 0 ? "-" : "+") + twoDigits(std::abs(minutes) / 60) + ":" +
                                       twoDigits(std::abs(minutes) % 60);
            if (random.below(2) == 0) text[10] = ' ';
            becomes(Schema::dateTime(), Json(text + offset), Json(formatTime(time)));
        }
    }

    void aUuidIsTheSameInAllItsSpellings() {
        for (unsigned seed = 0; seed < kRounds; ++seed) {
            RandomJson random(seed);
            std::string expected;
            for (int i = 0; i < 36; ++i) {
                const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
                expected += hyphen ? '-' : "0123456789abcdef"[random.below(16)];
            }
            std::string text = anyCase(random, expected);
            if (random.below(2) == 0) std::erase(text, '-');
            becomes(Schema::uuid(), Json(text), Json(expected));
        }
    }

    void whatCameOutGoesInUnchanged() {
        int taken = 0;
        for (unsigned seed = 0; seed < kRounds; ++seed) {
            RandomJson random(seed);
            const Json input = anything(random);
            for (const Kind& kind : kinds_) {
                const Checked first = check(kind.schema, input);
                if (!first.ok()) continue;
                ++taken;
                becomes(kind.schema, first.value, first.value);
            }
        }
        CPPUNIT_ASSERT(taken > 1'000);
    }

    void whateverComesIsTakenOrRefusedByName() {
        for (unsigned seed = 0; seed < kRounds; ++seed) {
            RandomJson random(seed);
            const Json input = anything(random);
            for (const Kind& kind : kinds_) {
                const Checked checked = check(kind.schema, input);
                CPPUNIT_ASSERT_MESSAGE(input.dump(), checked.faults.size() <= 1);
                for (const Fault& fault : checked.faults) {
                    const bool known =
                        input.isNull() ? fault.type == "missing" : kind.faults.contains(fault.type);
                    CPPUNIT_ASSERT_MESSAGE(fault.type + " of " + input.dump(), known);
                    CPPUNIT_ASSERT_EQUAL(std::string(R"(["body"])"), Json(fault.loc).dump());
                }
            }
        }
    }

private:
    const std::vector<Kind> kinds_ = kinds();
};

CPPUNIT_TEST_SUITE_REGISTRATION(SchemaPropertyTest);

}  // namespace
