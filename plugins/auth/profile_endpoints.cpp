#include "profile_endpoints.h"

#include "auth_schemas.h"
#include "json_values.h"

namespace linkup::auth {

namespace {

using sdk::Json;
using sdk::Request;
using sdk::Response;

/// Blurhash of 9×9 components has 166 characters; a longer one is none.
constexpr std::size_t kMaxBlurhash = 166;

sdk::RouteSpec bearer(sdk::Method method, const char* path, const char* summary) {
    sdk::RouteSpec spec;
    spec.method = method;
    spec.path = path;
    spec.summary = summary;
    return spec;
}

StoredPicture pictureOf(const Json& json) {
    StoredPicture picture{json.at("file_key").asString(), optionalString(json["blurhash"]).value_or("")};
    if (picture.blurhash.size() > kMaxBlurhash) picture.blurhash.clear();
    return picture;
}

std::vector<StoredPicture> picturesOf(const Json& json) {
    std::vector<StoredPicture> pictures;
    pictures.reserve(json.size());
    for (const Json& item : json.items()) pictures.push_back(pictureOf(item));
    return pictures;
}

Profile profileOf(const Json& body) {
    Profile profile;
    profile.username = body["username"].asString();
    profile.picture = pictureOf(body["profile_picture"]);
    profile.gender = body["gender"].asString();
    profile.interested_gender = body["interested_gender"].asString();
    profile.dob = body["dob"].asString();
    profile.university_major = body["university_major"].asString();
    profile.university_year = body["university_year"].asInteger();
    profile.photos = picturesOf(body["photos"]);
    profile.about = body["about"].asString();
    profile.hometown = body["hometown"].asString();
    profile.currently_staying = body["currently_staying"].asString();
    profile.height = optionalInteger(body["height"]);
    profile.weight = optionalInteger(body["weight"]);
    profile.religion = optionalString(body["religion"]);
    profile.smoking_info = optionalString(body["smoking_info"]);
    profile.drinking_info = optionalString(body["drinking_info"]);
    profile.looking_for = optionalString(body["looking_for"]);
    return profile;
}

Profile changesOf(const Json& body) {
    Profile changes;
    if (!body["photos"].isNull()) changes.photos = picturesOf(body["photos"]);
    if (!body["profile_picture"].isNull()) changes.picture = pictureOf(body["profile_picture"]);
    changes.about = optionalString(body["about"]);
    changes.currently_staying = optionalString(body["currently_staying"]);
    changes.hometown = optionalString(body["hometown"]);
    changes.height = optionalInteger(body["height"]);
    changes.weight = optionalInteger(body["weight"]);
    changes.religion = optionalString(body["religion"]);
    changes.smoking_info = optionalString(body["smoking_info"]);
    changes.drinking_info = optionalString(body["drinking_info"]);
    changes.looking_for = optionalString(body["looking_for"]);
    return changes;
}

Preferences preferencesOf(const Json& body) {
    Preferences preferences;
    preferences.interested_gender = optionalString(body["interested_gender"]);
    preferences.height = optionalInteger(body["height"]);
    preferences.weight = optionalInteger(body["weight"]);
    preferences.religion = optionalString(body["religion"]);
    preferences.drinking_status = optionalBool(body["drinking_status"]);
    preferences.smoking_status = optionalBool(body["smoking_status"]);
    preferences.looking_for = optionalString(body["looking_for"]);
    preferences.currently_staying = optionalString(body["currently_staying"]);
    preferences.max_distance_km = optionalInteger(body["max_distance_km"]);
    return preferences;
}

void registerProfile(sdk::Registrar& registrar, ProfileService& profiles, const sdk::Clock& clock,
                     const std::vector<std::string>& majors) {
    sdk::RouteSpec complete =
        bearer(sdk::Method::kPost, "/api/v1/register", "Makes or replaces the caller's profile.");
    complete.body_kind = sdk::BodyKind::kJson;
    complete.body = schemas::profile(clock, majors);
    registrar.route(std::move(complete), [&profiles](const Request& request) {
        profiles.complete(request.caller().user, profileOf(request.body));
        return Response::json(Json::object({{"msg", request.caller().user}}));
    });

    registrar.batchRoute(bearer(sdk::Method::kGet, "/api/v1/me", "The caller's profile."),
                         profile_store::kMostLikers, [&profiles](std::span<sdk::PendingRequest> pending) {
                             std::vector<sdk::UserId> callers;
                             callers.reserve(pending.size());
                             for (const auto& each : pending) callers.push_back(each.request.caller().user);
                             const auto views = profiles.me(callers);
                             for (std::size_t i = 0; i < pending.size(); ++i) {
                                 if (views[i]) {
                                     pending[i].response = Response::json(*views[i]);
                                 } else {
                                     pending[i].error.emplace(sdk::ErrorCode::kUnauthenticated,
                                                              "Invalid token");
                                 }
                             }
                         });

    sdk::RouteSpec detail =
        bearer(sdk::Method::kGet, "/api/v1/user/get/detail/{user_id}", "Another user's profile.");
    detail.parameters = schemas::userPath();
    detail.responses = {404};
    registrar.route(std::move(detail), [&profiles](const Request& request) {
        return Response::json(
            profiles.detail(request.caller().user, request.parameters["user_id"].asInteger()));
    });
}

void registerChanges(sdk::Registrar& registrar, ProfileService& profiles) {
    sdk::RouteSpec update =
        bearer(sdk::Method::kPost, "/api/v1/user/update/metadata", "Changes parts of the caller's profile.");
    update.query = schemas::profileChangesQuery();
    update.body_kind = sdk::BodyKind::kJson;
    update.body = schemas::profileChanges();
    update.responses = {409};
    registrar.route(std::move(update), [&profiles](const Request& request) {
        profiles.update(request.caller().user, changesOf(request.body));
        return Response::json(Json::object({{"message", "User metadata updated successfully"}}));
    });
}

void registerPreferences(sdk::Registrar& registrar, ProfileService& profiles) {
    registrar.route(
        bearer(sdk::Method::kGet, "/api/v1/user/get/preferences", "The caller's preferences."),
        [&profiles](const Request& request) {
            const auto found = profiles.preferences(request.caller().user);
            if (found) return Response::json(preferencesJson(*found));
            return Response::json(Json::object({{"message", "No preferences found for this user"}}));
        });

    sdk::RouteSpec update =
        bearer(sdk::Method::kPost, "/api/v1/user/update/preferences", "Replaces the caller's preferences.");
    update.body_kind = sdk::BodyKind::kJson;
    update.body = schemas::preferences();
    registrar.route(std::move(update), [&profiles](const Request& request) {
        profiles.setPreferences(request.caller().user, preferencesOf(request.body));
        return Response::json(Json::object({{"message", "Preferences updated successfully"}}));
    });
}

}  // namespace

void registerProfileEndpoints(sdk::Registrar& registrar, ProfileService& profiles, const sdk::Clock& clock,
                              const std::vector<std::string>& majors) {
    registerProfile(registrar, profiles, clock, majors);
    registerChanges(registrar, profiles);
    registerPreferences(registrar, profiles);
}

}  // namespace linkup::auth
