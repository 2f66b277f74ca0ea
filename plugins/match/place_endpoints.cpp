#include "place_endpoints.h"

namespace linkup::match {
namespace {

sdk::Response listOf(std::vector<std::string> labels) {
    sdk::Json list = sdk::Json::array();
    for (auto& label : labels) list.push(std::move(label));
    return sdk::Response::json(list);
}

}  // namespace

void PlaceEndpoints::registerWith(sdk::Registrar& registrar) {
    const auto query = sdk::Schema::object({{"query", sdk::Schema::string().minLength(1).maxLength(200)}});
    registrar.route({.method = sdk::Method::kGet,
                     .path = "/api/v1/locations/india/search/{query}",
                     .auth = sdk::Auth::kNone,
                     .summary = "Up to twenty cities of India (GeoNames, CC BY 4.0)",
                     .parameters = query},
                    [this](const sdk::Request& request) {
                        return listOf(places_.searchIndia(request.parameters["query"].asString()));
                    });
    registrar.route({.method = sdk::Method::kGet,
                     .path = "/api/v1/locations/search/{query}",
                     .auth = sdk::Auth::kNone,
                     .summary = "Up to twenty cities of the world (GeoNames, CC BY 4.0)",
                     .parameters = query},
                    [this](const sdk::Request& request) {
                        return listOf(places_.search(request.parameters["query"].asString()));
                    });
}

}  // namespace linkup::match
