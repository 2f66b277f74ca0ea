#include "location_service.h"

#include <array>

#include "location_store.h"

namespace linkup::match {

std::optional<Position> LocationService::homeOf(sdk::Connection& connection, sdk::UserId user) {
    const auto profiles = neighbours_.profiles->candidates(connection, std::array<sdk::UserId, 1>{user});
    if (profiles.empty()) return std::nullopt;
    const Place* place = places_.resolve(profiles.front().at("hometown").asString());
    if (place == nullptr) return std::nullopt;
    return Position::ofDegrees(place->latitude, place->longitude);
}

void LocationService::setDevice(sdk::UserId user, double latitude, double longitude) {
    database_.transaction([&](sdk::Connection& connection) {
        pointOf(connection, user);
        auto known = location_store::lock(connection, user);
        known.device = Position::ofDegrees(latitude, longitude);
        location_store::put(connection, user, known);
    });
}

void LocationService::forgetDevice(sdk::UserId user) {
    database_.transaction([&](sdk::Connection& connection) {
        pointOf(connection, user);
        auto known = location_store::lock(connection, user);
        known.device.reset();
        location_store::put(connection, user, known);
    });
}

void LocationService::profileChanged(sdk::Connection& connection, sdk::UserId user) {
    auto known = location_store::lock(connection, user);
    known.home = homeOf(connection, user);
    location_store::put(connection, user, known);
}

std::optional<Point> LocationService::pointOf(sdk::Connection& connection, sdk::UserId user) {
    auto known = location_store::find(connection, user);
    if (!known) {
        profileChanged(connection, user);
        known = location_store::find(connection, user);
    }
    const auto& counts = known->device ? known->device : known->home;
    return counts ? std::optional(Point::of(*counts)) : std::nullopt;
}

}  // namespace linkup::match
