#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/error.h"
#include "linkup/sdk/file.h"
#include "linkup/sdk/json.h"
#include "linkup/sdk/principal.h"
#include "linkup/sdk/schema.h"

namespace linkup::sdk {

/// The methods that routes can have.
enum class Method { kGet, kPost, kPut, kPatch, kDelete };

/// A file that came with a form. It has no name on disk and is gone with the last share of `content`.
/// Held by: both sides.   Since: ABI 1.0.
struct UploadedFile {
    std::string field;                    ///< the name of its part
    std::shared_ptr<const File> content;  ///< open for reading
};

/// One request, after all checks of its route. A value; valid during the handler's call.
/// Made by: host.   Since: ABI 1.0.
struct Request {
    Method method = Method::kGet;                              ///< as the route's
    std::string path;                                          ///< as sent, percent-decoded, without query
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    Json parameters;                     ///< path parameters, coerced by RouteSpec::parameters
    Json query;                          ///< coerced by RouteSpec::query
    Json body;                           ///< JSON or form, coerced by RouteSpec::body
    std::optional<Principal> principal;  ///< set where the route wants a bearer token
    std::string peer;                    ///< client address, proxies resolved
    std::string id;                      ///< X-Request-Id
    std::vector<UploadedFile> files;     ///< for routes with RouteSpec::upload
    /// A HEAD, on a route with RouteSpec::answers_head; `method` is kGet then. The gateway leaves the body
    /// out by itself, so only a handler whose headers depend on it has to look. Since: ABI 1.1.
    bool head_only = false;
    /// When it had come, its body too, and before it waited for a thread: what came first is told by this.
    /// Since: ABI 1.7.
    Time received_at{};

    /// The first value of a header, or an empty text.
    LINKUP_SDK_API std::string_view header(std::string_view lower_case_name) const noexcept;
    /// The caller; only for routes with Auth::kBearer.
    const Principal& caller() const { return principal.value(); }
};

/// What goes back. `json(…)` for nearly everything; an Error thrown by the handler becomes the contract's
/// error reply.
/// Made by: plugin.   Since: ABI 1.0.
struct Response {
    int status = 200;  ///< 100 to 599
    std::vector<std::pair<std::string, std::string>>
        headers;  ///< besides those that the gateway writes itself
    std::string content_type = "application/json; charset=utf-8";  ///< of `body` or `file`
    std::string body;                                              ///< all of it
    /// In place of `body`: sent piece by piece, never as a whole in memory. With status 200 the gateway
    /// answers `Range`, `If-Range` and `If-None-Match` by itself, these by the ETag among `headers`.
    std::shared_ptr<const File> file{};

    /// A reply whose body is `value`.
    LINKUP_SDK_API static Response json(const Json& value, int status = 200);
};

/// Who may call a route: anybody, or who shows a bearer token.
enum class Auth { kNone, kBearer };
/// What a route takes as its body.
enum class BodyKind { kNone, kJson, kForm };  ///< form: urlencoded or multipart fields

/// That a multipart form brings a file, which goes to disk as it comes.
/// Made by: plugin.   Since: ABI 1.0.
struct UploadSpec {
    /// The name of its part. In Request::body it has the value "file", so that the schema can want it.
    std::string field = "file";
    std::uint64_t max_bytes = 5 * 1024 * 1024;  ///< of the file; beyond: 413
    std::string too_large = "File too large";   ///< what the 413 says
};

/// What answers a route. Several calls may run at once, each on its own thread; it may block.
using HttpHandler = std::function<Response(const Request&)>;

/// One of the requests that a batch handler answers together.
/// Held by: both sides.   Since: ABI 1.5.
struct PendingRequest {
    const Request& request;              ///< the host's, for the length of the call
    std::optional<Response> response{};  ///< the answer to this one, or
    std::optional<Error> error{};        ///< what a handler of this one alone would have thrown
};

/// What answers requests of one route that wait at the same moment, all at once: one statement for several
/// costs a database little more than for one. To each, by `response` or `error`; what the handler throws is
/// the error of all that have neither. Several calls may run at once, each on its own thread; it may block.
using HttpBatchHandler = std::function<void(std::span<PendingRequest> pending)>;

/// Declares one route. Built once at registration; nothing of it is parsed again on a request.
/// Made by: plugin.   Since: ABI 1.0.
struct RouteSpec {
    Method method = Method::kGet;        ///< one route for each method and path
    std::string path;                    ///< "/api/v1/likes/{liker_id}/pass"; a parameter is a whole segment
    Auth auth = Auth::kBearer;           ///< kBearer: 401 without a good token
    std::string summary{};               ///< one sentence for OpenAPI
    std::optional<Schema> parameters{};  ///< an object with one field for each path parameter
    std::optional<Schema> query{};       ///< an object
    BodyKind body_kind = BodyKind::kNone;     ///< what `body` describes
    std::optional<Schema> body{};             ///< an object
    std::vector<int> responses{};             ///< further statuses that the handler may answer with
    std::size_t max_body_bytes = 256 * 1024;  ///< of an upload: what else the form holds
    /// Where the handler runs: "requests" or a pool that this plugin declared. A full pool answers 503 at
    /// once.
    std::string pool = "requests";
    std::optional<UploadSpec> upload{};  ///< with BodyKind::kForm
    bool answers_head = false;           ///< a kGet route: HEAD too, with the same head and no body
};

/// "GET" and so on.
LINKUP_SDK_API std::string_view toString(Method method) noexcept;

}  // namespace linkup::sdk
