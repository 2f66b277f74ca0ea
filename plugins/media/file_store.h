#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace linkup::media {

/// A file that is stored, is being stored, or is being removed.
struct FileRow {
    std::string file_key;
    sdk::UserId user = 0;
    std::int64_t size_bytes = 0;
    sdk::Time created_at{};
    bool abandoned = false;  ///< goes, whoever refers to it
};

/// Table media_files.   Errors: as sdk::Connection::execute.
namespace file_store {

void insert(sdk::Connection& connection, const FileRow& file, sdk::Time check_at);
/// The same, unless it is there.
void insertIfNew(sdk::Connection& connection, const FileRow& file, sdk::Time check_at);
void erase(sdk::Connection& connection, const std::string& file_key);
/// Those to be looked at by now, oldest first; no other transaction gets them before this one ends.
std::vector<FileRow> lockDue(sdk::Connection& connection, sdk::Time now, std::int64_t limit);
void setCheck(sdk::Connection& connection, const std::string& file_key, sdk::Time check_at);
/// It is to go, whoever will refer to it from now on.
void abandonOne(sdk::Connection& connection, const std::string& file_key);
/// All files of a user are to go at once.
void abandon(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
/// Of the files of these keys that are to stay, whose they are. Nothing takes them away before this
/// transaction ends.
std::map<std::string, sdk::UserId> lockOwners(sdk::Connection& connection,
                                              const std::set<std::string>& file_keys);
/// For their owner to read.
sdk::Json ofUser(sdk::Connection& connection, sdk::UserId user);

}  // namespace file_store

}  // namespace linkup::media
