#include "picture_store.h"

#include <set>
#include <string>
#include <utility>

namespace linkup::auth::picture_store {

namespace {

using KeyOfUser = std::pair<std::int64_t, std::string>;

sdk::Rows picturesOf(sdk::Connection& connection, const std::string& users) {
    if (connection.dialect() == sdk::Dialect::kSqlite) {
        return connection.execute(
            "SELECT user_id, picture_key, photos FROM auth_profiles "
            "WHERE user_id IN (SELECT value FROM json_each($1))",
            {users});
    }
    return connection.execute(
        "SELECT user_id, picture_key, photos FROM auth_profiles "
        "WHERE user_id = ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text($1::json)))",
        {users});
}

std::set<KeyOfUser> shown(const sdk::Rows& rows) {
    std::set<KeyOfUser> keys;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::int64_t user = rows.integer(row, 0);
        if (const auto picture = rows.optionalText(row, 1)) keys.emplace(user, *picture);
        const sdk::Json photos = sdk::parseTrustedJson(rows.text(row, 2));
        for (const sdk::Json& photo : photos.items()) keys.emplace(user, photo.at("file_key").asString());
    }
    return keys;
}

}  // namespace

void addReferenced(sdk::Connection& connection, sdk::Json& payload) {
    sdk::Json users = sdk::Json::array();
    for (const sdk::Json& file : payload.at("files").items()) users.push(file.at("user_id"));
    const auto keys = shown(picturesOf(connection, users.dump()));
    sdk::Json referenced = payload.at("referenced");
    for (const sdk::Json& file : payload.at("files").items()) {
        const std::string& key = file.at("file_key").asString();
        if (keys.contains({file.at("user_id").asInteger(), key})) referenced.push(key);
    }
    payload.set("referenced", std::move(referenced));
}

}  // namespace linkup::auth::picture_store
