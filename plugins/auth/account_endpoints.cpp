#include "account_endpoints.h"

#include <algorithm>

#include "auth_schemas.h"

namespace linkup::auth {

namespace {

using sdk::Json;
using sdk::Request;
using sdk::Response;

constexpr std::size_t kMaxUserAgent = 200;

/// A header may hold any bytes; what is kept has to be text.
ClientInfo clientOf(const Request& request) {
    std::string agent(request.header("user-agent").substr(0, kMaxUserAgent));
    std::erase_if(agent, [](char c) { return c < ' ' || c > '~'; });
    return {request.peer, std::move(agent)};
}

sdk::RouteSpec open(sdk::Method method, const char* path, const char* summary) {
    sdk::RouteSpec spec;
    spec.method = method;
    spec.path = path;
    spec.auth = sdk::Auth::kNone;
    spec.summary = summary;
    return spec;
}

sdk::RouteSpec openPost(const char* path, const char* summary, sdk::BodyKind kind, sdk::Schema body,
                        std::vector<int> responses) {
    sdk::RouteSpec spec = open(sdk::Method::kPost, path, summary);
    spec.body_kind = kind;
    spec.body = std::move(body);
    spec.responses = std::move(responses);
    return spec;
}

void registerCodes(sdk::Registrar& registrar, CodeService& codes) {
    sdk::RouteSpec ask = open(sdk::Method::kGet, "/api/v1/verify-email", "Mails a one-time code.");
    ask.query = schemas::emailQuery();
    ask.responses = {429, 503};
    registrar.route(std::move(ask), [&codes](const Request& request) {
        codes.send(request.query["email"].asString(), request.peer);
        return Response::json(Json::object({{"message", "OTP sent"}}));
    });

    registrar.route(
        openPost("/api/v1/verify-otp", "Turns a one-time code into the proof that an address was verified.",
                 sdk::BodyKind::kJson, schemas::code(), {400}),
        [&codes](const Request& request) {
            const Json& body = request.body;
            const std::string token =
                codes.exchange(body["email"].asString(), body["otp"].asInteger(), body["subject"].asString());
            return Response::json(Json::object({{"status", "success"}, {"email_hash", token}}));
        });
}

void registerSignUp(sdk::Registrar& registrar, AccountService& accounts) {
    auto spec = openPost("/api/v1/signup", "Makes an account for a verified address and signs it in.",
                         sdk::BodyKind::kJson, schemas::newPassword(), {400, 409});
    spec.pool = kPasswordPool;
    registrar.route(std::move(spec), [&accounts](const Request& request) {
        const SignIn in = accounts.signUp(request.body["email_hash"].asString(),
                                          request.body["password"].asString(), clientOf(request));
        return Response::json(Json::object({{"status", "success"},
                                            {"access_token", in.access_token},
                                            {"refresh_token", in.refresh_token},
                                            {"user_id", in.user}}));
    });
}

void registerReset(sdk::Registrar& registrar, AccountService& accounts) {
    auto spec = openPost("/api/v1/reset-password", "Sets a new password and ends all sessions.",
                         sdk::BodyKind::kJson, schemas::newPassword(), {400, 404});
    spec.pool = kPasswordPool;
    registrar.route(std::move(spec), [&accounts](const Request& request) {
        accounts.resetPassword(request.body["email_hash"].asString(), request.body["password"].asString());
        return Response::json(
            Json::object({{"status", "success"}, {"message", "Password updated successfully"}}));
    });
}

void registerLogIn(sdk::Registrar& registrar, AccountService& accounts, std::int64_t expires_in) {
    auto spec = openPost("/api/v1/token", "Signs in with address and password.", sdk::BodyKind::kForm,
                         schemas::loginForm(), {400, 429});
    spec.pool = kPasswordPool;
    registrar.route(std::move(spec), [&accounts, expires_in](const Request& request) {
        const SignIn in = accounts.logIn(request.body["username"].asString(),
                                         request.body["password"].asString(), clientOf(request));
        return Response::json(Json::object({{"access_token", in.access_token},
                                            {"refresh_token", in.refresh_token},
                                            {"user_id", in.user},
                                            {"token_type", "bearer"},
                                            {"expires_in", expires_in}}));
    });
}

SessionService::Refresh refreshOf(const Request& request) {
    const Json& rotate = request.body["rotate"];
    return {request.body["refresh_token"].asString(),
            rotate.isBool() && rotate.asBool() ? SessionService::Rotation::kRotate
                                               : SessionService::Rotation::kKeep,
            clientOf(request), request.received_at};
}

void registerRefresh(sdk::Registrar& registrar, SessionService& sessions, std::int64_t expires_in) {
    registrar.batchRoute(openPost("/api/v1/refresh", "Gives a new access token.", sdk::BodyKind::kJson,
                                  schemas::refresh(), {401}),
                         session_store::kMostSessions,
                         [&sessions, expires_in](std::span<sdk::PendingRequest> pending) {
                             std::vector<SessionService::Refresh> wanted;
                             wanted.reserve(pending.size());
                             for (const auto& each : pending) wanted.push_back(refreshOf(each.request));
                             std::vector<SessionService::Outcome> outcomes = sessions.refresh(wanted);
                             for (std::size_t i = 0; i < pending.size(); ++i) {
                                 pending[i].error = std::move(outcomes[i].error);
                                 if (!outcomes[i].refreshed) continue;
                                 const Refreshed& fresh = *outcomes[i].refreshed;
                                 Json reply = Json::object({{"access_token", fresh.access_token},
                                                            {"token_type", "bearer"},
                                                            {"expires_in", expires_in}});
                                 if (!fresh.refresh_token.empty())
                                     reply.set("refresh_token", fresh.refresh_token);
                                 pending[i].response = Response::json(reply);
                             }
                         });
}

void registerDeletion(sdk::Registrar& registrar, DataRequestService& requests) {
    sdk::RouteSpec spec;
    spec.method = sdk::Method::kDelete;
    spec.path = "/api/v1/user/delete";
    spec.summary = "Deletes the caller's account.";
    registrar.route(std::move(spec), [&requests](const Request& request) {
        requests.erase(request.caller().user);
        return Response::json(Json::object({{"message", "Account deleted successfully"}}));
    });
}

}  // namespace

void registerAccountEndpoints(sdk::Registrar& registrar, CodeService& codes, AccountService& accounts,
                              SessionService& sessions, DataRequestService& requests,
                              std::chrono::seconds access_lifetime) {
    const auto expires_in = static_cast<std::int64_t>(access_lifetime.count());
    registerCodes(registrar, codes);
    registerSignUp(registrar, accounts);
    for (const char* path : {"/api/v1/verify-otp", "/api/v1/signup"})
        registrar.importance(sdk::Method::kPost, path, sdk::Importance::kSignIn);
    registrar.importance(sdk::Method::kGet, "/api/v1/verify-email", sdk::Importance::kSignIn);
    registerReset(registrar, accounts);
    registerLogIn(registrar, accounts, expires_in);
    registrar.importance(sdk::Method::kPost, "/api/v1/token", sdk::Importance::kSignIn);
    registerRefresh(registrar, sessions, expires_in);
    registerDeletion(registrar, requests);
}

}  // namespace linkup::auth
