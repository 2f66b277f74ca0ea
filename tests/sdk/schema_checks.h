#pragma once

#include <cppunit/TestAssert.h>

#include <string>
#include <string_view>

#include "linkup/sdk/schema.h"

namespace linkup::test {

/// The coerced value of a JSON text, printed; fails the test if there are faults.
inline std::string coerced(const sdk::Schema& schema, std::string_view json) {
    const auto checked = schema.check(sdk::parseTrustedJson(json), {"body"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(json), std::string("[]"),
                                 sdk::faultsToDetail(checked.faults).dump());
    return checked.value.dump();
}

/// All faults of a JSON text, as they go into a reply.
inline sdk::Json faults(const sdk::Schema& schema, std::string_view json) {
    return sdk::faultsToDetail(schema.check(sdk::parseTrustedJson(json), {"body"}).faults);
}

/// The only fault, without its ctx: "type | msg | loc | input".
inline std::string fault(const sdk::Schema& schema, std::string_view json) {
    const sdk::Json detail = faults(schema, json);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(json) + " " + detail.dump(), std::size_t{1}, detail.size());
    const sdk::Json& only = detail.items()[0];
    return only["type"].asString() + " | " + only["msg"].asString() + " | " + only["loc"].dump() + " | " +
           only["input"].dump();
}

inline std::string faultType(const sdk::Schema& schema, std::string_view json) {
    const sdk::Json detail = faults(schema, json);
    return detail.size() == 0 ? "none" : detail.items()[0]["type"].asString();
}

}  // namespace linkup::test
