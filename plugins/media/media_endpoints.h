#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/registrar.h>

#include "upload_service.h"
#include "url_service.h"

namespace linkup::media {

/// The pool that uploads are processed on, so that they keep nobody else waiting.
inline constexpr const char* kImagePool = "images";

/// Routes that take files.
void registerUploadEndpoints(sdk::Registrar& registrar, UploadService& uploads, UrlService& urls);

}  // namespace linkup::media
