#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <optional>

#include "geography.h"
#include "neighbours.h"
#include "places.h"

namespace linkup::match {

/// Where members are: what their device said, else the place that their hometown names. Others learn the
/// distance in whole kilometres, never the position.
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as Connection::execute.
class LocationService {
public:
    LocationService(sdk::Database& database, const Neighbours& neighbours, const Places& places)
        : database_(database), neighbours_(neighbours), places_(places) {}

    /// Takes the device's position, in degrees, rounded; or forgets it. Throws Error{kUnauthenticated} if the
    /// account has gone.
    void setDevice(sdk::UserId user, double latitude, double longitude);
    void forgetDevice(sdk::UserId user);
    /// Of hook `profile.changed`: looks up the hometown.
    void profileChanged(sdk::Connection& connection, sdk::UserId user);
    /// Where the member is, if anything is known. In a transaction only: the first time, looks up the
    /// hometown.
    std::optional<Point> pointOf(sdk::Connection& connection, sdk::UserId user);

private:
    void putDevice(sdk::UserId user, std::optional<Position> device);
    std::optional<Position> homeOf(sdk::Connection& connection, sdk::UserId user);

    sdk::Database& database_;
    const Neighbours& neighbours_;
    const Places& places_;
};

}  // namespace linkup::match
