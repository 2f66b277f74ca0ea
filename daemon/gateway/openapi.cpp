#include "openapi.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <string_view>

#include "api_example.h"

namespace linkup::daemon {

namespace {

using sdk::Json;

std::string lowerCase(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return lower;
}

std::string_view meaningOf(int status) {
    switch (status) {
        case 200:
            return "Success";
        case 400:
            return "Not possible in the present state";
        case 401:
            return "The token is missing or no good";
        case 403:
            return "Not allowed";
        case 404:
            return "Not found";
        case 409:
            return "Conflict";
        case 413:
            return "Request body too large";
        case 422:
            return "The request does not fit its schema";
        case 429:
            return "Too many requests";
        case 503:
            return "Busy; try again";
        default:
            return "See the summary";
    }
}

Json reference(const char* name) {
    return Json::object({{"$ref", std::string("#/components/schemas/") + name}});
}

Json jsonContent(Json schema, std::optional<Json> example = std::nullopt) {
    Json media = Json::object({{"schema", std::move(schema)}});
    if (example) media.set("example", std::move(*example));
    return Json::object({{"application/json", std::move(media)}});
}

/// What the reply of a refusal or failure looks like.
Json errorExample(int status) {
    if (status == 422) {
        const sdk::Fault fault = sdk::Fault::missing({"body", "message"});
        return Json::object({{"detail", sdk::faultsToDetail({fault})}});
    }
    return Json::object({{"detail", Json(meaningOf(status))}});
}

void addParameters(Json& list, const std::optional<sdk::Schema>& schema, const char* where) {
    if (!schema.has_value()) return;
    for (const auto& field : schema->fields()) {
        const bool required = std::string_view(where) == "path" || field.schema.isRequired();
        Json parameter = Json::object({{"name", field.name},
                                       {"in", where},
                                       {"required", required},
                                       {"schema", field.schema.toJsonSchema()}});
        if (!field.schema.description().empty()) parameter.set("description", field.schema.description());
        if (auto example = exampleOf(field.schema)) parameter.set("example", std::move(*example));
        list.push(std::move(parameter));
    }
}

Json bodyOf(const sdk::RouteSpec& spec) {
    Json schema = spec.body.has_value() ? spec.body->toJsonSchema() : Json::object();
    Json content = Json::object();
    if (spec.upload.has_value()) {
        const Json* described = schema.find("properties");
        Json properties = described != nullptr ? *described : Json::object();
        properties.set(spec.upload->field,
                       Json::object({{"type", "string"}, {"contentMediaType", "application/octet-stream"}}));
        schema.set("properties", std::move(properties));
        content.set("multipart/form-data", Json::object({{"schema", schema}}));
    } else if (spec.body_kind == sdk::BodyKind::kJson) {
        content = jsonContent(schema, spec.body ? exampleOf(*spec.body) : std::nullopt);
    } else {
        for (const char* type : {"application/x-www-form-urlencoded", "multipart/form-data"}) {
            content.set(type, Json::object({{"schema", schema}}));
        }
    }
    return Json::object({{"required", true}, {"content", std::move(content)}});
}

Json responsesOf(const sdk::RouteSpec& spec) {
    std::set<int> statuses{200, 503};
    statuses.insert(spec.responses.begin(), spec.responses.end());
    if (spec.auth == sdk::Auth::kBearer) statuses.insert(401);
    if (spec.parameters.has_value() || spec.query.has_value() || spec.body.has_value()) statuses.insert(422);
    if (spec.body_kind != sdk::BodyKind::kNone) statuses.insert(413);
    Json responses = Json::object();
    for (const int status : statuses) {
        Json response = Json::object({{"description", Json(meaningOf(status))}});
        const Json schema = status == 422   ? reference("Faults")
                            : status >= 400 ? reference("Error")
                                            : Json::object();
        response.set("content",
                     jsonContent(schema, status >= 400 ? std::optional(errorExample(status)) : std::nullopt));
        responses.set(std::to_string(status), std::move(response));
    }
    return responses;
}

/// "post_api_v1_likes_id_pass": unique, as method and path are.
std::string operationId(const sdk::RouteSpec& spec) {
    std::string id = lowerCase(sdk::toString(spec.method));
    for (const char c : spec.path) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            id += c;
        } else if (id.back() != '_') {
            id += '_';
        }
    }
    if (id.back() == '_') id.pop_back();
    return id;
}

Json operationOf(const DescribedRoute& route) {
    const sdk::RouteSpec& spec = route.spec;
    Json operation = Json::object({{"operationId", operationId(spec)},
                                   {"summary", spec.summary},
                                   {"tags", Json::array({route.owner})}});
    Json parameters = Json::array();
    addParameters(parameters, spec.parameters, "path");
    addParameters(parameters, spec.query, "query");
    if (parameters.size() > 0) operation.set("parameters", std::move(parameters));
    if (spec.body_kind != sdk::BodyKind::kNone) operation.set("requestBody", bodyOf(spec));
    if (spec.auth == sdk::Auth::kBearer) {
        operation.set("security", Json::array({Json::object({{"bearer", Json::array()}})}));
    }
    operation.set("responses", responsesOf(spec));
    return operation;
}

Json components() {
    const Json text = Json::object({{"type", "string"}});
    const Json fault =
        Json::object({{"type", "object"},
                      {"required", Json::array({"type", "loc", "msg"})},
                      {"properties", Json::object({{"type", text},
                                                   {"loc", Json::object({{"type", "array"}})},
                                                   {"msg", text},
                                                   {"input", Json::object()},
                                                   {"ctx", Json::object({{"type", "object"}})}})}});
    const auto with_detail = [](Json detail) {
        return Json::object({{"type", "object"},
                             {"required", Json::array({"detail"})},
                             {"properties", Json::object({{"detail", std::move(detail)}})}});
    };
    return Json::object(
        {{"securitySchemes",
          Json::object(
              {{"bearer", Json::object({{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}})}})},
         {"schemas",
          Json::object({{"Error", with_detail(text)},
                        {"Faults", with_detail(Json::object({{"type", "array"}, {"items", fault}}))}})}});
}

}  // namespace

Json describeApi(const std::string& title, const std::string& version,
                 const std::vector<DescribedRoute>& routes) {
    std::vector<const DescribedRoute*> sorted;
    for (const DescribedRoute& route : routes) sorted.push_back(&route);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* left, const auto* right) { return left->spec.path < right->spec.path; });
    Json paths = Json::object();
    for (const DescribedRoute* route : sorted) {
        Json path = paths[route->spec.path];
        path.set(lowerCase(sdk::toString(route->spec.method)), operationOf(*route));
        paths.set(route->spec.path, std::move(path));
    }
    return Json::object({{"openapi", "3.1.0"},
                         {"info", Json::object({{"title", title}, {"version", version}})},
                         {"paths", std::move(paths)},
                         {"components", components()}});
}

}  // namespace linkup::daemon
