#include "profile_store.h"

#include <linkup/sdk/json.h>

#include <unordered_map>

namespace linkup::auth::profile_store {

namespace {

/// What personOf reads, in its order. A macro, because statements have to be literals.
#define LINKUP_AUTH_PERSON_COLUMNS                                                                 \
    "u.id, u.deleted_at, p.username, p.gender, p.interested_gender, p.university_id, p.dob, "      \
    "p.university_major, p.university_year, p.about, p.currently_staying, p.hometown, p.height, "  \
    "p.weight, p.religion, p.smoking_info, p.smoking_status, p.drinking_info, p.drinking_status, " \
    "p.looking_for, p.picture_key, p.picture_blurhash, p.photos, p.complete, p.version"

std::optional<bool> optionalBool(const sdk::Rows& rows, std::size_t row, std::size_t column) {
    if (rows.isNull(row, column)) return std::nullopt;
    return rows.boolean(row, column);
}

std::vector<StoredPicture> parsePhotos(const std::string& text) {
    const sdk::Json photos = sdk::parseTrustedJson(text);
    std::vector<StoredPicture> pictures;
    pictures.reserve(photos.size());
    for (const sdk::Json& photo : photos.items()) {
        pictures.push_back({photo.at("file_key").asString(), photo.at("blurhash").asString()});
    }
    return pictures;
}

std::string printPhotos(const std::vector<StoredPicture>& pictures) {
    sdk::Json photos = sdk::Json::array();
    for (const StoredPicture& picture : pictures) {
        photos.push(sdk::Json::object({{"file_key", picture.file_key}, {"blurhash", picture.blurhash}}));
    }
    return photos.dump();
}

Person personOf(const sdk::Rows& rows, std::size_t row) {
    Person person;
    person.id = rows.integer(row, 0);
    person.deleted = !rows.isNull(row, 1);
    if (rows.isNull(row, 5)) return person;  // no profile yet
    Profile& profile = person.profile;
    profile.username = rows.optionalText(row, 2);
    profile.gender = rows.optionalText(row, 3);
    profile.interested_gender = rows.optionalText(row, 4);
    profile.university_id = rows.integer(row, 5);
    profile.dob = rows.optionalText(row, 6);
    profile.university_major = rows.optionalText(row, 7);
    profile.university_year = rows.optionalInteger(row, 8);
    profile.about = rows.optionalText(row, 9);
    profile.currently_staying = rows.optionalText(row, 10);
    profile.hometown = rows.optionalText(row, 11);
    profile.height = rows.optionalInteger(row, 12);
    profile.weight = rows.optionalInteger(row, 13);
    profile.religion = rows.optionalText(row, 14);
    profile.smoking_info = rows.optionalText(row, 15);
    profile.smoking_status = optionalBool(rows, row, 16);
    profile.drinking_info = rows.optionalText(row, 17);
    profile.drinking_status = optionalBool(rows, row, 18);
    profile.looking_for = rows.optionalText(row, 19);
    if (auto key = rows.optionalText(row, 20)) {
        profile.picture = StoredPicture{std::move(*key), rows.optionalText(row, 21).value_or("")};
    }
    profile.photos = parsePhotos(rows.text(row, 22));
    profile.complete = rows.boolean(row, 23);
    profile.version = rows.integer(row, 24);
    return person;
}

std::string idList(std::span<const sdk::UserId> users) {
    std::string ids;
    for (const sdk::UserId user : users) {
        if (!ids.empty()) ids += ',';
        ids += std::to_string(user);
    }
    return ids;
}

}  // namespace

std::optional<Person> find(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute("SELECT " LINKUP_AUTH_PERSON_COLUMNS
                                         " FROM auth_users u LEFT JOIN auth_profiles p ON p.user_id = u.id "
                                         "WHERE u.id = $1",
                                         {user});
    if (rows.empty()) return std::nullopt;
    return personOf(rows, 0);
}

std::vector<Person> findMany(sdk::Connection& connection, std::span<const sdk::UserId> users) {
    if (users.empty()) return {};
    // An array on PostgreSQL: of a JSON list it expects so many people that it would rather read all of them.
    constexpr std::string_view kSqlite =
        "SELECT " LINKUP_AUTH_PERSON_COLUMNS
        " FROM json_each($1) wanted JOIN auth_users u ON u.id = wanted.value "
        "LEFT JOIN auth_profiles p ON p.user_id = u.id";
    constexpr std::string_view kPostgresql =
        "SELECT " LINKUP_AUTH_PERSON_COLUMNS
        " FROM auth_users u LEFT JOIN auth_profiles p ON p.user_id = u.id "
        "WHERE u.id = ANY(CAST($1 AS bigint[]))";
    const bool sqlite = connection.dialect() == sdk::Dialect::kSqlite;
    const auto rows = connection.execute(sqlite ? kSqlite : kPostgresql,
                                         {sqlite ? '[' + idList(users) + ']' : '{' + idList(users) + '}'});
    std::vector<Person> people;
    people.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) people.push_back(personOf(rows, row));
    return people;
}

std::vector<Person> findInOrder(sdk::Connection& connection, std::span<const sdk::UserId> users) {
    const std::vector<Person> found = findMany(connection, users);
    std::unordered_map<sdk::UserId, const Person*> by_id;
    by_id.reserve(found.size());
    for (const Person& person : found) by_id.emplace(person.id, &person);
    std::vector<Person> people;
    people.reserve(users.size());
    for (const sdk::UserId user : users) {
        const auto person = by_id.find(user);
        if (person != by_id.end()) people.push_back(*person->second);
    }
    return people;
}

std::vector<Liker> findLikers(sdk::Connection& connection, std::span<const sdk::UserId> users,
                              sdk::Time since) {
    // $1 stands before $2: SQLite numbers them as they come. Of several, the last fills the places that are
    // left: were they an array, PostgreSQL would plan anew each time, because of an array whose length it
    // knows it expects less work.
#define LINKUP_AUTH_SELECT_LIKERS                                                                 \
    "SELECT " LINKUP_AUTH_PERSON_COLUMNS                                                          \
    ", (SELECT COUNT(*) FROM match_likes_given_v1 g WHERE g.user_id = u.id AND g.given_at > $1) " \
    "FROM auth_users u LEFT JOIN auth_profiles p ON p.user_id = u.id WHERE u.id "
    constexpr std::string_view kOne = LINKUP_AUTH_SELECT_LIKERS "= $2";
    constexpr std::string_view kSeveral = LINKUP_AUTH_SELECT_LIKERS
        "IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
#undef LINKUP_AUTH_SELECT_LIKERS
    std::vector<sdk::SqlValue> values{sdk::toMicros(since)};
    values.insert(values.end(), users.begin(), users.end());
    if (users.size() > 1) values.resize(1 + kMostLikers, users.back());
    const auto rows = connection.execute(users.size() == 1 ? kOne : kSeveral, values);
    std::vector<Liker> likers;
    likers.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        likers.push_back({personOf(rows, row), rows.integer(row, 25)});
    }
    return likers;
}

bool complete(sdk::Connection& connection, sdk::UserId user) {
    return !connection.execute("SELECT user_id FROM auth_profiles WHERE user_id = $1 AND complete", {user})
                .empty();
}

void put(sdk::Connection& connection, sdk::UserId user, const Profile& profile, std::int64_t sample_key,
         sdk::Time now) {
    const auto picture = profile.picture.value_or(StoredPicture{});
    connection.execute(
        "INSERT INTO auth_profiles (user_id, username, gender, interested_gender, university_id, dob, "
        "university_major, university_year, about, currently_staying, hometown, height, weight, religion, "
        "smoking_info, smoking_status, drinking_info, drinking_status, looking_for, picture_key, "
        "picture_blurhash, "
        "photos, complete, sample_key, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
        "$21, $22, "
        "$23, $24, $25) "
        "ON CONFLICT (user_id) DO UPDATE SET username = excluded.username, gender = excluded.gender, "
        "interested_gender = excluded.interested_gender, university_id = excluded.university_id, dob = "
        "excluded.dob, "
        "university_major = excluded.university_major, university_year = excluded.university_year, "
        "about = excluded.about, currently_staying = excluded.currently_staying, hometown = "
        "excluded.hometown, "
        "height = excluded.height, weight = excluded.weight, religion = excluded.religion, "
        "smoking_info = excluded.smoking_info, smoking_status = excluded.smoking_status, "
        "drinking_info = excluded.drinking_info, drinking_status = excluded.drinking_status, "
        "looking_for = excluded.looking_for, picture_key = excluded.picture_key, "
        "picture_blurhash = excluded.picture_blurhash, photos = excluded.photos, complete = "
        "excluded.complete, "
        "updated_at = excluded.updated_at, version = auth_profiles.version + 1",
        {user,
         sdk::nullable(profile.username),
         sdk::nullable(profile.gender),
         sdk::nullable(profile.interested_gender),
         profile.university_id,
         sdk::nullable(profile.dob),
         sdk::nullable(profile.university_major),
         sdk::nullable(profile.university_year),
         sdk::nullable(profile.about),
         sdk::nullable(profile.currently_staying),
         sdk::nullable(profile.hometown),
         sdk::nullable(profile.height),
         sdk::nullable(profile.weight),
         sdk::nullable(profile.religion),
         sdk::nullable(profile.smoking_info),
         sdk::nullable(profile.smoking_status),
         sdk::nullable(profile.drinking_info),
         sdk::nullable(profile.drinking_status),
         sdk::nullable(profile.looking_for),
         profile.picture ? sdk::SqlValue(picture.file_key) : sdk::SqlValue(nullptr),
         profile.picture ? sdk::SqlValue(picture.blurhash) : sdk::SqlValue(nullptr),
         printPhotos(profile.photos),
         profile.complete,
         sample_key,
         sdk::toMicros(now)});
}

bool change(sdk::Connection& connection, sdk::UserId user, const Profile& changes, sdk::Time now) {
    const auto picture = changes.picture.value_or(StoredPicture{});
    // One statement, so that two changes of different things at once both hold.
    const auto rows = connection.execute(
        "UPDATE auth_profiles SET about = COALESCE($1, about), "
        "currently_staying = COALESCE($2, currently_staying), hometown = COALESCE($3, hometown), "
        "height = COALESCE($4, height), weight = COALESCE($5, weight), religion = COALESCE($6, religion), "
        "smoking_info = COALESCE($7, smoking_info), smoking_status = COALESCE($8, smoking_status), "
        "drinking_info = COALESCE($9, drinking_info), drinking_status = COALESCE($10, drinking_status), "
        "looking_for = COALESCE($11, looking_for), picture_key = COALESCE($12, picture_key), "
        "picture_blurhash = COALESCE($13, picture_blurhash), photos = COALESCE($14, photos), "
        "updated_at = $15, version = version + 1 WHERE user_id = $16 AND complete",
        {sdk::nullable(changes.about), sdk::nullable(changes.currently_staying),
         sdk::nullable(changes.hometown), sdk::nullable(changes.height), sdk::nullable(changes.weight),
         sdk::nullable(changes.religion), sdk::nullable(changes.smoking_info),
         sdk::nullable(changes.smoking_status), sdk::nullable(changes.drinking_info),
         sdk::nullable(changes.drinking_status), sdk::nullable(changes.looking_for),
         changes.picture ? sdk::SqlValue(picture.file_key) : sdk::SqlValue(nullptr),
         changes.picture ? sdk::SqlValue(picture.blurhash) : sdk::SqlValue(nullptr),
         changes.photos.empty() ? sdk::SqlValue(nullptr) : sdk::SqlValue(printPhotos(changes.photos)),
         sdk::toMicros(now), user});
    return rows.affected() == 1;
}

void remove(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("DELETE FROM auth_profiles WHERE user_id = $1", {user});
}

void setInterestedGender(sdk::Connection& connection, sdk::UserId user,
                         const std::optional<std::string>& gender) {
    connection.execute("UPDATE auth_profiles SET interested_gender = $1 WHERE user_id = $2",
                       {sdk::nullable(gender), user});
}

std::optional<Preferences> findPreferences(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT interested_gender, height, weight, religion, drinking_status, smoking_status, looking_for, "
        "currently_staying, max_distance_km FROM auth_preferences WHERE user_id = $1",
        {user});
    if (rows.empty()) return std::nullopt;
    Preferences preferences;
    preferences.interested_gender = rows.optionalText(0, 0);
    preferences.height = rows.optionalInteger(0, 1);
    preferences.weight = rows.optionalInteger(0, 2);
    preferences.religion = rows.optionalText(0, 3);
    preferences.drinking_status = optionalBool(rows, 0, 4);
    preferences.smoking_status = optionalBool(rows, 0, 5);
    preferences.looking_for = rows.optionalText(0, 6);
    preferences.currently_staying = rows.optionalText(0, 7);
    preferences.max_distance_km = rows.optionalInteger(0, 8);
    return preferences;
}

void putPreferences(sdk::Connection& connection, sdk::UserId user, const Preferences& preferences) {
    connection.execute(
        "INSERT INTO auth_preferences (user_id, interested_gender, height, weight, religion, "
        "drinking_status, "
        "smoking_status, looking_for, currently_staying, max_distance_km) VALUES ($1, $2, $3, $4, $5, $6, "
        "$7, $8, "
        "$9, $10) "
        "ON CONFLICT (user_id) DO UPDATE SET interested_gender = excluded.interested_gender, "
        "height = excluded.height, weight = excluded.weight, religion = excluded.religion, "
        "drinking_status = excluded.drinking_status, smoking_status = excluded.smoking_status, "
        "looking_for = excluded.looking_for, currently_staying = excluded.currently_staying, "
        "max_distance_km = excluded.max_distance_km",
        {user, sdk::nullable(preferences.interested_gender), sdk::nullable(preferences.height),
         sdk::nullable(preferences.weight), sdk::nullable(preferences.religion),
         sdk::nullable(preferences.drinking_status), sdk::nullable(preferences.smoking_status),
         sdk::nullable(preferences.looking_for), sdk::nullable(preferences.currently_staying),
         sdk::nullable(preferences.max_distance_km)});
}

void putPreferredGender(sdk::Connection& connection, sdk::UserId user,
                        const std::optional<std::string>& gender) {
    connection.execute(
        "INSERT INTO auth_preferences (user_id, interested_gender) VALUES ($1, $2) "
        "ON CONFLICT (user_id) DO UPDATE SET interested_gender = excluded.interested_gender",
        {user, sdk::nullable(gender)});
}

void removePreferences(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("DELETE FROM auth_preferences WHERE user_id = $1", {user});
}

}  // namespace linkup::auth::profile_store
