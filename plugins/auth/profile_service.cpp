#include "profile_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>

#include "json_values.h"
#include "random.h"

namespace linkup::auth {

namespace {

constexpr std::int64_t kOnlyUniversity = 1;
constexpr int kLikesOfADay = 10;
constexpr std::uint32_t kSampleKeys = 1u << 31u;
constexpr std::string_view kProfileHook = "profile.changed";
constexpr std::string_view kPreferencesHook = "preferences.changed";

bool has(const Profile& profile, std::string_view file_key) {
    if (profile.picture && profile.picture->file_key == file_key) return true;
    return std::any_of(profile.photos.begin(), profile.photos.end(),
                       [&](const StoredPicture& photo) { return photo.file_key == file_key; });
}

[[noreturn]] void refuseFileKey(sdk::Json location, const std::string& file_key) {
    const sdk::Json fault = sdk::Json::object({{"type", "value_error"},
                                               {"loc", std::move(location)},
                                               {"msg", "Value error, Invalid file key"},
                                               {"input", file_key.substr(0, 200)},
                                               {"ctx", sdk::Json::object({{"error", sdk::Json::object()}})}});
    throw sdk::Error(sdk::ErrorCode::kUnprocessable, "Invalid file key", sdk::Json::array({fault}));
}

/// The contract's 22 keys; what is only for its owner is left null.
sdk::Json publicView(const Person& person, const PictureService& pictures) {
    const Profile& profile = person.profile;
    return sdk::Json::object(
        {{"id", person.id},
         {"username", orNull(profile.username)},
         {"gender", orNull(profile.gender)},
         {"university_id", profile.university_id},
         {"profile_picture", profile.picture ? pictures.picture(*profile.picture) : sdk::Json()},
         {"dob", orNull(profile.dob)},
         {"interested_gender", sdk::Json()},
         {"university_major", orNull(profile.university_major)},
         {"university_year", orNull(profile.university_year)},
         {"photos", pictures.pictures(profile.photos)},
         {"about", orNull(profile.about)},
         {"currently_staying", orNull(profile.currently_staying)},
         {"hometown", orNull(profile.hometown)},
         {"height", orNull(profile.height)},
         {"weight", orNull(profile.weight)},
         {"religion", orNull(profile.religion)},
         {"smoking_info", orNull(profile.smoking_info)},
         {"smoking_status", orNull(profile.smoking_status)},
         {"drinking_info", orNull(profile.drinking_info)},
         {"drinking_status", orNull(profile.drinking_status)},
         {"looking_for", orNull(profile.looking_for)},
         {"swipes_remaining", sdk::Json()}});
}

}  // namespace

std::optional<bool> statusOf(const std::optional<std::string>& info) {
    if (!info) return std::nullopt;
    return !info->starts_with("No");
}

ProfileService::ProfileService(sdk::Host& host, const PictureService& pictures)
    : host_(host), pictures_(pictures) {}

void ProfileService::complete(sdk::UserId user, Profile profile) {
    profile.university_id = kOnlyUniversity;
    profile.smoking_status = statusOf(profile.smoking_info);
    profile.drinking_status = statusOf(profile.drinking_info);
    profile.complete = true;
    host_.database().transaction([&](sdk::Connection& connection) {
        checkPictures(connection, user, profile);
        profile_store::put(connection, user, profile, randomBelow(kSampleKeys), host_.clock().now());
        profile_store::putPreferredGender(connection, user, profile.interested_gender);
        announce(kProfileHook, connection, user);
    });
}

void ProfileService::update(sdk::UserId user, Profile changes) {
    changes.smoking_status = statusOf(changes.smoking_info);
    changes.drinking_status = statusOf(changes.drinking_info);
    host_.database().transaction([&](sdk::Connection& connection) {
        checkPictures(connection, user, changes);
        if (!profile_store::change(connection, user, changes, host_.clock().now())) {
            throw sdk::Error(sdk::ErrorCode::kConflict, "Complete your profile first");
        }
        announce(kProfileHook, connection, user);
    });
}

std::vector<std::optional<Liker>> ProfileService::fetchLikers(std::span<const sdk::UserId> users) {
    const auto found = sdk::read(host_.database(), [&](sdk::Connection& connection) {
        if (matches_ != nullptr)
            return profile_store::findLikers(connection, users, host_.clock().now() - std::chrono::hours(24));
        std::vector<Liker> likers;
        for (Person& person : profile_store::findMany(connection, users))
            likers.push_back({std::move(person)});
        return likers;
    });
    std::vector<std::optional<Liker>> in_order;
    in_order.reserve(users.size());
    for (const sdk::UserId user : users) {
        const auto liker = std::find_if(found.begin(), found.end(),
                                        [&](const Liker& each) { return each.person.id == user; });
        in_order.push_back(liker == found.end() ? std::nullopt : std::optional(*liker));
    }
    return in_order;
}

sdk::Json ProfileService::me(sdk::UserId user) {
    const auto found = likers_.find(user);
    if (!found || found->person.deleted) throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid token");
    sdk::Json view = publicView(found->person, pictures_);
    view.set("interested_gender", orNull(found->person.profile.interested_gender));
    const int a_day = matches_ != nullptr ? matches_->likesPerDay() : kLikesOfADay;
    view.set("swipes_remaining", std::max<std::int64_t>(0, a_day - found->likes_given));
    return view;
}

sdk::Json ProfileService::detail(sdk::UserId viewer, sdk::UserId user) {
    if (viewer == user) return me(user);
    return sdk::read(host_.database(), [&](sdk::Connection& connection) {
        const auto person = profile_store::find(connection, user);
        const bool visible = person && !person->deleted && person->profile.complete &&
                             (matches_ == nullptr || !matches_->blocked(connection, viewer, user));
        if (!visible) throw sdk::Error(sdk::ErrorCode::kNotFound, "User not found");
        return publicView(*person, pictures_);
    });
}

std::optional<Preferences> ProfileService::preferences(sdk::UserId user) {
    return sdk::read(host_.database(), [&](sdk::Connection& connection) {
        return profile_store::findPreferences(connection, user);
    });
}

void ProfileService::setPreferences(sdk::UserId user, const Preferences& preferences) {
    host_.database().transaction([&](sdk::Connection& connection) {
        if (preferences == Preferences{}) {
            profile_store::removePreferences(connection, user);
        } else {
            profile_store::putPreferences(connection, user, preferences);
        }
        profile_store::setInterestedGender(connection, user, preferences.interested_gender);
        announce(kPreferencesHook, connection, user);
    });
}

void ProfileService::checkPictures(sdk::Connection& connection, sdk::UserId user, const Profile& profile) {
    std::optional<Profile> present;  // read only if a key needs it
    const auto allowed = [&](const std::string& file_key) {
        if (fileKeyAllowed(file_key, user)) return true;
        if (!present) present = profile_store::find(connection, user).value_or(Person{}).profile;
        return has(*present, file_key);
    };
    if (profile.picture && !allowed(profile.picture->file_key)) {
        refuseFileKey(sdk::Json::array({"body", "profile_picture", "file_key"}), profile.picture->file_key);
    }
    for (std::size_t index = 0; index < profile.photos.size(); ++index) {
        const std::string& file_key = profile.photos[index].file_key;
        if (allowed(file_key)) continue;
        refuseFileKey(sdk::Json::array({"body", "photos", static_cast<std::int64_t>(index), "file_key"}),
                      file_key);
    }
}

void ProfileService::announce(std::string_view hook, sdk::Connection& connection, sdk::UserId user) {
    sdk::Json payload = sdk::Json::object({{"user_id", user}});
    const auto verdict = host_.hooks().run(hook, connection, payload);
    if (verdict.veto) throw sdk::Error(sdk::ErrorCode::kForbidden, *verdict.veto);
}

sdk::Json preferencesJson(const Preferences& preferences) {
    return sdk::Json::object({{"interested_gender", orNull(preferences.interested_gender)},
                              {"height", orNull(preferences.height)},
                              {"weight", orNull(preferences.weight)},
                              {"religion", orNull(preferences.religion)},
                              {"drinking_status", orNull(preferences.drinking_status)},
                              {"smoking_status", orNull(preferences.smoking_status)},
                              {"looking_for", orNull(preferences.looking_for)},
                              {"currently_staying", orNull(preferences.currently_staying)},
                              {"max_distance_km", orNull(preferences.max_distance_km)}});
}

}  // namespace linkup::auth
