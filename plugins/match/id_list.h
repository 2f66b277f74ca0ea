#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <string>
#include <vector>

namespace linkup::match {

/// A list in the form that the dialect's statements take apart: json_each() on SQLite, an array on
/// PostgreSQL.
inline std::string idList(sdk::Dialect dialect, const std::vector<sdk::UserId>& ids) {
    std::string list;
    for (const auto id : ids) {
        if (!list.empty()) list += ',';
        list += std::to_string(id);
    }
    return dialect == sdk::Dialect::kSqlite ? "[" + list + "]" : "{" + list + "}";
}

}  // namespace linkup::match
