#include "match_endpoints.h"

#include <vector>

namespace linkup::match {

using sdk::Request;
using sdk::Response;
using sdk::Schema;

void MatchEndpoints::registerWith(sdk::Registrar& registrar) {
    registerDiscovery(registrar);
    registerSwipes(registrar);
    registerLikes(registrar);
    registerBlocks(registrar);
    registerReports(registrar);
}

void MatchEndpoints::registerDiscovery(sdk::Registrar& registrar) {
    registrar.batchRoute({.method = sdk::Method::kGet,
                          .path = "/api/v1/matches/get-matches",
                          .summary = "Up to ten people to decide on",
                          .query = Schema::object({{"refresh", Schema::boolean().withDefault(false)}}),
                          .responses = {409}},
                         DiscoveryService::kMostTogether,
                         [this](std::span<sdk::PendingRequest> pending) { answerMatches(pending); });
    registrar.importance(sdk::Method::kGet, "/api/v1/matches/get-matches", sdk::Importance::kDiscovery);
    registrar.route(
        {.method = sdk::Method::kGet,
         .path = "/api/v1/matches/get-connections",
         .summary = "Matches and chats of the caller"},
        [this](const Request& request) { return Response::json(bonds_.connections(request.caller().user)); });
}

void MatchEndpoints::answerMatches(std::span<sdk::PendingRequest> pending) {
    std::vector<DiscoveryService::Wanted> wanted;
    wanted.reserve(pending.size());
    for (const auto& [request, response, error] : pending) {
        wanted.push_back(
            {request.caller().user, request.query["refresh"].asBool() ? Queue::kRefresh : Queue::kKeep});
    }
    auto answers = discovery_.candidates(wanted);
    for (std::size_t i = 0; i < pending.size(); ++i) {
        pending[i].error = std::move(answers[i].error);
        if (answers[i].reply) pending[i].response = Response::json(*answers[i].reply);
    }
}

void MatchEndpoints::registerSwipes(sdk::Registrar& registrar) {
    const auto body = Schema::object({{"liked_id", Schema::id()}});
    registrar.route({.method = sdk::Method::kPost,
                     .path = "/api/v1/swipe/right",
                     .summary = "Likes someone",
                     .body_kind = sdk::BodyKind::kJson,
                     .body = body,
                     .responses = {400, 409, 429}},
                    [this](const Request& request) {
                        return Response::json(
                            likes_.swipeRight(request.caller().user, request.body["liked_id"].asInteger()));
                    });
    registrar.route({.method = sdk::Method::kPost,
                     .path = "/api/v1/swipe/left",
                     .summary = "Passes on someone",
                     .body_kind = sdk::BodyKind::kJson,
                     .body = body,
                     .responses = {400, 409}},
                    [this](const Request& request) {
                        return Response::json(
                            likes_.swipeLeft(request.caller().user, request.body["liked_id"].asInteger()));
                    });
}

void MatchEndpoints::registerLikes(sdk::Registrar& registrar) {
    registrar.route({.method = sdk::Method::kGet,
                     .path = "/api/v1/likes/received",
                     .summary = "Likes that wait for an answer",
                     .query = Schema::object({{"offset", Schema::integer().min(0).withDefault(0)}}),
                     .responses = {409}},
                    [this](const Request& request) {
                        return Response::json(
                            likes_.received(request.caller().user, request.query["offset"].asInteger()));
                    });
    registrar.route(
        {.method = sdk::Method::kGet,
         .path = "/api/v1/likes/unseen-count",
         .summary = "How many likes were not looked at yet",
         .responses = {409}},
        [this](const Request& request) { return Response::json(likes_.unseenCount(request.caller().user)); });
    const auto liker = Schema::object({{"liker_id", Schema::id()}});
    registrar.route({.method = sdk::Method::kPost,
                     .path = "/api/v1/likes/{liker_id}/like-back",
                     .summary = "Answers a like with a like: a match",
                     .parameters = liker,
                     .responses = {400, 409, 429}},
                    [this](const Request& request) {
                        return Response::json(likes_.likeBack(request.caller().user,
                                                              request.parameters["liker_id"].asInteger()));
                    });
    registrar.route({.method = sdk::Method::kPost,
                     .path = "/api/v1/likes/{liker_id}/pass",
                     .summary = "Answers a like with a pass",
                     .parameters = liker,
                     .responses = {400, 409}},
                    [this](const Request& request) {
                        return Response::json(
                            likes_.pass(request.caller().user, request.parameters["liker_id"].asInteger()));
                    });
}

void MatchEndpoints::registerBlocks(sdk::Registrar& registrar) {
    const auto body = Schema::object({{"blocked_user_id", Schema::id()}});
    registrar.route({.method = sdk::Method::kPost,
                     .path = "/api/v1/user/block",
                     .summary = "Ends everything with someone, in both directions",
                     .body_kind = sdk::BodyKind::kJson,
                     .body = body,
                     .responses = {400, 404}},
                    [this](const Request& request) {
                        bonds_.block(request.caller().user, request.body["blocked_user_id"].asInteger());
                        return Response::json(sdk::Json::object({{"message", "User blocked successfully"}}));
                    });
    registrar.route(
        {.method = sdk::Method::kPost,
         .path = "/api/v1/user/unblock",
         .summary = "Takes back a block of the caller's",
         .body_kind = sdk::BodyKind::kJson,
         .body = body},
        [this](const Request& request) {
            bonds_.unblock(request.caller().user, request.body["blocked_user_id"].asInteger());
            return Response::json(sdk::Json::object({{"message", "User unblocked successfully"}}));
        });
    registrar.route({.method = sdk::Method::kGet,
                     .path = "/api/v1/user/blocked",
                     .summary = "Whom the caller blocked",
                     .query = Schema::object({{"offset", Schema::integer().min(0).withDefault(0)}})},
                    [this](const Request& request) {
                        return Response::json(
                            bonds_.blockedPeople(request.caller().user, request.query["offset"].asInteger()));
                    });
}

void MatchEndpoints::registerReports(sdk::Registrar& registrar) {
    const auto& categories = ReportsService::categories();
    registrar.route(
        {.method = sdk::Method::kPost,
         .path = "/api/v1/user/report",
         .summary = "Tells the operators about someone",
         .body_kind = sdk::BodyKind::kJson,
         .body = Schema::object({{"reported_user_id", Schema::id()},
                                 {"reason", Schema::string().minLength(1).maxLength(500)},
                                 {"category", Schema::literal(categories).withDefault(categories.back())}}),
         .responses = {400, 404, 429}},
        [this](const Request& request) {
            reports_.report(request.caller().user, request.body["reported_user_id"].asInteger(),
                            request.body["category"].asString(), request.body["reason"].asString());
            return Response::json(sdk::Json::object({{"message", "User reported successfully"}}));
        });
}

}  // namespace linkup::match
