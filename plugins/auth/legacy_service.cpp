#include "legacy_service.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "bcrypt.h"
#include "email_address.h"
#include "legacy_store.h"
#include "legacy_values.h"
#include "profile_service.h"
#include "profile_store.h"
#include "random.h"

namespace linkup::auth {

namespace {

using sdk::Json;

constexpr std::uint32_t kSampleKeys = 1u << 31u;

void note(Json& notes, const Json& id, const std::string& why) {
    notes.push(Json::object({{"id", id}, {"why", why}}));
}

std::optional<std::string> homeIn(const Json& value) {
    return legacy::oneOf(value, {"Campus Hostel", "PG", "Home", "Flat", "Other"});
}

std::optional<std::string> religionIn(const Json& value) {
    return legacy::oneOf(value,
                         {"Islam", "Sikhism", "Jainism", "Christianity", "Hinduism", "Buddhism", "Others"});
}

std::optional<std::string> genderIn(const Json& value) {
    return legacy::oneOf(value, {"Male", "Female"});
}

std::optional<std::string> goalIn(const Json& value) {
    return legacy::oneOf(value, {"Casual", "Open to anything", "Serious", "Friends", "Not sure yet"});
}

std::optional<std::string> dateIn(const Json& value) {
    const auto text = legacy::text(value);
    const auto date = text ? sdk::parseDate(text->substr(0, 10)) : std::nullopt;
    return date ? std::optional(sdk::formatDate(*date)) : std::nullopt;
}

Profile profileOf(const Json& row, const std::optional<std::string>& interested_gender) {
    const Json& said = row.at("metadata");
    Profile profile;
    profile.complete = true;
    profile.university_id = 1;
    profile.username = legacy::text(row["username"]);
    profile.gender = genderIn(row["gender"]);
    profile.interested_gender = interested_gender;
    profile.dob = dateIn(said["dob"]);
    profile.university_major = legacy::text(said["university_major"]);
    profile.university_year = legacy::integer(said["university_year"], 1, 10);
    profile.about = legacy::text(said["about"]);
    profile.currently_staying = homeIn(said["currently_staying"]);
    profile.hometown = legacy::text(said["hometown"]);
    profile.height = legacy::integer(said["height"], 50, 300);
    profile.weight = legacy::integer(said["weight"], 20, 500);
    profile.religion = religionIn(said["religion"]);
    profile.smoking_info = legacy::text(said["smoking_info"]);
    profile.smoking_status =
        profile.smoking_info ? statusOf(profile.smoking_info) : legacy::boolean(said["smoking_status"]);
    profile.drinking_info = legacy::text(said["drinking_info"]);
    profile.drinking_status =
        profile.drinking_info ? statusOf(profile.drinking_info) : legacy::boolean(said["drinking_status"]);
    profile.looking_for = goalIn(said["looking_for"]);
    profile.picture = legacy::picture(row["profile_picture"]);
    if (!profile.picture) profile.picture = legacy::picture(said["profile_picture"]);
    profile.photos = legacy::pictures(said["photos"]);
    return profile;
}

/// The names of what a phone cannot show anybody without, separated by commas.
std::string lackingIn(const Profile& profile) {
    const std::pair<const char*, bool> needed[] = {
        {"username", profile.username.has_value()},
        {"gender", profile.gender.has_value()},
        {"profile_picture", profile.picture.has_value()},
        {"dob", profile.dob.has_value()},
        {"university_major", profile.university_major.has_value()},
        {"university_year", profile.university_year.has_value()},
        {"photos", !profile.photos.empty()},
        {"about", profile.about.has_value()},
        {"currently_staying", profile.currently_staying.has_value()},
        {"hometown", profile.hometown.has_value()}};
    std::string names;
    for (const auto& [name, there] : needed)
        if (!there) names += (names.empty() ? "" : ", ") + std::string(name);
    return names;
}

Preferences preferencesOf(const Json& wanted) {
    Preferences preferences;
    preferences.interested_gender = genderIn(wanted["interested_gender"]);
    preferences.height = legacy::integer(wanted["height"], 50, 300);
    preferences.weight = legacy::integer(wanted["weight"], 20, 500);
    preferences.religion = religionIn(wanted["religion"]);
    preferences.drinking_status = legacy::boolean(wanted["drinking_status"]);
    preferences.smoking_status = legacy::boolean(wanted["smoking_status"]);
    preferences.looking_for = goalIn(wanted["looking_for"]);
    preferences.currently_staying = homeIn(wanted["currently_staying"]);
    return preferences;
}

ImportedAccount accountOf(const Json& row) {
    ImportedAccount account;
    account.id = row.at("id").asInteger();
    account.created_at = sdk::fromMicros(row.at("created_us").asInteger());
    if (row.at("deleted").asBool()) {
        account.deleted_at = account.created_at;
        return account;
    }
    account.email = trimmed(legacy::text(row["email"]).value_or(""));
    account.email_key =
        row["exact_key"].isBool() && row["exact_key"].asBool() ? *account.email : emailKey(*account.email);
    const auto hash = legacy::text(row["password_hash"]);
    if (hash && bcrypt::costOf(*hash)) account.password_hash = hash;
    return account;
}

}  // namespace

void LegacyService::import(sdk::Connection& connection, Json& payload) {
    if (payload.at("table").asString() != "users") return;
    Json notes = payload.at("skipped");
    Json files = Json::array();
    for (const Json& row : payload.at("rows").items()) importUser(connection, row, notes, files);
    legacy_store::passIds(connection);
    payload.set("skipped", std::move(notes));
    payload.set("files", std::move(files));
}

void LegacyService::importUser(sdk::Connection& connection, const Json& row, Json& notes, Json& files) {
    const Json& id = row.at("id");
    const ImportedAccount account = accountOf(row);
    if (account.id < 1 || account.id > std::numeric_limits<std::int32_t>::max()) {
        return note(notes, id, "skipped: the id is out of range");
    }
    if (!account.deleted_at && account.email->find('@') == std::string::npos) {
        return note(notes, id, "skipped: there is no e-mail address");
    }
    if (!legacy_store::insert(connection, account)) {
        return note(notes, id, "skipped: the id or the e-mail address is taken");
    }
    if (account.deleted_at) return;
    if (!account.password_hash) note(notes, id, "copied, but the password is unknown and has to be set anew");
    const Preferences preferences = preferencesOf(row.at("preferences"));
    if (preferences != Preferences{}) profile_store::putPreferences(connection, account.id, preferences);
    if (!row.at("complete").asBool()) return;
    const Profile profile = profileOf(row, preferences.interested_gender);
    if (const std::string lacking = lackingIn(profile); !lacking.empty())
        note(notes, id, "copied, but the profile lacks " + lacking + " and is not shown to others");
    profile_store::put(connection, account.id, profile, randomBelow(kSampleKeys), clock_.now());
    std::vector<StoredPicture> pictures = profile.photos;
    if (profile.picture) pictures.push_back(*profile.picture);
    for (const StoredPicture& picture : pictures)
        files.push(Json::object({{"file_key", picture.file_key}, {"user_id", account.id}}));
}

}  // namespace linkup::auth
