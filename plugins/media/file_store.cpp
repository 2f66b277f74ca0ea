#include "file_store.h"

namespace linkup::media::file_store {

void insert(sdk::Connection& connection, const FileRow& file, sdk::Time check_at) {
    connection.execute(
        "INSERT INTO media_files (file_key, user_id, size_bytes, created_at, check_at, abandoned) "
        "VALUES ($1, $2, $3, $4, $5, FALSE)",
        {file.file_key, file.user, file.size_bytes, sdk::toMicros(file.created_at), sdk::toMicros(check_at)});
}

void insertIfNew(sdk::Connection& connection, const FileRow& file, sdk::Time check_at) {
    connection.execute(
        "INSERT INTO media_files (file_key, user_id, size_bytes, created_at, check_at, abandoned) "
        "VALUES ($1, $2, $3, $4, $5, FALSE) ON CONFLICT (file_key) DO NOTHING",
        {file.file_key, file.user, file.size_bytes, sdk::toMicros(file.created_at), sdk::toMicros(check_at)});
}

void erase(sdk::Connection& connection, const std::string& file_key) {
    connection.execute("DELETE FROM media_files WHERE file_key = $1", {file_key});
}

std::vector<FileRow> lockDue(sdk::Connection& connection, sdk::Time now, std::int64_t limit) {
    const auto rows =
        connection.dialect() == sdk::Dialect::kSqlite
            ? connection.execute(
                  "SELECT file_key, user_id, size_bytes, created_at, abandoned FROM media_files "
                  "WHERE check_at <= $1 ORDER BY check_at LIMIT $2",
                  {sdk::toMicros(now), limit})
            : connection.execute(
                  "SELECT file_key, user_id, size_bytes, created_at, abandoned FROM media_files "
                  "WHERE check_at <= $1 ORDER BY check_at LIMIT $2 FOR UPDATE SKIP LOCKED",
                  {sdk::toMicros(now), limit});
    std::vector<FileRow> files;
    files.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        files.push_back({rows.text(row, 0), rows.integer(row, 1), rows.integer(row, 2), rows.time(row, 3),
                         rows.boolean(row, 4)});
    }
    return files;
}

void setCheck(sdk::Connection& connection, const std::string& file_key, sdk::Time check_at) {
    connection.execute("UPDATE media_files SET check_at = $1 WHERE file_key = $2",
                       {sdk::toMicros(check_at), file_key});
}

void abandonOne(sdk::Connection& connection, const std::string& file_key) {
    connection.execute("UPDATE media_files SET abandoned = TRUE WHERE file_key = $1", {file_key});
}

void abandon(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    connection.execute("UPDATE media_files SET abandoned = TRUE, check_at = $1 WHERE user_id = $2",
                       {sdk::toMicros(now), user});
}

std::map<std::string, sdk::UserId> lockOwners(sdk::Connection& connection,
                                              const std::set<std::string>& file_keys) {
    sdk::Json keys = sdk::Json::array();
    for (const std::string& key : file_keys) keys.push(key);
    const auto rows =
        connection.dialect() == sdk::Dialect::kSqlite
            ? connection.execute(
                  "SELECT file_key, user_id FROM media_files "
                  "WHERE file_key IN (SELECT value FROM json_each($1)) AND NOT abandoned",
                  {keys.dump()})
            : connection.execute(
                  "SELECT file_key, user_id FROM media_files "
                  "WHERE file_key = ANY (ARRAY(SELECT value FROM json_array_elements_text($1::json))) "
                  "AND NOT abandoned ORDER BY file_key FOR SHARE",
                  {keys.dump()});
    std::map<std::string, sdk::UserId> owners;
    for (std::size_t row = 0; row < rows.size(); ++row)
        owners.emplace(rows.text(row, 0), rows.integer(row, 1));
    return owners;
}

sdk::Json ofUser(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT file_key, size_bytes, created_at FROM media_files WHERE user_id = $1 ORDER BY created_at, "
        "file_key",
        {user});
    sdk::Json files = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        files.push(sdk::Json::object({{"file_key", rows.text(row, 0)},
                                      {"size_bytes", rows.integer(row, 1)},
                                      {"created_at", sdk::formatTime(rows.time(row, 2))}}));
    }
    return files;
}

}  // namespace linkup::media::file_store
