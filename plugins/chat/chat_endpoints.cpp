#include "chat_endpoints.h"

namespace linkup::chat {

using sdk::Request;
using sdk::Response;
using sdk::Schema;

void ChatEndpoints::registerWith(sdk::Registrar& registrar) {
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
    registrar.route({.method = sdk::Method::kPost,
                     .path = "/api/v1/chats/get/chat-paginated",
                     .summary = "The page of a chat before a cursor; marks nothing as seen",
                     .body_kind = sdk::BodyKind::kJson,
                     .body = Schema::object({{"chat_room_id", Schema::id()},
                                             {"last_message_id", Schema::uuid().optional()},
                                             {"last_message_timestamp", Schema::dateTime().optional()},
                                             {"before_seq", Schema::integer().optional()}}),
                     .responses = {403}},
                    [this](const Request& request) {
                        const auto& body = request.body;
                        RoomService::Before before;
                        if (body["before_seq"].isInteger()) before.seq = body["before_seq"].asInteger();
                        if (body["last_message_id"].isString())
                            before.message_id = body["last_message_id"].asString();
                        if (body["last_message_timestamp"].isString()) {
                            before.time = sdk::parseTime(body["last_message_timestamp"].asString());
                        }
                        return Response::json(
                            rooms_.page(request.caller().user, body["chat_room_id"].asInteger(), before));
                    });
}

}  // namespace linkup::chat
