#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace linkup::auth {

/// A picture as stored; its URL is made when it goes out.
struct StoredPicture {
    std::string file_key;
    std::string blurhash;  ///< may be empty
    friend bool operator==(const StoredPicture&, const StoredPicture&) = default;
};

/// What a person says of themselves.
struct Profile {
    std::optional<std::string> username;
    std::optional<std::string> gender;
    std::optional<std::string> interested_gender;
    std::int64_t university_id = -1;
    std::optional<std::string> dob;  ///< "2003-05-17"
    std::optional<std::string> university_major;
    std::optional<std::int64_t> university_year;
    std::optional<std::string> about;
    std::optional<std::string> currently_staying;
    std::optional<std::string> hometown;
    std::optional<std::int64_t> height;
    std::optional<std::int64_t> weight;
    std::optional<std::string> religion;
    std::optional<std::string> smoking_info;
    std::optional<bool> smoking_status;
    std::optional<std::string> drinking_info;
    std::optional<bool> drinking_status;
    std::optional<std::string> looking_for;
    std::optional<StoredPicture> picture;
    std::vector<StoredPicture> photos;
    bool complete = false;
    std::int64_t version = 0;  ///< as stored: another one after each change
};

/// An account with its profile, which is empty before /register.
struct Person {
    sdk::UserId id = 0;
    bool deleted = false;
    Profile profile;
};

struct Liker {
    Person person;
    std::int64_t likes_given = 0;
};

/// What a person would like others to be.
struct Preferences {
    std::optional<std::string> interested_gender;
    std::optional<std::int64_t> height;
    std::optional<std::int64_t> weight;
    std::optional<std::string> religion;
    std::optional<bool> drinking_status;
    std::optional<bool> smoking_status;
    std::optional<std::string> looking_for;
    std::optional<std::string> currently_staying;
    std::optional<std::int64_t> max_distance_km;
    friend bool operator==(const Preferences&, const Preferences&) = default;
};

/// Tables auth_profiles and auth_preferences.   Errors: as sdk::Connection::execute.
namespace profile_store {

/// Nothing if there is no such account.
std::optional<Person> find(sdk::Connection& connection, sdk::UserId user);
/// How many people findLikers takes at the most.
inline constexpr int kMostLikers = 16;
/// As findMany, and how many likes each gave after `since`. Needs the views of Matches.
std::vector<Liker> findLikers(sdk::Connection& connection, std::span<const sdk::UserId> users,
                              sdk::Time since);
/// In no order, one statement; unknown ids are left out.
std::vector<Person> findMany(sdk::Connection& connection, std::span<const sdk::UserId> users);
/// As findMany, in the order of `users`.
std::vector<Person> findInOrder(sdk::Connection& connection, std::span<const sdk::UserId> users);
bool complete(sdk::Connection& connection, sdk::UserId user);
/// Replaces the profile, but never its sample key.
void put(sdk::Connection& connection, sdk::UserId user, const Profile& profile, std::int64_t sample_key,
         sdk::Time now);
/// Changes what /user/update/metadata may, where `changes` has a value; false if there is no complete
/// profile.
bool change(sdk::Connection& connection, sdk::UserId user, const Profile& changes, sdk::Time now);
void remove(sdk::Connection& connection, sdk::UserId user);
/// Keeps the profile's copy, which discovery's index needs, equal to the preference.
void setInterestedGender(sdk::Connection& connection, sdk::UserId user,
                         const std::optional<std::string>& gender);

/// Nothing if none is set.
std::optional<Preferences> findPreferences(sdk::Connection& connection, sdk::UserId user);
void putPreferences(sdk::Connection& connection, sdk::UserId user, const Preferences& preferences);
void putPreferredGender(sdk::Connection& connection, sdk::UserId user,
                        const std::optional<std::string>& gender);
void removePreferences(sdk::Connection& connection, sdk::UserId user);

}  // namespace profile_store
}  // namespace linkup::auth
