#include "location_store.h"

namespace linkup::match::location_store {
namespace {

std::optional<Position> positionAt(const sdk::Rows& rows, std::size_t column) {
    const auto latitude = rows.optionalInteger(0, column);
    const auto longitude = rows.optionalInteger(0, column + 1);
    if (!latitude || !longitude) return std::nullopt;
    return Position{*latitude, *longitude};
}

sdk::SqlValue latitudeOf(const std::optional<Position>& position) {
    return position ? sdk::SqlValue(position->latitude) : sdk::SqlValue(nullptr);
}

sdk::SqlValue longitudeOf(const std::optional<Position>& position) {
    return position ? sdk::SqlValue(position->longitude) : sdk::SqlValue(nullptr);
}

}  // namespace

Known lock(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "INSERT INTO match_positions (user_id) VALUES ($1) ON CONFLICT (user_id) DO UPDATE SET user_id = "
        "excluded.user_id RETURNING home_latitude, home_longitude, device_latitude, device_longitude",
        {user});
    return {positionAt(rows, 0), positionAt(rows, 2)};
}

void put(sdk::Connection& connection, sdk::UserId user, const Known& known) {
    const auto& counts = known.device ? known.device : known.home;
    std::optional<Point> point;
    if (counts) point = Point::of(*counts);
    const auto coordinate = [&](double Point::*axis) {
        return point ? sdk::SqlValue((*point).*axis) : sdk::SqlValue(nullptr);
    };
    connection.execute(
        "UPDATE match_positions SET home_latitude = $1, home_longitude = $2, device_latitude = $3, "
        "device_longitude = $4, x = $5, y = $6, z = $7 WHERE user_id = $8",
        {latitudeOf(known.home), longitudeOf(known.home), latitudeOf(known.device), longitudeOf(known.device),
         coordinate(&Point::x), coordinate(&Point::y), coordinate(&Point::z), user});
}

std::optional<Known> find(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT home_latitude, home_longitude, device_latitude, device_longitude FROM match_positions "
        "WHERE user_id = $1",
        {user});
    if (rows.empty()) return std::nullopt;
    return Known{positionAt(rows, 0), positionAt(rows, 2)};
}

void forget(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("DELETE FROM match_positions WHERE user_id = $1", {user});
}

}  // namespace linkup::match::location_store
