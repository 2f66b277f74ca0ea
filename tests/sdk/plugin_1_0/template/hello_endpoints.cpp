#include "hello_endpoints.h"

#include <utility>

namespace hello {

using namespace linkup;

sdk::Schema nameSchema() {
    return sdk::Schema::string().trimmed().minLength(1).maxLength(100).describe("Who is to be greeted.");
}

void registerEndpoints(sdk::Registrar& registrar, HelloService& service, sdk::Counter& greetings) {
    sdk::RouteSpec spec;
    spec.method = sdk::Method::kGet;
    spec.path = "/api/v1/hello";
    spec.auth = sdk::Auth::kNone;
    spec.summary = "Greets somebody.";
    // Checked before the handler runs: whatever does not fit is answered with 422 by the host.
    spec.query = sdk::Schema::object({{"name", nameSchema().withDefault("world")}});
    registrar.route(std::move(spec), [&service, &greetings](const sdk::Request& request) {
        greetings.add();
        return sdk::Response::json(
            sdk::Json::object({{"message", service.message(request.query["name"].asString())}}));
    });
}

}  // namespace hello
