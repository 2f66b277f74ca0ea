#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/http.h"

namespace linkup::daemon {

/// The parts of a request as they came.
struct RawParts {
    std::span<const std::string_view> parameters;  ///< percent-encoded, in the path's order
    std::string_view query;
    std::string_view content_type;
    std::string_view body;
    std::optional<sdk::Json> fields{};  ///< of a form that was read as it came, in place of `body`
};

/// Turns the parts of a request into the values that a route's schemas describe.
///
/// Threading: any thread, also at once.
class RequestValidator {
public:
    explicit RequestValidator(const sdk::RouteSpec& spec);

    /// Whether each path parameter can be decoded to UTF-8; if not, there is no such path.
    bool understands(std::span<const std::string_view> parameters) const;

    /// Fills `parameters`, `query` and `body` of the request. Returns what is wrong: JSON syntax alone, else
    /// all faults of path, query and body, in this order.
    std::vector<sdk::Fault> fill(const RawParts& parts, sdk::Request& request) const;

private:
    void fillBody(const RawParts& parts, sdk::Request& request, std::vector<sdk::Fault>& faults) const;

    std::vector<std::string> names_;
    std::optional<sdk::Schema> parameters_;
    std::optional<sdk::Schema> query_;
    std::optional<sdk::Schema> body_;
    sdk::BodyKind body_kind_;
};

}  // namespace linkup::daemon
