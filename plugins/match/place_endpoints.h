#pragma once

#include <linkup/sdk/registrar.h>

#include "location_service.h"
#include "places.h"

namespace linkup::match {

/// HTTP routes that find places by name, and take the position of a device.
class PlaceEndpoints {
public:
    PlaceEndpoints(const Places& places, LocationService& locations)
        : places_(places), locations_(locations) {}
    void registerWith(sdk::Registrar& registrar);

private:
    void registerSearch(sdk::Registrar& registrar);
    void registerPosition(sdk::Registrar& registrar);

    const Places& places_;
    LocationService& locations_;
};

}  // namespace linkup::match
