#include "directory_service.h"

#include <unordered_map>

#include "account_store.h"
#include "json_values.h"
#include "profile_service.h"
#include "profile_store.h"

namespace linkup::auth {

namespace {

constexpr const char* kDeletedName = "Deleted Account";

/// Reads all at once and gives each found one to `use`, in the order asked for.
template <class Use>
void inOrder(sdk::Connection& connection, std::span<const sdk::UserId> users, Use use) {
    const std::vector<Person> people = profile_store::findMany(connection, users);
    std::unordered_map<sdk::UserId, const Person*> by_id;
    by_id.reserve(people.size());
    for (const Person& person : people) by_id.emplace(person.id, &person);
    for (const sdk::UserId user : users) {
        const auto found = by_id.find(user);
        if (found != by_id.end()) use(*found->second);
    }
}

/// An imported profile may lack what a phone cannot do without.
bool showable(const Person& person) {
    const Profile& p = person.profile;
    return !person.deleted && p.complete && p.username && p.gender && p.picture && p.dob &&
           p.university_major && p.university_year && !p.photos.empty() && p.about && p.currently_staying &&
           p.hometown;
}

sdk::Json candidateJson(const Person& person, const PictureService& pictures) {
    const Profile& profile = person.profile;
    // One by one: a list in braces would be copied, with all that is in it.
    sdk::Json::Object candidate;
    candidate.reserve(18);
    candidate.emplace_back("id", person.id);
    candidate.emplace_back("username", *profile.username);
    candidate.emplace_back("gender", *profile.gender);
    candidate.emplace_back("university_id", profile.university_id);
    candidate.emplace_back("profile_picture", pictures.picture(*profile.picture));
    candidate.emplace_back("dob", *profile.dob);
    candidate.emplace_back("university_major", *profile.university_major);
    candidate.emplace_back("university_year", *profile.university_year);
    candidate.emplace_back("photos", pictures.pictures(profile.photos));
    candidate.emplace_back("about", *profile.about);
    candidate.emplace_back("currently_staying", *profile.currently_staying);
    candidate.emplace_back("hometown", *profile.hometown);
    candidate.emplace_back("height", orNull(profile.height));
    candidate.emplace_back("weight", orNull(profile.weight));
    candidate.emplace_back("religion", orNull(profile.religion));
    candidate.emplace_back("smoking_info", orNull(profile.smoking_info));
    candidate.emplace_back("drinking_info", orNull(profile.drinking_info));
    candidate.emplace_back("looking_for", orNull(profile.looking_for));
    return sdk::Json::object(std::move(candidate));
}

}  // namespace

DirectoryService::DirectoryService(const PictureService& pictures) : pictures_(pictures) {}

bool DirectoryService::complete(sdk::Connection& connection, sdk::UserId user) {
    return profile_store::complete(connection, user);
}

bool DirectoryService::active(sdk::Connection& connection, sdk::UserId user) {
    return account_store::active(connection, user);
}

std::vector<sdk::PersonCard> DirectoryService::cards(sdk::Connection& connection,
                                                     std::span<const sdk::UserId> users) {
    std::vector<sdk::PersonCard> cards;
    cards.reserve(users.size());
    inOrder(connection, users, [&](const Person& person) {
        const auto& picture = person.profile.picture;
        sdk::PersonCard card;
        card.id = person.id;
        card.deleted = person.deleted;
        card.username = person.deleted ? kDeletedName : person.profile.username.value_or("");
        card.picture = person.deleted || !picture ? pictures_.placeholder() : pictures_.picture(*picture);
        cards.push_back(std::move(card));
    });
    return cards;
}

std::vector<sdk::Json> DirectoryService::candidates(sdk::Connection& connection,
                                                    std::span<const sdk::UserId> users) {
    std::vector<sdk::Json> candidates;
    candidates.reserve(users.size());
    inOrder(connection, users, [&](const Person& person) {
        if (showable(person)) candidates.push_back(candidateJson(person, pictures_));
    });
    return candidates;
}

sdk::Json DirectoryService::preferences(sdk::Connection& connection, sdk::UserId user) {
    return preferencesJson(profile_store::findPreferences(connection, user).value_or(Preferences{}));
}

}  // namespace linkup::auth
