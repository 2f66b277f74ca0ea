#pragma once

#include <cppunit/TestAssert.h>

#include <string>

#include "http_client.h"

namespace linkup::test {

/// The 503 of the contract: one sentence, nothing else, and when to come again.
inline void assertBusy(const HttpReply& reply,
                       const char* detail = "Server is busy. Please try again in a moment.") {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 503, reply.status);
    CPPUNIT_ASSERT_EQUAL(std::string(detail), reply.text("detail"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reply.object()->size());
    CPPUNIT_ASSERT(std::stoi(reply.header("retry-after")) >= 1);
    CPPUNIT_ASSERT(!reply.header("x-request-id").empty());
}

}  // namespace linkup::test
