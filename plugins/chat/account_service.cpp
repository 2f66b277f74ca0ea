#include "account_service.h"

#include "account_store.h"
#include "presence_store.h"

namespace linkup::chat {

void AccountService::remove(sdk::Connection& connection, const sdk::Json& payload) {
    account_store::closeRooms(connection, payload["user_id"].asInteger(), clock_.now());
    presence_store::unshare(connection, payload["user_id"].asInteger());
}

void AccountService::addExport(sdk::Connection& connection, sdk::Json& payload) {
    if (!payload["user_id"].isInteger()) return;
    const sdk::UserId user = payload["user_id"].asInteger();
    const auto presence = presence_store::own(connection, user);
    payload.set("chat",
                sdk::Json::object(
                    {{"rooms", account_store::rooms(connection, user)},
                     {"messages", account_store::messages(connection, user)},
                     {"reactions", account_store::reactions(connection, user)},
                     {"presence",
                      sdk::Json::object(
                          {{"share", presence.shared},
                           {"last_seen", presence.last_seen ? sdk::Json(sdk::formatTime(*presence.last_seen))
                                                            : sdk::Json()}})}}));
}

}  // namespace linkup::chat
