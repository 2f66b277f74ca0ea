#include "account_service.h"

#include "account_store.h"

namespace linkup::chat {

void AccountService::remove(sdk::Connection& connection, const sdk::Json& payload) {
    account_store::closeRooms(connection, payload["user_id"].asInteger(), clock_.now());
}

void AccountService::addExport(sdk::Connection& connection, sdk::Json& payload) {
    if (!payload["user_id"].isInteger()) return;
    const sdk::UserId user = payload["user_id"].asInteger();
    payload.set("chat", sdk::Json::object({{"rooms", account_store::rooms(connection, user)},
                                           {"messages", account_store::messages(connection, user)}}));
}

}  // namespace linkup::chat
