#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "linkup/sdk/http.h"

namespace linkup::sdk::testing {

/// What a route with RouteSpec::upload gets when a form brought `bytes`.
///
/// Threading: any.   Errors: as File::holding.   Since: ABI 1.0.
inline UploadedFile fakeUpload(std::string_view bytes, std::string field = "file") {
    return {std::move(field), File::holding(bytes)};
}

}  // namespace linkup::sdk::testing
