#pragma once

#include <linkup/sdk/registrar.h>

#include "places.h"

namespace linkup::match {

/// HTTP routes that find places by name.
class PlaceEndpoints {
public:
    explicit PlaceEndpoints(const Places& places) : places_(places) {}
    void registerWith(sdk::Registrar& registrar);

private:
    const Places& places_;
};

}  // namespace linkup::match
