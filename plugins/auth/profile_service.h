#pragma once

#include <linkup/sdk/host.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/services/matches.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "picture_service.h"
#include "profile_store.h"

namespace linkup::auth {

/// A status as derived from its info: false for "No…", true for anything else, nothing for nothing.
std::optional<bool> statusOf(const std::optional<std::string>& info);

/// Profiles and preferences, as their owner writes and everybody reads them.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as sdk::Database.
class ProfileService {
public:
    ProfileService(sdk::Host& host, const PictureService& pictures);
    /// Null: nobody keeps likes and blocks here. Once, in Plugin::start.
    void use(sdk::Matches* matches) noexcept { matches_ = matches; }

    /// Makes or replaces the profile. University, statuses and completeness are set here.
    /// Error{kUnprocessable} for a picture that is not the caller's.
    void complete(sdk::UserId user, Profile profile);
    /// Changes what `changes` holds of photos, picture, texts, height, weight, religion and habits, and
    /// leaves the rest; a status changes with its info only. Error{kConflict} before complete(),
    /// Error{kUnprocessable} as there.
    void update(sdk::UserId user, Profile changes);
    /// The contract's 22 keys. Error{kUnauthenticated} if there is no such account any more.
    sdk::Json me(sdk::UserId user);
    /// The same of several at once, in their order; nothing for whom there is no such account any more.
    std::vector<std::optional<sdk::Json>> me(std::span<const sdk::UserId> users);
    /// The same of someone else. Error{kNotFound} for whoever `viewer` must not see.
    sdk::Json detail(sdk::UserId viewer, sdk::UserId user);

    std::optional<Preferences> preferences(sdk::UserId user);
    /// Replaces the whole set.
    void setPreferences(sdk::UserId user, const Preferences& preferences);

private:
    void checkPictures(sdk::Connection& connection, sdk::UserId user, const Profile& profile);
    void announce(std::string_view hook, sdk::Connection& connection, sdk::UserId user);

    sdk::Json ownView(const Liker& liker) const;

    sdk::Host& host_;
    const PictureService& pictures_;
    sdk::Matches* matches_ = nullptr;
};

/// The contract's eight preference keys.
sdk::Json preferencesJson(const Preferences& preferences);

}  // namespace linkup::auth
