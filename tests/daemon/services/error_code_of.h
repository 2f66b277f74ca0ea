#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <functional>

#include "linkup/sdk/error.h"

namespace linkup::test {

/// The code of the error that `call` throws; a failure of the test if it throws none.
inline sdk::ErrorCode codeOf(const std::function<void()>& call) {
    try {
        call();
    } catch (const sdk::Error& error) {
        return error.code();
    }
    CPPUNIT_FAIL("no error was thrown");
    return sdk::ErrorCode::kInternal;
}

}  // namespace linkup::test
