#include "directory_service.h"

#include "account_store.h"
#include "profile_service.h"
#include "profile_store.h"

namespace linkup::auth {

namespace {

constexpr const char* kDeletedName = "Deleted Account";

}  // namespace

DirectoryService::DirectoryService(const PictureService& pictures, CandidateService& candidates)
    : pictures_(pictures), candidates_(candidates) {}

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
    for (const Person& person : profile_store::findInOrder(connection, users)) {
        const auto& picture = person.profile.picture;
        sdk::PersonCard card;
        card.id = person.id;
        card.deleted = person.deleted;
        card.username = person.deleted ? kDeletedName : person.profile.username.value_or("");
        card.picture = person.deleted || !picture ? pictures_.placeholder() : pictures_.picture(*picture);
        cards.push_back(std::move(card));
    }
    return cards;
}

std::vector<sdk::Json> DirectoryService::candidates(sdk::Connection& connection,
                                                    std::span<const sdk::UserId> users) {
    return candidates_.find(connection, users);
}

sdk::Json DirectoryService::preferences(sdk::Connection& connection, sdk::UserId user) {
    return preferencesJson(profile_store::findPreferences(connection, user).value_or(Preferences{}));
}

}  // namespace linkup::auth
