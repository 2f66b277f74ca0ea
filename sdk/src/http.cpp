#include "linkup/sdk/http.h"

namespace linkup::sdk {

std::string_view Request::header(std::string_view lower_case_name) const noexcept {
    for (const auto& [name, value] : headers) {
        if (name == lower_case_name) return value;
    }
    return {};
}

Response Response::json(const Json& value, int status) {
    Response response;
    response.status = status;
    value.dumpTo(response.body);
    return response;
}

std::string_view toString(Method method) noexcept {
    switch (method) {
        case Method::kGet:
            return "GET";
        case Method::kPost:
            return "POST";
        case Method::kPut:
            return "PUT";
        case Method::kPatch:
            return "PATCH";
        case Method::kDelete:
            return "DELETE";
    }
    return "GET";
}

}  // namespace linkup::sdk
