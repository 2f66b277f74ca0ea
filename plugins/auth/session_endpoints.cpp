#include "session_endpoints.h"

#include "auth_schemas.h"

namespace linkup::auth {

namespace {

using sdk::Json;
using sdk::Request;
using sdk::Response;

sdk::RouteSpec bearer(sdk::Method method, const char* path, const char* summary) {
    sdk::RouteSpec spec;
    spec.method = method;
    spec.path = path;
    spec.summary = summary;
    return spec;
}

Json sessionJson(const ListedSession& session, const std::string& current) {
    return Json::object({{"id", session.id},
                         {"created_at", sdk::formatTime(session.created_at)},
                         {"last_used_at", sdk::formatTime(session.last_used_at)},
                         {"user_agent", session.user_agent},
                         {"ip", session.address},
                         {"current", session.id == current}});
}

}  // namespace

void registerSessionEndpoints(sdk::Registrar& registrar, SessionService& sessions) {
    registrar.route(bearer(sdk::Method::kPost, "/api/v1/logout", "Ends the session of this token."),
                    [&sessions](const Request& request) {
                        sessions.revoke(request.caller().user, request.caller().session);
                        return Response::json(Json::object({{"message", "Logged out"}}));
                    });

    registrar.route(
        bearer(sdk::Method::kPost, "/api/v1/logout-all", "Ends all sessions of the caller."),
        [&sessions](const Request& request) {
            const auto revoked = static_cast<std::int64_t>(sessions.revokeAll(request.caller().user));
            return Response::json(Json::object({{"message", "Logged out everywhere"}, {"revoked", revoked}}));
        });

    registrar.route(
        bearer(sdk::Method::kGet, "/api/v1/sessions", "Lists the caller's sessions, newest first."),
        [&sessions](const Request& request) {
            Json list = Json::array();
            for (const ListedSession& session : sessions.list(request.caller().user)) {
                list.push(sessionJson(session, request.caller().session));
            }
            return Response::json(Json::object({{"sessions", std::move(list)}}));
        });

    sdk::RouteSpec revoke =
        bearer(sdk::Method::kDelete, "/api/v1/sessions/{id}", "Ends one of the caller's sessions.");
    revoke.parameters = schemas::sessionPath();
    revoke.responses = {404};
    registrar.route(std::move(revoke), [&sessions](const Request& request) {
        sessions.revoke(request.caller().user, request.parameters["id"].asString());
        return Response::json(Json::object({{"message", "Session revoked"}}));
    });
}

}  // namespace linkup::auth
