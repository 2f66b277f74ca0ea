#include "file_endpoints.h"

#include "file_key.h"

namespace linkup::media {

namespace {

using sdk::Request;
using sdk::Response;
using sdk::Schema;

std::string_view methodOf(const Request& request) {
    return request.head_only ? "HEAD" : "GET";
}

Response reply(const Delivery& delivery) {
    Response response;
    const std::string age = std::to_string(delivery.max_age.count());
    response.headers = {{"Cache-Control", "private, immutable, max-age=" + age}};
    if (delivery.location) {
        response.status = 307;
        response.headers.emplace_back("Location", *delivery.location);
        return response;
    }
    response.headers.emplace_back("ETag", delivery.etag);
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.content_type = contentTypeOf(delivery.file_key);
    response.file = delivery.file;
    return response;
}

}  // namespace

void registerFileEndpoints(sdk::Registrar& registrar, DeliveryService& delivery, const std::string& pool) {
    sdk::RouteSpec spec;
    spec.method = sdk::Method::kGet;
    spec.path = "/media/{signature}/{expiry}/{source}";
    spec.auth = sdk::Auth::kNone;
    spec.summary = "A stored file, by a signed URL.";
    spec.parameters = Schema::object(
        {{"signature", Schema::string()}, {"expiry", Schema::string()}, {"source", Schema::string()}});
    spec.responses = {307, 403, 404};
    spec.answers_head = true;
    spec.pool = pool;
    registrar.route(std::move(spec), [&delivery](const Request& request) {
        const sdk::Json& path = request.parameters;
        return reply(delivery.find(methodOf(request), path.at("signature").asString(),
                                   path.at("expiry").asString(), path.at("source").asString()));
    });
}

}  // namespace linkup::media
