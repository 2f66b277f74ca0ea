// The request validator with the JSON reader and schemas of every kind of field: what it lets through checks
// again as the same value, and what it says of faults is good JSON.

#include <linkup/sdk/http.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/schema.h>

#include <array>
#include <string>
#include <vector>

#include "daemon/gateway/request_validator.h"
#include "fuzz_input.h"

using namespace linkup;
using namespace linkup::sdk;
using linkup::test::expectThat;

namespace {

Schema path() {
    return Schema::object({{"id", Schema::id()}, {"name", Schema::string().maxLength(50)}});
}

/// One field of each kind, none of them needed.
Schema flat() {
    return Schema::object({{"s", Schema::string().minLength(1).maxLength(20).trimmed().optional()},
                           {"i", Schema::integer().min(-50).max(300).optional()},
                           {"n", Schema::number().optional()},
                           {"id", Schema::id().optional()},
                           {"b", Schema::boolean().optional()},
                           {"l", Schema::literal({"Male", "Female"}).optional()},
                           {"e", Schema::enumeration({"image", "voice"}).alias("kind").optional()},
                           {"d", Schema::date().optional()},
                           {"t", Schema::dateTime().optional()},
                           {"u", Schema::uuid().optional()},
                           {"m", Schema::email().optional()},
                           {"p", Schema::string().secret().optional()},
                           {"w", Schema::boolean().withDefault(false)}});
}

Schema fields() {
    auto all = flat().fields();
    all.push_back({"a", Schema::any().optional()});
    all.push_back({"f", Schema::list(flat()).maxItems(10).optional()});
    all.push_back({"x", Schema::map(Schema::dateTime()).maxItems(5).optional()});
    return Schema::object(std::move(all));
}

struct Route {
    explicit Route(BodyKind kind) : spec(specOf(kind)), validator(spec) {}
    static RouteSpec specOf(BodyKind kind) {
        RouteSpec spec;
        spec.path = "/things/{id}/of/{name}";
        spec.parameters = path();
        spec.query = fields();
        spec.body_kind = kind;
        if (kind != BodyKind::kNone) spec.body = fields();
        return spec;
    }
    RouteSpec spec;
    daemon::RequestValidator validator;
};

bool isGoodJson(const Json& value) {
    const auto parsed = parseJson(value.dump());
    return std::holds_alternative<Json>(parsed) && std::get<Json>(parsed) == value;
}

void expectSound(const std::vector<Fault>& faults) {
    expectThat(faults.size() <= 400, "faults are bounded");
    for (const Fault& fault : faults) {
        const std::string part = fault.loc.empty() ? "" : fault.loc.front().asString();
        expectThat(part == "path" || part == "query" || part == "body", "a fault says where it is");
    }
    expectThat(std::holds_alternative<Json>(parseJson(faultsToDetail(faults).dump())),
               "faults are good JSON");
}

/// The value of a value is itself.
void expectSettled(const Schema& schema, const Json& value) {
    const Checked again = schema.check(value, {"body"}, Source::kJson);
    expectThat(again.ok(), "what was let through is let through again");
    expectThat(again.value == value, "and is the same then");
    expectThat(isGoodJson(value), "and is good JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::array<Route, 3> routes{Route(BodyKind::kNone), Route(BodyKind::kJson),
                                             Route(BodyKind::kForm)};
    test::FuzzInput input(data, size);
    const Route& route = routes[input.byte() % routes.size()];
    const std::array<std::string_view, 2> parameters{input.line(), input.line()};
    daemon::RawParts parts;
    parts.parameters = parameters;
    parts.query = input.line();
    parts.content_type = input.line();
    parts.body = input.rest();
    if (!route.validator.understands(parameters)) return 0;
    Request request;
    const auto faults = route.validator.fill(parts, request);
    expectSound(faults);
    if (!faults.empty()) return 0;
    expectSettled(*route.spec.parameters, request.parameters);
    expectSettled(*route.spec.query, request.query);
    if (route.spec.body) expectSettled(*route.spec.body, request.body);
    return 0;
}
