#include "refusals.h"

#include <cppunit/TestAssert.h>

namespace linkup::test {
namespace {

std::string locationOf(const Poco::JSON::Object& fault) {
    std::string location;
    for (const auto& part : *fault.getArray("loc"))
        location += (location.empty() ? "" : "/") + part.toString();
    return location;
}

}  // namespace

void assertRefused(int status, const std::string& detail, const HttpReply& reply) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(detail + ", not " + reply.body, status, reply.status);
    CPPUNIT_ASSERT_EQUAL(detail, reply.text("detail"));
    if (status == 429 || status == 503) CPPUNIT_ASSERT(std::stoi(reply.header("Retry-After")) >= 1);
    if (status == 401) CPPUNIT_ASSERT_EQUAL(std::string("Bearer"), reply.header("WWW-Authenticate"));
}

void assertFault(const std::string& type, const std::string& location, const std::string& message,
                 const HttpReply& reply, std::size_t number) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 422, reply.status);
    const auto faults = reply.object()->getArray("detail");
    CPPUNIT_ASSERT_MESSAGE(reply.body, number < faults->size());
    const auto fault = faults->getObject(static_cast<unsigned>(number));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, type, fault->getValue<std::string>("type"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, location, locationOf(*fault));
    if (!message.empty()) CPPUNIT_ASSERT_EQUAL(message, fault->getValue<std::string>("msg"));
}

}  // namespace linkup::test
