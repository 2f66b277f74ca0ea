#include "linkup/sdk/error.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <utility>
#include <vector>

using namespace linkup::sdk;

namespace {

class ErrorTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ErrorTest);
    CPPUNIT_TEST(eachCodeHasItsStatusAndAName);
    CPPUNIT_TEST(errorCarriesWhatItWasGiven);
    CPPUNIT_TEST_SUITE_END();

public:
    void eachCodeHasItsStatusAndAName() {
        const std::vector<std::pair<ErrorCode, int>> table = {
            {ErrorCode::kInvalidArgument, 400}, {ErrorCode::kUnauthenticated, 401},
            {ErrorCode::kForbidden, 403},       {ErrorCode::kNotFound, 404},
            {ErrorCode::kConflict, 409},        {ErrorCode::kTooLarge, 413},
            {ErrorCode::kUnprocessable, 422},   {ErrorCode::kTooManyRequests, 429},
            {ErrorCode::kInternal, 500},        {ErrorCode::kUnavailable, 503},
            {ErrorCode::kUniqueViolation, 500}, {ErrorCode::kForeignKeyViolation, 500},
            {ErrorCode::kSerialization, 503},   {ErrorCode::kInDoubt, 503},
        };
        std::set<std::string_view> names;
        for (const auto& [code, status] : table) {
            CPPUNIT_ASSERT_EQUAL(status, httpStatus(code));
            names.insert(toString(code));
        }
        CPPUNIT_ASSERT_EQUAL(table.size(), names.size());
        CPPUNIT_ASSERT(names.contains("unavailable"));
    }

    void errorCarriesWhatItWasGiven() {
        Error error(ErrorCode::kConflict, "Taken", Json::array({1}));
        error.withRetryAfter(std::chrono::milliseconds(1500));
        const Error copy = error;
        CPPUNIT_ASSERT(copy.code() == ErrorCode::kConflict);
        CPPUNIT_ASSERT_EQUAL(std::string("Taken"), std::string(copy.what()));
        CPPUNIT_ASSERT_EQUAL(std::string("[1]"), copy.detail().dump());
        CPPUNIT_ASSERT(copy.retryAfter() == std::chrono::milliseconds(1500));
        CPPUNIT_ASSERT(Error(ErrorCode::kInternal, "x").detail().isNull());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ErrorTest);

}  // namespace
