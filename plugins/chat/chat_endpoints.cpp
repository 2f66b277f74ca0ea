#include "chat_endpoints.h"

#include <linkup/sdk/clock.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace linkup::chat {

using sdk::Request;
using sdk::Response;
using sdk::Schema;

namespace {

/// The year 9999 has an end.
constexpr std::int64_t kForGood = 253'402'300'799'999'999;

}  // namespace

void ChatEndpoints::registerWith(sdk::Registrar& registrar) {
    registerReading(registrar);
    registerMuting(registrar);
    registerPresence(registrar);
    registrar.route(
        {.method = sdk::Method::kPost,
         .path = "/api/v1/chats/start-chat",
         .summary = "Turns a match into a chat",
         .body_kind = sdk::BodyKind::kJson,
         .body = Schema::object({{"id", Schema::id()}}),
         .responses = {400}},
        [this](const Request& request) {
            return Response::json(rooms_.startChat(request.caller().user, request.body["id"].asInteger()));
        });
    registrar.route({.method = sdk::Method::kPost,
                     .path = "/api/v1/chats/get/chat",
                     .summary = "The newest messages of a chat; marks them as seen",
                     .body_kind = sdk::BodyKind::kJson,
                     .body = Schema::object({{"chat_room_id", Schema::id()}}),
                     .responses = {403}},
                    [this](const Request& request) {
                        return Response::json(
                            rooms_.history(request.caller().user, request.body["chat_room_id"].asInteger()));
                    });
    registrar.batchRoute({.method = sdk::Method::kPost,
                          .path = "/api/v1/chats/get/chat-paginated",
                          .summary = "The page of a chat before a cursor; marks nothing as seen",
                          .body_kind = sdk::BodyKind::kJson,
                          .body = Schema::object({{"chat_room_id", Schema::id()},
                                                  {"last_message_id", Schema::uuid().optional()},
                                                  {"last_message_timestamp", Schema::dateTime().optional()},
                                                  {"before_seq", Schema::integer().optional()}}),
                          .responses = {403}},
                         RoomService::kPagesTogether,
                         [this](std::span<sdk::PendingRequest> pending) { answerPages(pending); });
}

void ChatEndpoints::answerPages(std::span<sdk::PendingRequest> pending) {
    std::vector<RoomService::PageWanted> wanted;
    wanted.reserve(pending.size());
    for (const auto& [request, response, error] : pending) {
        const auto& body = request.body;
        RoomService::Before before;
        if (body["before_seq"].isInteger()) before.seq = body["before_seq"].asInteger();
        if (body["last_message_id"].isString()) before.message_id = body["last_message_id"].asString();
        if (body["last_message_timestamp"].isString())
            before.time = sdk::parseTime(body["last_message_timestamp"].asString());
        wanted.push_back({request.caller().user, body["chat_room_id"].asInteger(), std::move(before)});
    }
    auto answers = rooms_.pages(wanted);
    for (std::size_t i = 0; i < pending.size(); ++i) {
        pending[i].error = std::move(answers[i].error);
        if (!pending[i].error) pending[i].response.emplace().body = std::move(answers[i].body);
    }
}

void ChatEndpoints::registerReading(sdk::Registrar& registrar) {
    registrar.route(
        {.method = sdk::Method::kGet,
         .path = "/api/v1/chats/sync",
         .summary = "Everything missed over all chats since a cursor",
         .query = Schema::object(
             {{"since",
               Schema::string().optional().describe(
                   "The cursor of the sync before; \"now\" for one without messages; none: from the start")},
              {"limit", Schema::integer().min(1).max(1000).withDefault(200)}})},
        [this](const Request& request) {
            const auto& since = request.query["since"];
            return Response::json(syncs_.sync(
                request.caller().user, since.isString() ? std::optional(since.asString()) : std::nullopt,
                request.query["limit"].asInteger()));
        });
    registrar.route(
        {.method = sdk::Method::kGet,
         .path = "/api/v1/chats/{chat_room_id}/export",
         .summary = "A page of a whole chat, to keep",
         .parameters = Schema::object({{"chat_room_id", Schema::id()}}),
         .query = Schema::object({{"after_seq", Schema::integer().min(0).withDefault(0)}}),
         .responses = {403}},
        [this](const Request& request) {
            const auto chat = request.parameters["chat_room_id"].asInteger();
            auto response = Response::json(
                rooms_.exported(request.caller().user, chat, request.query["after_seq"].asInteger()));
            response.headers.emplace_back("Content-Disposition",
                                          "attachment; filename=\"chat-" + std::to_string(chat) + ".json\"");
            return response;
        });
}

void ChatEndpoints::registerMuting(sdk::Registrar& registrar) {
    registrar.route(
        {.method = sdk::Method::kPost,
         .path = "/api/v1/chats/mute",
         .summary = "Mutes a chat on all devices of the caller, until a time or for good",
         .body_kind = sdk::BodyKind::kJson,
         .body = Schema::object({{"chat_room_id", Schema::id()}, {"until", Schema::dateTime().optional()}}),
         .responses = {403}},
        [this](const Request& request) {
            const auto& until = request.body["until"];
            const auto time = until.isString() ? sdk::parseTime(until.asString()) : std::nullopt;
            return Response::json(mute(request.caller().user, request.body["chat_room_id"].asInteger(),
                                       time ? std::max<std::int64_t>(1, sdk::toMicros(*time)) : kForGood));
        });
    registrar.route(
        {.method = sdk::Method::kPost,
         .path = "/api/v1/chats/unmute",
         .summary = "Ends the muting of a chat",
         .body_kind = sdk::BodyKind::kJson,
         .body = Schema::object({{"chat_room_id", Schema::id()}}),
         .responses = {403}},
        [this](const Request& request) {
            return Response::json(mute(request.caller().user, request.body["chat_room_id"].asInteger(), 0));
        });
}

void ChatEndpoints::registerPresence(sdk::Registrar& registrar) {
    registrar.route(
        {.method = sdk::Method::kGet,
         .path = "/api/v1/chats/presence",
         .summary = "Who of the caller's partners is here, of those who share it, if the caller does"},
        [this](const Request& request) { return Response::json(presence_.visible(request.caller().user)); });
    registrar.route({.method = sdk::Method::kPost,
                     .path = "/api/v1/chats/presence",
                     .summary = "Begins or ends to share when one is here",
                     .body_kind = sdk::BodyKind::kJson,
                     .body = Schema::object({{"share", Schema::boolean()}})},
                    [this](const Request& request) {
                        const auto user = request.caller().user;
                        presence_.setShared(user, request.body["share"].asBool());
                        return Response::json(presence_.visible(user));
                    });
    for (const auto method : {sdk::Method::kGet, sdk::Method::kPost})
        registrar.importance(method, "/api/v1/chats/presence", sdk::Importance::kLive);
}

sdk::Json ChatEndpoints::mute(sdk::UserId user, std::int64_t chat_id, std::int64_t until) {
    auto muted = rooms_.mute(user, chat_id, until);
    events_.muted(user, chat_id, until);
    return muted;
}

}  // namespace linkup::chat
