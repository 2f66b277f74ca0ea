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
}

}  // namespace linkup::chat
