#include "data_request_service.h"

#include <linkup/sdk/error.h>

#include "account_store.h"
#include "code_store.h"
#include "email_address.h"
#include "json_values.h"
#include "profile_service.h"
#include "profile_store.h"
#include "session_store.h"

namespace linkup::auth {

namespace {

using sdk::Json;

constexpr std::string_view kDeletedHook = "account.deleted";

Json keysOf(const std::vector<StoredPicture>& pictures) {
    Json keys = Json::array();
    for (const StoredPicture& picture : pictures) keys.push(picture.file_key);
    return keys;
}

Json profileJson(const Profile& profile) {
    return Json::object({{"username", orNull(profile.username)},
                         {"gender", orNull(profile.gender)},
                         {"dob", orNull(profile.dob)},
                         {"university_id", profile.university_id},
                         {"university_major", orNull(profile.university_major)},
                         {"university_year", orNull(profile.university_year)},
                         {"about", orNull(profile.about)},
                         {"currently_staying", orNull(profile.currently_staying)},
                         {"hometown", orNull(profile.hometown)},
                         {"height", orNull(profile.height)},
                         {"weight", orNull(profile.weight)},
                         {"religion", orNull(profile.religion)},
                         {"smoking_info", orNull(profile.smoking_info)},
                         {"drinking_info", orNull(profile.drinking_info)},
                         {"looking_for", orNull(profile.looking_for)},
                         {"profile_picture", profile.picture ? Json(profile.picture->file_key) : Json()},
                         {"photos", keysOf(profile.photos)}});
}

Json sessionsJson(const std::vector<ListedSession>& sessions) {
    Json list = Json::array();
    for (const ListedSession& session : sessions) {
        list.push(Json::object({{"created_at", sdk::formatTime(session.created_at)},
                                {"last_used_at", sdk::formatTime(session.last_used_at)},
                                {"user_agent", session.user_agent},
                                {"ip", session.address}}));
    }
    return list;
}

}  // namespace

DataRequestService::DataRequestService(sdk::Host& host, SessionService& sessions)
    : host_(host), sessions_(sessions) {}

void DataRequestService::erase(sdk::UserId user) {
    const bool erased = sdk::transaction(
        host_.database(), [&](sdk::Connection& connection) { return erase(connection, user); });
    if (!erased) throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid token");
}

bool DataRequestService::erase(sdk::Connection& connection, sdk::UserId user) {
    // The account's row comes first: log-ins hold it while they open a session, so none slips through.
    const auto email_key = account_store::erase(connection, user, host_.clock().now());
    if (!email_key) return false;
    code_store::remove(connection, emailKey(*email_key));
    profile_store::remove(connection, user);
    profile_store::removePreferences(connection, user);
    sessions_.revokeAll(connection, user);
    session_store::forgetClients(connection, user);
    Json payload = Json::object({{"user_id", user}});
    const auto verdict = host_.hooks().run(kDeletedHook, connection, payload);
    if (verdict.veto) throw sdk::Error(sdk::ErrorCode::kForbidden, *verdict.veto);
    return true;
}

void DataRequestService::eraseByEmail(sdk::Connection& connection, Json& payload) {
    const auto account = account_store::findByEmail(connection, payload["email"].asString());
    const bool erased = account && erase(connection, account->id);
    payload.set("user_id", erased ? Json(account->id) : Json());
}

void DataRequestService::exportByEmail(sdk::Connection& connection, Json& payload) {
    const auto account = account_store::findByEmail(connection, payload["email"].asString());
    payload.set("user_id", account ? Json(account->id) : Json());
    if (!account) return;
    const auto person = profile_store::find(connection, account->id);
    const auto preferences = profile_store::findPreferences(connection, account->id);
    payload.set(
        "account",
        Json::object({{"email", account->email},
                      {"created_at", sdk::formatTime(account->created_at)},
                      {"profile", person && person->profile.username ? profileJson(person->profile) : Json()},
                      {"preferences", preferences ? preferencesJson(*preferences) : Json()},
                      {"sessions", sessionsJson(session_store::listOfUser(connection, account->id,
                                                                          host_.clock().now()))}}));
}

}  // namespace linkup::auth
