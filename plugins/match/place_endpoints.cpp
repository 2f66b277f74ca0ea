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
    registerSearch(registrar);
    registerPosition(registrar);
}

void PlaceEndpoints::registerPosition(sdk::Registrar& registrar) {
    registrar.route(
        {.method = sdk::Method::kPost,
         .path = "/api/v1/user/update/location",
         .summary = "Takes the position of the caller's device, in degrees",
         .body_kind = sdk::BodyKind::kJson,
         .body = sdk::Schema::object({{"latitude", sdk::Schema::number().min(-90).max(90)},
                                      {"longitude", sdk::Schema::number().min(-180).max(180)}})},
        [this](const sdk::Request& request) {
            locations_.setDevice(request.caller().user, request.body["latitude"].asDouble(),
                                 request.body["longitude"].asDouble());
            return sdk::Response::json(sdk::Json::object({{"message", "Location updated successfully"}}));
        });
    registrar.route(
        {.method = sdk::Method::kDelete,
         .path = "/api/v1/user/update/location",
         .summary = "Forgets the position of the caller's device"},
        [this](const sdk::Request& request) {
            locations_.forgetDevice(request.caller().user);
            return sdk::Response::json(sdk::Json::object({{"message", "Location forgotten successfully"}}));
        });
}

void PlaceEndpoints::registerSearch(sdk::Registrar& registrar) {
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
    for (const char* path : {"/api/v1/locations/india/search/{query}", "/api/v1/locations/search/{query}"})
        registrar.importance(sdk::Method::kGet, path, sdk::Importance::kDiscovery);
}

}  // namespace linkup::match
