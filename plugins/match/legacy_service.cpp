#include "legacy_service.h"

#include <chrono>

#include "bonds_store.h"
#include "legacy_store.h"
#include "likes_store.h"

namespace linkup::match {

namespace {

using sdk::Json;

sdk::Time timeOf(const Json& micros, sdk::Time otherwise) {
    return micros.isInteger() ? sdk::fromMicros(micros.asInteger()) : otherwise;
}

/// Why a row about two people cannot be taken over; null if it can.
const char* faultOf(const Json& row) {
    if (!row["one"].isInteger() || !row["other"].isInteger()) return "skipped: one of the two is missing";
    if (row["one"].asInteger() == row["other"].asInteger()) return "skipped: both are the same person";
    if (row["live"].isBool() && !row["live"].asBool()) return "skipped: one of the two is deleted or unknown";
    return nullptr;
}

}  // namespace

void LegacyService::import(sdk::Connection& connection, Json& payload) {
    const std::string& table = payload.at("table").asString();
    Json notes = payload.at("skipped");
    for (const Json& row : payload.at("rows").items()) {
        if (table == "users") {
            legacy_store::insertExposure(connection, row.at("id").asInteger(),
                                         row.at("times_queued").asInteger());
            continue;
        }
        // A chat that plugin chat skips makes no bond either.
        if (table == "chats" && row.at("people").asInteger() != 2) continue;
        if (const char* fault = faultOf(row)) {
            notes.push(Json::object({{"id", row.at("id")}, {"why", fault}}));
            continue;
        }
        const Pair pair(row.at("one").asInteger(), row.at("other").asInteger());
        const sdk::Time at = timeOf(row["created_us"], clock_.now());
        if (table == "likes") importLike(connection, row);
        if (table == "matches") legacy_store::insertMatch(connection, pair, at);
        if (table == "chats") legacy_store::putChatBond(connection, pair, at);
        if (table == "blocked_users") importBlock(connection, row);
    }
    payload.set("skipped", std::move(notes));
}

void LegacyService::importLike(sdk::Connection& connection, const Json& row) {
    const sdk::UserId liker = row.at("one").asInteger();
    const sdk::UserId liked = row.at("other").asInteger();
    const sdk::Time at = timeOf(row["created_us"], clock_.now());
    const bool is_like = row.at("liked").asBool();
    likes_store::upsertDecision(connection, liker, liked, is_like, at);
    if (row["seen_us"].isInteger())
        likes_store::markSeen(connection, liked, {liker}, timeOf(row["seen_us"], at));
    // The day's limit goes on as it was.
    if (is_like && at > clock_.now() - std::chrono::hours(24))
        likes_store::insertGiven(connection, liker, liked, at);
}

void LegacyService::importBlock(sdk::Connection& connection, const Json& row) {
    const sdk::UserId blocker = row.at("one").asInteger();
    const sdk::UserId blocked = row.at("other").asInteger();
    bonds_store::insertBlock(connection, blocker, blocked, timeOf(row["created_us"], clock_.now()));
    bonds_store::removeEverythingBetween(connection, Pair(blocker, blocked));
    Json payload = Json::object({{"blocker_id", blocker}, {"blocked_id", blocked}});
    hooks_.run("user.blocked", connection, payload);
}

}  // namespace linkup::match
