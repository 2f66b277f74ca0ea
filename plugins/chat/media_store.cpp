#include "media_store.h"

namespace linkup::chat::media_store {
namespace {

sdk::Rows keysOf(sdk::Connection& connection, const std::string& users, const std::string& keys) {
    if (connection.dialect() == sdk::Dialect::kSqlite) {
        return connection.execute(
            "SELECT DISTINCT json_extract(media, '$.file_key') FROM chat_messages WHERE media IS NOT NULL "
            "AND sender_id IN (SELECT value FROM json_each($1)) "
            "AND json_extract(media, '$.file_key') IN (SELECT value FROM json_each($2))",
            {users, keys});
    }
    return connection.execute(
        "SELECT DISTINCT media::json->>'file_key' FROM chat_messages WHERE media IS NOT NULL "
        "AND sender_id = ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text($1::json))) "
        "AND media::json->>'file_key' = ANY (ARRAY(SELECT value FROM json_array_elements_text($2::json)))",
        {users, keys});
}

}  // namespace

void addReferenced(sdk::Connection& connection, sdk::Json& payload) {
    sdk::Json users = sdk::Json::array();
    sdk::Json keys = sdk::Json::array();
    for (const sdk::Json& file : payload.at("files").items()) {
        users.push(file.at("user_id"));
        keys.push(file.at("file_key"));
    }
    const auto rows = keysOf(connection, users.dump(), keys.dump());
    sdk::Json referenced = payload.at("referenced");
    for (std::size_t row = 0; row < rows.size(); ++row) referenced.push(rows.text(row, 0));
    payload.set("referenced", std::move(referenced));
}

}  // namespace linkup::chat::media_store
