// What a schema prints means what it checks: valijson, which shares no code with us, reads the printed JSON
// Schema and must agree on random inputs. valijson knows no formats, so dates, times, UUIDs and e-mail
// addresses only count as texts.

#include <cppunit/extensions/HelperMacros.h>

#include <Poco/JSON/Parser.h>
#include <valijson/adapters/poco_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "linkup/sdk/schema.h"
#include "random_json.h"

using namespace linkup::sdk;
using linkup::test::RandomJson;

namespace {

class Oracle {
public:
    explicit Oracle(const Json& printed) {
        const Poco::Dynamic::Var document = Poco::JSON::Parser().parse(printed.dump());
        const valijson::adapters::PocoJsonAdapter adapter(document);
        valijson::SchemaParser().populateSchema(adapter, schema_);
    }
    bool accepts(const Json& input) {
        // Poco's parser wants an object or a list at the root.
        const Poco::Dynamic::Var document = Poco::JSON::Parser().parse("[" + input.dump() + "]");
        const Poco::Dynamic::Var only = document.extract<Poco::JSON::Array::Ptr>()->get(0);
        const valijson::adapters::PocoJsonAdapter adapter(only);
        valijson::Validator validator(valijson::Validator::kStrongTypes);
        return validator.validate(schema_, adapter, nullptr);
    }

private:
    valijson::Schema schema_;
};

bool isWord(std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

// One schema with every kind of part that a printed schema can fully express.
Schema everything() {
    const Schema item = Schema::object(
        {{"key", Schema::string().minLength(1).maxLength(3)}, {"note", Schema::string().optional()}});
    return Schema::object({{"id", Schema::id()},
                           {"level", Schema::integer().min(-2).max(2).withDefault(0)},
                           {"size", Schema::number().min(0).optional()},
                           {"on", Schema::boolean().optional()},
                           {"gender", Schema::literal({"Male", "Female"})},
                           {"media_type", Schema::enumeration({"image", "voice"}).alias("mediaType")},
                           {"word", Schema::string().pattern("^[a-z]+$", isWord)},
                           {"items", Schema::list(item).minItems(1).maxItems(3)},
                           {"counts", Schema::map(Schema::integer()).maxItems(2).optional()},
                           {"extra", Schema::any().optional()}});
}

// An input that is right, most of whose parts are replaced by something else from time to time.
class Inputs {
public:
    explicit Inputs(unsigned seed) : random_(seed) {}

    Json next() {
        Json input = Json::object();
        set(input, "id", Json(std::int64_t{1} + static_cast<std::int64_t>(random_.below(1000))));
        set(input, "level", Json(static_cast<std::int64_t>(random_.below(6)) - 2));
        set(input, "size", Json(static_cast<double>(random_.below(100)) / 8));
        set(input, "on", Json(random_.below(2) == 0));
        set(input, "gender", Json(random_.below(9) == 0 ? "male" : "Female"));
        set(input, random_.below(2) == 0 ? "media_type" : "mediaType", Json("image"));
        set(input, "word", Json(random_.below(9) == 0 ? "no word" : "word"));
        set(input, "items", items());
        set(input, "counts", Json::object({{"a", 1}, {"b", static_cast<std::int64_t>(random_.below(5))}}));
        set(input, "extra", Json::array({1, "x", nullptr}));
        return input;
    }

private:
    Json items() {
        Json list = Json::array();
        for (std::size_t count = 1 + random_.below(3); count > 0; --count) {
            Json item = Json::object();
            set(item, "key", Json(std::string(random_.below(20) == 0 ? "😀😀😀😀" : "😀é")));
            set(item, "note", Json(nullptr));
            list.push(std::move(item));
        }
        return list;
    }

    void set(Json& object, std::string_view name, Json right) {
        switch (random_.below(120)) {
            case 0:
                return;
            case 1:
                object.set(name, nullptr);
                return;
            case 2:
            case 3:
                object.set(name, random_.value(2));
                return;
            default:
                object.set(name, std::move(right));
        }
    }

    RandomJson random_;
};

bool holdsNul(const Json& value) {
    return value.dump().find("\\u0000") != std::string::npos;
}

// What comes out for members that were there must be what went in: nothing was coerced.
bool unchanged(const Json& in, const Json& out) {
    if (in.isNull()) return true;  // a null may come out as the default
    if (in.isArray() && out.isArray()) {
        for (std::size_t i = 0; i < in.size(); ++i) {
            if (!unchanged(in.items()[i], out.items()[i])) return false;
        }
        return true;
    }
    if (in.isObject() && out.isObject()) {
        for (const auto& [name, value] : out.members()) {
            const Json* before = in.find(name);
            if (before != nullptr && !unchanged(*before, value)) return false;
        }
        return true;
    }
    if (in.isInteger() && out.isFloat()) return in.asDouble() == out.asDouble();
    return in == out;
}

class SchemaOracleTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SchemaOracleTest);
    CPPUNIT_TEST(validatorAgreesOnRandomInputs);
    CPPUNIT_TEST(printedFormsAreAsExpected);
    CPPUNIT_TEST_SUITE_END();

public:
    void validatorAgreesOnRandomInputs() {
        const Schema schema = everything();
        Oracle oracle(schema.toJsonSchema());
        Inputs inputs(1);
        int accepted = 0;
        int refused = 0;
        for (int i = 0; i < 20'000; ++i) {
            const Json input = inputs.next();
            if (holdsNul(input)) continue;  // the printed schema says nothing of NUL
            const Checked checked = schema.check(input, {"body"});
            const bool theirs = oracle.accepts(input);
            if (!checked.ok()) {
                ++refused;
                CPPUNIT_ASSERT_MESSAGE(faultsToDetail(checked.faults).dump() + " in " + input.dump(),
                                       !theirs);
            } else if (unchanged(input, checked.value)) {
                ++accepted;
                CPPUNIT_ASSERT_MESSAGE("only we accept " + input.dump(), theirs);
            }
        }
        CPPUNIT_ASSERT(accepted > 2'000);
        CPPUNIT_ASSERT(refused > 2'000);
    }

    void printedFormsAreAsExpected() {
        const auto prints = [](const Schema& schema, const std::string& expected) {
            CPPUNIT_ASSERT_EQUAL(expected, schema.toJsonSchema().dump());
        };
        prints(Schema::id(), R"({"type":"integer","minimum":1,"maximum":2147483647})");
        prints(Schema::string().optional(), R"({"anyOf":[{"type":"string"},{"type":"null"}]})");
        prints(Schema::string().secret(), R"({"type":"string","writeOnly":true})");
        prints(Schema::integer().withDefault(1).describe("Year"),
               R"({"anyOf":[{"type":"integer"},{"type":"null"}],"description":"Year","default":1})");
        prints(Schema::date(), R"({"type":"string","format":"date"})");
        prints(Schema::dateTime(), R"({"type":"string","format":"date-time"})");
        prints(Schema::uuid(), R"({"type":"string","format":"uuid"})");
        prints(Schema::email(), R"({"type":"string","format":"email"})");
        prints(Schema::any().optional(), "{}");
        prints(
            Schema::object({{"a", Schema::boolean()}, {"b", Schema::number().optional().alias("c")}}),
            R"({"type":"object","properties":{"a":{"type":"boolean"},"b":{"anyOf":[{"type":"number"},{"type":"null"}]},)"
            R"("c":{"anyOf":[{"type":"number"},{"type":"null"}]}},"required":["a"]})");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SchemaOracleTest);

}  // namespace
