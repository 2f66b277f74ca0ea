#include "request_validator.h"

#include <iterator>
#include <utility>
#include <variant>

#include "form_reader.h"
#include "router.h"
#include "uri.h"

namespace linkup::daemon {

namespace {

sdk::Fault notUtf8(const char* part) {
    return {"string_unicode",
            {part},
            "Input should be a valid string, unable to parse raw data as a unicode string",
            {},
            {}};
}

void append(std::vector<sdk::Fault>& faults, sdk::Checked checked, sdk::Json& value) {
    value = std::move(checked.value);
    std::move(checked.faults.begin(), checked.faults.end(), std::back_inserter(faults));
}

}  // namespace

RequestValidator::RequestValidator(const sdk::RouteSpec& spec)
    : names_(parameterNames(spec.path)),
      parameters_(spec.parameters),
      query_(spec.query),
      body_(spec.body),
      body_kind_(spec.body_kind) {}

bool RequestValidator::understands(std::span<const std::string_view> parameters) const {
    for (const std::string_view parameter : parameters) {
        std::string text;
        if (!percentDecode(parameter, Plus::kLiteral, text) || !isUtf8(text)) return false;
    }
    return true;
}

std::vector<sdk::Fault> RequestValidator::fill(const RawParts& parts, sdk::Request& request) const {
    std::vector<sdk::Fault> body_faults;
    fillBody(parts, request, body_faults);
    if (!body_faults.empty() && body_faults.front().type == "json_invalid") return body_faults;

    std::vector<sdk::Fault> faults;
    sdk::Json parameters = sdk::Json::object();
    for (std::size_t i = 0; i < parts.parameters.size(); ++i) {
        std::string text;
        percentDecode(parts.parameters[i], Plus::kLiteral, text);
        parameters.set(names_[i], std::move(text));
    }
    if (parameters_.has_value()) {
        append(faults, parameters_->check(parameters, {"path"}, sdk::Source::kText), request.parameters);
    } else {
        request.parameters = std::move(parameters);
    }

    sdk::Json query = sdk::Json::object();
    const bool decodable =
        forEachField(parts.query, Plus::kLiteral,
                     [&](const std::string& name, std::string value) { query.set(name, std::move(value)); });
    if (!decodable) faults.push_back(notUtf8("query"));
    if (query_.has_value()) {
        append(faults, query_->check(query, {"query"}, sdk::Source::kText), request.query);
    } else {
        request.query = std::move(query);
    }
    std::move(body_faults.begin(), body_faults.end(), std::back_inserter(faults));
    return faults;
}

void RequestValidator::fillBody(const RawParts& parts, sdk::Request& request,
                                std::vector<sdk::Fault>& faults) const {
    sdk::Json body;
    sdk::Source source = sdk::Source::kJson;
    if (body_kind_ == sdk::BodyKind::kNone) return;
    if (body_kind_ == sdk::BodyKind::kForm) {
        source = sdk::Source::kText;
        std::optional<sdk::Json> form =
            parts.fields.has_value() ? parts.fields : readForm(parts.content_type, parts.body);
        if (!form.has_value()) {
            faults.push_back(sdk::Fault::notAnObject({"body"}, {}));
            return;
        }
        body = std::move(*form);
    } else if (!parts.body.empty()) {
        if (!parts.content_type.empty() && mediaTypeOf(parts.content_type) != "application/json") {
            faults.push_back(sdk::Fault::notAnObject({"body"}, {}));
            return;
        }
        auto parsed = sdk::parseJson(parts.body);
        if (const auto* fault = std::get_if<sdk::JsonFault>(&parsed)) {
            faults.push_back(sdk::Fault::invalidJson({"body"}, *fault));
            return;
        }
        body = std::move(std::get<sdk::Json>(parsed));
    }
    if (body_.has_value()) {
        append(faults, body_->check(body, {"body"}, source), request.body);
    } else {
        request.body = std::move(body);
    }
}

}  // namespace linkup::daemon
