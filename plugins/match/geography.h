#pragma once

#include <cstdint>

namespace linkup::match {

/// A place on earth in hundredths of a degree, about a kilometre: no finer position is ever kept.
struct Position {
    std::int64_t latitude = 0;
    std::int64_t longitude = 0;
    static Position ofDegrees(double latitude, double longitude);
    friend bool operator==(const Position&, const Position&) = default;
};

/// The same on the unit sphere, where distances need no trigonometry: SQL can compare them on any database.
struct Point {
    double x = 0;
    double y = 0;
    double z = 0;
    static Point of(Position position);
};

/// The square of the straight line through the earth, in radii; grows with the distance, at most 4.
double chordSquared(const Point& one, const Point& other);
double chordSquaredOfKilometres(double kilometres);
/// Distance along the surface in whole kilometres; at least 1, since nothing finer is known.
std::int64_t kilometresOfChordSquared(double chord_squared);

}  // namespace linkup::match
