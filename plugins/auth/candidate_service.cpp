#include "candidate_service.h"

#include <chrono>
#include <unordered_map>
#include <utility>

#include "json_values.h"
#include "profile_store.h"

namespace linkup::auth {

namespace {

/// Well below the life of a picture's URL, which is two hours or more.
constexpr std::chrono::milliseconds kKeptFor = std::chrono::minutes(10);

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

CandidateService::CandidateService(const PictureService& pictures, std::size_t kept)
    : pictures_(pictures), kept_(kept, kKeptFor.count()) {}

std::vector<sdk::Json> CandidateService::find(sdk::Connection& connection,
                                              std::span<const sdk::ProfileVersion> profiles) {
    std::vector<Poco::SharedPtr<Kept>> shown(profiles.size());
    std::vector<sdk::UserId> unknown;
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        shown[i] = kept_.get(profiles[i].user);
        if (!shown[i].isNull() && shown[i]->version == profiles[i].version) continue;
        shown[i] = nullptr;
        unknown.push_back(profiles[i].user);
    }
    std::unordered_map<sdk::UserId, Poco::SharedPtr<Kept>> read;
    for (const Person& person : profile_store::findMany(connection, unknown)) {
        if (!showable(person)) continue;
        const Poco::SharedPtr<Kept> kept(new Kept{person.profile.version, candidateJson(person, pictures_)});
        kept_.update(person.id, kept);
        read.emplace(person.id, kept);
    }
    std::vector<sdk::Json> candidates;
    candidates.reserve(profiles.size());
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        if (shown[i].isNull()) {
            const auto found = read.find(profiles[i].user);
            if (found == read.end()) continue;
            shown[i] = found->second;
        }
        candidates.push_back(shown[i]->candidate);
    }
    return candidates;
}

std::vector<sdk::Json> CandidateService::find(sdk::Connection& connection,
                                              std::span<const sdk::UserId> users) {
    std::vector<sdk::Json> candidates;
    candidates.reserve(users.size());
    for (const Person& person : profile_store::findInOrder(connection, users)) {
        if (showable(person)) candidates.push_back(candidateJson(person, pictures_));
    }
    return candidates;
}

}  // namespace linkup::auth
