#pragma once

#include <string>
#include <vector>

#include "linkup/sdk/http.h"

namespace linkup::daemon {

struct DescribedRoute {
    std::string owner;  ///< becomes the tag
    sdk::RouteSpec spec;
};

/// An OpenAPI 3.1 document of the routes: parameters, bodies, answers. Source: spec.openapis.org/oas/v3.1.0.
sdk::Json describeApi(const std::string& title, const std::string& version,
                      const std::vector<DescribedRoute>& routes);

}  // namespace linkup::daemon
