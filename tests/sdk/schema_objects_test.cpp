// Objects: which fields are needed, what comes out, and what stays hidden.

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

#include "schema_checks.h"

using namespace linkup::sdk;
using linkup::test::coerced;
using linkup::test::fault;
using linkup::test::faults;

namespace {

Schema picture() {
    return Schema::object({{"file_key", Schema::string()}, {"blurhash", Schema::string().optional()}});
}

class SchemaObjectsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SchemaObjectsTest);
    CPPUNIT_TEST(fieldsComeOutInOrderAndUnknownOnesAreDropped);
    CPPUNIT_TEST(absentAndNullAreTheSameForOptionalFields);
    CPPUNIT_TEST(defaultsFillIn);
    CPPUNIT_TEST(missingFieldsAreReportedInOrder);
    CPPUNIT_TEST(nullIsNoValueOfARequiredField);
    CPPUNIT_TEST(missingBodyIsReportedAtItsRoot);
    CPPUNIT_TEST(nothingInAQueryIsAnEmptyObject);
    CPPUNIT_TEST(faultsInsideListsCarryTheIndex);
    CPPUNIT_TEST(aliasIsFoundAndNamedInFaults);
    CPPUNIT_TEST(nullUnderOneNameDoesNotHideTheOther);
    CPPUNIT_TEST(rulesOfObjectsRunWhenAllFieldsAreRight);
    CPPUNIT_TEST(secretsAreNeverShown);
    CPPUNIT_TEST(whatContainsASecretIsNotShownEither);
    CPPUNIT_TEST(mapsKeepTheirKeys);
    CPPUNIT_TEST(modifiersLeaveTheOriginalAlone);
    CPPUNIT_TEST(nonsenseIsRefusedWhenBuilding);
    CPPUNIT_TEST_SUITE_END();

public:
    void fieldsComeOutInOrderAndUnknownOnesAreDropped() {
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"file_key":"k","blurhash":"b"})"),
                             coerced(picture(), R"({"blurhash":"b","url":"https://x","file_key":"k"})"));
    }

    void absentAndNullAreTheSameForOptionalFields() {
        const std::string expected = R"({"file_key":"k","blurhash":null})";
        CPPUNIT_ASSERT_EQUAL(expected, coerced(picture(), R"({"file_key":"k"})"));
        CPPUNIT_ASSERT_EQUAL(expected, coerced(picture(), R"({"file_key":"k","blurhash":null})"));
        CPPUNIT_ASSERT_EQUAL(std::string("string_type"),
                             linkup::test::faultType(picture(), R"({"file_key":"k","blurhash":1})"));
    }

    void defaultsFillIn() {
        const Schema schema = Schema::object({{"year", Schema::integer().min(1).withDefault(1)}});
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"year":1})"), coerced(schema, "{}"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"year":1})"), coerced(schema, R"({"year":null})"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"year":3})"), coerced(schema, R"({"year":3})"));
    }

    void missingFieldsAreReportedInOrder() {
        const Schema schema =
            Schema::object({{"b", Schema::id()}, {"a", Schema::id()}, {"c", Schema::id().optional()}});
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"([{"type":"missing","loc":["body","b"],"msg":"Field required","input":null},)"
                        R"({"type":"missing","loc":["body","a"],"msg":"Field required","input":null}])"),
            faults(schema, "{}").dump());
    }

    void nullIsNoValueOfARequiredField() {
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"(string_type | Input should be a valid string | ["body","file_key"] | null)"),
            fault(picture(), R"({"file_key":null})"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"x":null})"),
                             coerced(Schema::object({{"x", Schema::any()}}), R"({"x":null})"));
        CPPUNIT_ASSERT_EQUAL(std::string("missing"),
                             linkup::test::faultType(Schema::object({{"x", Schema::any()}}), "{}"));
    }

    void missingBodyIsReportedAtItsRoot() {
        CPPUNIT_ASSERT_EQUAL(std::string(R"(missing | Field required | ["body"] | null)"),
                             fault(picture(), "null"));
        CPPUNIT_ASSERT_EQUAL(std::string("null"), coerced(picture().optional(), "null"));
    }

    void nothingInAQueryIsAnEmptyObject() {
        const auto checked = picture().check(Json(), {"query"}, Source::kText);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, checked.faults.size());
        CPPUNIT_ASSERT_EQUAL(std::string(R"(["query","file_key"])"), Json(checked.faults[0].loc).dump());
    }

    void faultsInsideListsCarryTheIndex() {
        const Schema schema = Schema::object({{"photos", Schema::list(picture())}});
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"(missing | Field required | ["body","photos",1,"file_key"] | null)"),
            fault(schema, R"({"photos":[{"file_key":"k"},{}]})"));
        CPPUNIT_ASSERT_EQUAL(
            std::string("model_attributes_type | Input should be a valid dictionary or object to extract "
                        R"(fields from | ["body","photos",0] | "k")"),
            fault(schema, R"({"photos":["k"]})"));
    }

    void aliasIsFoundAndNamedInFaults() {
        const Schema schema =
            Schema::object({{"media_type", Schema::enumeration({"image", "voice"}).alias("mediaType")}});
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"media_type":"image"})"),
                             coerced(schema, R"({"mediaType":"image"})"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"media_type":"voice"})"),
                             coerced(schema, R"({"media_type":"voice","mediaType":"image"})"));
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"(enum | Input should be 'image' or 'voice' | ["body","mediaType"] | "x")"),
            fault(schema, R"({"mediaType":"x"})"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"(missing | Field required | ["body","media_type"] | null)"),
                             fault(schema, "{}"));
    }

    void nullUnderOneNameDoesNotHideTheOther() {
        const Schema schema = Schema::object({{"a", Schema::string().optional().alias("b")}});
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":"x"})"), coerced(schema, R"({"a":null,"b":"x"})"));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":null})"), coerced(schema, R"({"a":null,"b":null})"));
    }

    void rulesOfObjectsRunWhenAllFieldsAreRight() {
        int asked = 0;
        const Schema schema = picture().rule([&asked](const Json& value) -> std::optional<std::string> {
            ++asked;
            if (value["blurhash"].isNull()) return "No blurhash";
            return std::nullopt;
        });
        faults(schema, R"({"file_key":1})");
        CPPUNIT_ASSERT_EQUAL(0, asked);
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"(value_error | Value error, No blurhash | ["body"] | {"file_key":"k"})"),
            fault(schema, R"({"file_key":"k"})"));
        CPPUNIT_ASSERT_EQUAL(1, asked);
        coerced(schema.optional(), "null");
        CPPUNIT_ASSERT_EQUAL(1, asked);
    }

    void secretsAreNeverShown() {
        const auto weak = [](const Json&) -> std::optional<std::string> { return "Too weak"; };
        const Schema schema = Schema::object({{"password", Schema::string().maxLength(3).secret().rule(weak)},
                                              {"otp", Schema::integer().max(5).secret()},
                                              {"token", Schema::enumeration({"a"}).secret()}});
        for (const char* body : {R"({"password":"hunter22","otp":22,"token":"hunter22"})",
                                 R"({"password":"h22","otp":"h22","token":22})",
                                 R"({"password":22,"otp":[22],"token":{"x":22}})",
                                 R"({"password":"h\u000022","otp":1.22,"token":null})"}) {
            const Json detail = faults(schema, body);
            CPPUNIT_ASSERT_EQUAL(std::size_t{3}, detail.size());
            for (const Json& one : detail.items()) {
                CPPUNIT_ASSERT_MESSAGE(one.dump(), one["input"].isNull());
                CPPUNIT_ASSERT_MESSAGE(one.dump(), one.dump().find("22") == std::string::npos);
            }
        }
    }

    void whatContainsASecretIsNotShownEither() {
        const auto broken = [](const Json&) -> std::optional<std::string> { return "No"; };
        const Schema body = Schema::object({{"password", Schema::string().secret()}}).rule(broken);
        CPPUNIT_ASSERT_EQUAL(std::string(R"(value_error | Value error, No | ["body"] | null)"),
                             fault(body, R"({"password":"x"})"));
        CPPUNIT_ASSERT(fault(body, R"(["x"])").ends_with(R"(["body"] | null)"));
        CPPUNIT_ASSERT(fault(Schema::list(body), R"("x")").ends_with(R"(["body"] | null)"));
        CPPUNIT_ASSERT(fault(Schema::map(body), R"("x")").ends_with(R"(["body"] | null)"));
    }

    void mapsKeepTheirKeys() {
        const Schema chats = Schema::map(Schema::integer().min(0)).maxItems(2);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"7":1,"3":2})"), coerced(chats, R"({"7":"1","3":2.0})"));
        CPPUNIT_ASSERT_EQUAL(
            std::string(
                R"(greater_than_equal | Input should be greater than or equal to 0 | ["body","3"] | -1)"),
            fault(chats, R"({"7":1,"3":-1})"));
    }

    void modifiersLeaveTheOriginalAlone() {
        const Schema plain = Schema::string();
        const Schema changed = plain.maxLength(1).secret().optional();
        CPPUNIT_ASSERT_EQUAL(std::string(R"("abc")"), coerced(plain, R"("abc")"));
        CPPUNIT_ASSERT(plain.isRequired() && !changed.isRequired());
        CPPUNIT_ASSERT_EQUAL(std::string("What it is"), plain.describe("What it is").description());
        CPPUNIT_ASSERT(plain.description().empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, picture().fields().size());
        CPPUNIT_ASSERT_EQUAL(std::string("blurhash"), picture().fields()[1].name);
    }

    void nonsenseIsRefusedWhenBuilding() {
        CPPUNIT_ASSERT_THROW(Schema::integer().minLength(1), std::logic_error);
        CPPUNIT_ASSERT_THROW(Schema::string().min(1), std::logic_error);
        CPPUNIT_ASSERT_THROW(Schema::map(Schema::any()).minItems(1), std::logic_error);
        CPPUNIT_ASSERT_THROW(Schema::literal({}), std::logic_error);
        CPPUNIT_ASSERT_THROW(Schema::object({{"a", Schema::any()}, {"b", Schema::any().alias("a")}}),
                             std::logic_error);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SchemaObjectsTest);

}  // namespace
