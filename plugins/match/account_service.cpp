#include "account_service.h"

#include "account_store.h"
#include "bonds_store.h"
#include "location_store.h"
#include "reports_store.h"

namespace linkup::match {
namespace {

sdk::Json inDegrees(const std::optional<Position>& position) {
    if (!position) return {};
    return sdk::Json::object({{"latitude", static_cast<double>(position->latitude) / 100},
                              {"longitude", static_cast<double>(position->longitude) / 100}});
}

sdk::Json positionOf(sdk::Connection& connection, sdk::UserId user) {
    const auto known = location_store::find(connection, user).value_or(location_store::Known{});
    return sdk::Json::object({{"home", inDegrees(known.home)}, {"device", inDegrees(known.device)}});
}

}  // namespace

void AccountService::remove(sdk::Connection& connection, const sdk::Json& payload) {
    const sdk::UserId user = payload["user_id"].asInteger();
    // Whoever is deciding about this user ends first, or finds no such user any more.
    bonds_store::lockOne(connection, user);
    const auto others = account_store::tiedTo(connection, user);
    account_store::remove(connection, user);
    reports_store::forget(connection, user);
    location_store::forget(connection, user);
    connection.afterCommit([this, user, others] {
        for (const sdk::UserId other : others) events_.reloadBoth(user, other, "removed");
    });
}

void AccountService::addExport(sdk::Connection& connection, sdk::Json& payload) {
    if (!payload["user_id"].isInteger()) return;
    const sdk::UserId user = payload["user_id"].asInteger();
    payload.set("match", sdk::Json::object({{"decisions", account_store::decisions(connection, user)},
                                            {"bonds", account_store::bonds(connection, user)},
                                            {"blocks", account_store::blocks(connection, user)},
                                            {"reports", reports_store::given(connection, user)},
                                            {"position", positionOf(connection, user)}}));
}

}  // namespace linkup::match
