#include "profile_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>

#include "account_store.h"
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

/// A deletion waits until this transaction ends, or has been: then nothing is written of who was deleted.
void holdAccount(sdk::Connection& connection, sdk::UserId user) {
    if (!account_store::hold(connection, user))
        throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid token");
}

/// The contract's 22 keys; what is only for its owner is left null.
sdk::Json publicView(const Person& person, const PictureService& pictures) {
    const Profile& profile = person.profile;
    // One by one: a list in braces would be copied, with all that is in it.
    sdk::Json::Object view;
    view.reserve(22);
    view.emplace_back("id", person.id);
    view.emplace_back("username", orNull(profile.username));
    view.emplace_back("gender", orNull(profile.gender));
    view.emplace_back("university_id", profile.university_id);
    view.emplace_back("profile_picture", profile.picture ? pictures.picture(*profile.picture) : sdk::Json());
    view.emplace_back("dob", orNull(profile.dob));
    view.emplace_back("interested_gender", sdk::Json());
    view.emplace_back("university_major", orNull(profile.university_major));
    view.emplace_back("university_year", orNull(profile.university_year));
    view.emplace_back("photos", pictures.pictures(profile.photos));
    view.emplace_back("about", orNull(profile.about));
    view.emplace_back("currently_staying", orNull(profile.currently_staying));
    view.emplace_back("hometown", orNull(profile.hometown));
    view.emplace_back("height", orNull(profile.height));
    view.emplace_back("weight", orNull(profile.weight));
    view.emplace_back("religion", orNull(profile.religion));
    view.emplace_back("smoking_info", orNull(profile.smoking_info));
    view.emplace_back("smoking_status", orNull(profile.smoking_status));
    view.emplace_back("drinking_info", orNull(profile.drinking_info));
    view.emplace_back("drinking_status", orNull(profile.drinking_status));
    view.emplace_back("looking_for", orNull(profile.looking_for));
    view.emplace_back("swipes_remaining", sdk::Json());
    return sdk::Json::object(std::move(view));
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
        holdAccount(connection, user);
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
        holdAccount(connection, user);
        checkPictures(connection, user, changes);
        if (!profile_store::change(connection, user, changes, host_.clock().now())) {
            throw sdk::Error(sdk::ErrorCode::kConflict, "Complete your profile first");
        }
        announce(kProfileHook, connection, user);
    });
}

sdk::Json ProfileService::me(sdk::UserId user) {
    auto own = me(std::span(&user, 1));
    if (!own.front()) throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid token");
    return std::move(*own.front());
}

std::vector<std::optional<sdk::Json>> ProfileService::me(std::span<const sdk::UserId> users) {
    std::vector<sdk::UserId> each(users.begin(), users.end());
    std::sort(each.begin(), each.end());
    each.erase(std::unique(each.begin(), each.end()), each.end());
    const auto likers = sdk::read(host_.database(), [&](sdk::Connection& connection) {
        if (matches_ != nullptr)
            return profile_store::findLikers(connection, each, host_.clock().now() - std::chrono::hours(24));
        std::vector<Liker> found;
        for (Person& person : profile_store::findMany(connection, each)) found.push_back({std::move(person)});
        return found;
    });
    std::vector<std::optional<sdk::Json>> in_order;
    in_order.reserve(users.size());
    for (const sdk::UserId user : users) {
        const auto liker = std::find_if(likers.begin(), likers.end(),
                                        [&](const Liker& known) { return known.person.id == user; });
        const bool there = liker != likers.end() && !liker->person.deleted;
        in_order.push_back(there ? std::optional(ownView(*liker)) : std::nullopt);
    }
    return in_order;
}

sdk::Json ProfileService::ownView(const Liker& liker) const {
    sdk::Json view = publicView(liker.person, pictures_);
    view.set("interested_gender", orNull(liker.person.profile.interested_gender));
    const int a_day = matches_ != nullptr ? matches_->likesPerDay() : kLikesOfADay;
    view.set("swipes_remaining", std::max<std::int64_t>(0, a_day - liker.likes_given));
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
        holdAccount(connection, user);
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
