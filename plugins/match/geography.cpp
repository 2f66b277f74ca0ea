#include "geography.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace linkup::match {
namespace {
constexpr double kEarthRadiusKilometres = 6371.0088;
constexpr double kHundredthsOfDegree = 100;
}  // namespace

Position Position::ofDegrees(double latitude, double longitude) {
    return {std::llround(latitude * kHundredthsOfDegree), std::llround(longitude * kHundredthsOfDegree)};
}

Point Point::of(Position position) {
    constexpr double kRadians = std::numbers::pi / 180 / kHundredthsOfDegree;
    const double latitude = static_cast<double>(position.latitude) * kRadians;
    const double longitude = static_cast<double>(position.longitude) * kRadians;
    return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
            std::sin(latitude)};
}

double chordSquared(const Point& one, const Point& other) {
    const double x = one.x - other.x;
    const double y = one.y - other.y;
    const double z = one.z - other.z;
    return x * x + y * y + z * z;
}

double chordSquaredOfKilometres(double kilometres) {
    const double half_angle = std::min(kilometres / kEarthRadiusKilometres, std::numbers::pi) / 2;
    return 4 * std::sin(half_angle) * std::sin(half_angle);
}

std::int64_t kilometresOfChordSquared(double chord_squared) {
    const double half_chord = std::min(std::sqrt(chord_squared) / 2, 1.0);
    return std::max<std::int64_t>(1, std::llround(2 * std::asin(half_chord) * kEarthRadiusKilometres));
}

}  // namespace linkup::match
