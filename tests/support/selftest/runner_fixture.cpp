#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <Poco/Exception.h>

namespace {

class Fixture : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(Fixture);
    CPPUNIT_TEST(passes);
    CPPUNIT_TEST(assertsWrongly);
    CPPUNIT_TEST(throwsFromPoco);
    CPPUNIT_TEST_SUITE_END();

public:
    void passes() { CPPUNIT_ASSERT_EQUAL(2, 1 + 1); }
    void assertsWrongly() { CPPUNIT_ASSERT_EQUAL(3, 1 + 1); }
    void throwsFromPoco() { throw Poco::NotFoundException("the blue door"); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Fixture);

}  // namespace
