#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/registrar.h>

#include "delivery_service.h"

namespace linkup::media {

/// The route that files leave by: no bearer token, as an image loader has none; the URL's signature is what
/// counts. It runs on the pool of that name.
void registerFileEndpoints(sdk::Registrar& registrar, DeliveryService& delivery, const std::string& pool);

}  // namespace linkup::media
