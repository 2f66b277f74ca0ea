#include "fault.h"

#include "utf8.h"

namespace linkup::sdk {
namespace {

constexpr std::size_t kShownCharacters = 200;

}  // namespace

Json shownInput(const Json& input) {
    if (input.isString()) {
        const std::string_view text = input.asString();
        return Json(utf8Prefix(text, kShownCharacters));
    }
    if (!input.isArray() && !input.isObject()) return input;
    const std::string text = input.dump();
    if (utf8Length(text) <= kShownCharacters) return input;
    return Json(utf8Prefix(text, kShownCharacters));
}

Json Fault::toJson() const {
    Json out = Json::object({{"type", type}, {"loc", loc}, {"msg", msg}, {"input", input}});
    if (!ctx.isNull()) out.set("ctx", ctx);
    return out;
}

Fault Fault::missing(Json::Array loc) {
    return {"missing", std::move(loc), "Field required", {}, {}};
}

Fault Fault::rule(Json::Array loc, std::string_view sentence, const Json& input) {
    return {"value_error", std::move(loc), "Value error, " + std::string(sentence), shownInput(input),
            Json::object({{"error", Json::object()}})};
}

Fault Fault::notAnObject(Json::Array loc, const Json& input) {
    return {"model_attributes_type",
            std::move(loc),
            "Input should be a valid dictionary or object to extract fields from",
            shownInput(input),
            {}};
}

Fault Fault::invalidJson(Json::Array loc, const JsonFault& fault) {
    loc.emplace_back(static_cast<std::int64_t>(fault.offset));
    return {"json_invalid", std::move(loc), "JSON decode error", Json::object(),
            Json::object({{"error", fault.reason}})};
}

Json faultsToDetail(const std::vector<Fault>& faults) {
    Json::Array detail;
    detail.reserve(faults.size());
    for (const Fault& fault : faults) detail.push_back(fault.toJson());
    return Json(std::move(detail));
}

Error unprocessable(const std::vector<Fault>& faults) {
    return Error(ErrorCode::kUnprocessable, "The request is not valid", faultsToDetail(faults));
}

}  // namespace linkup::sdk
