#include "location_service.h"

#include <linkup/sdk/error.h>

#include <array>

#include "bonds_store.h"
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
    putDevice(user, Position::ofDegrees(latitude, longitude));
}

void LocationService::forgetDevice(sdk::UserId user) {
    putDevice(user, std::nullopt);
}

void LocationService::putDevice(sdk::UserId user, std::optional<Position> device) {
    database_.transaction([&](sdk::Connection& connection) {
        // Nobody whose account is going leaves a position behind.
        bonds_store::lockOne(connection, user);
        if (!neighbours_.profiles->active(connection, user)) {
            throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid token");
        }
        pointOf(connection, user);
        auto known = location_store::lock(connection, user);
        known.device = device;
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
