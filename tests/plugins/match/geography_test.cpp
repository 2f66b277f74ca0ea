#include "geography.h"

#include <cppunit/extensions/HelperMacros.h>

namespace linkup::test {

using match::Point;
using match::Position;

class GeographyTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(GeographyTest);
    CPPUNIT_TEST(positionsAreRounded);
    CPPUNIT_TEST(distancesAreThoseOfTheEarth);
    CPPUNIT_TEST(radiusAndDistanceAgree);
    CPPUNIT_TEST_SUITE_END();

public:
    void positionsAreRounded() {
        CPPUNIT_ASSERT((Position::ofDegrees(13.354999, -74.785) == Position{1335, -7479}));
        CPPUNIT_ASSERT((Position::ofDegrees(-90, 180) == Position{-9000, 18000}));
    }

    void distancesAreThoseOfTheEarth() {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, kilometres({0, 0}, {0, 0}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, kilometres({1335, 7479}, {1335, 7480}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{111}, kilometres({0, 0}, {100, 0}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{111}, kilometres({0, 17950}, {0, -17950}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{20015}, kilometres({9000, 0}, {-9000, 0}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{20015}, kilometres({0, 0}, {0, 18000}));
    }

    void radiusAndDistanceAgree() {
        for (const std::int64_t radius : {1, 10, 500, 12'000, 20'000}) {
            CPPUNIT_ASSERT_EQUAL(radius, match::kilometresOfChordSquared(
                                             match::chordSquaredOfKilometres(static_cast<double>(radius))));
        }
        CPPUNIT_ASSERT(match::chordSquaredOfKilometres(20'000) >= 3.99);
    }

private:
    static std::int64_t kilometres(Position one, Position other) {
        return match::kilometresOfChordSquared(match::chordSquared(Point::of(one), Point::of(other)));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GeographyTest);

}  // namespace linkup::test
