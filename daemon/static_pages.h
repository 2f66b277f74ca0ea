#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "linkup/sdk/http.h"

namespace linkup::daemon {

/// A file that is served as it is, held in memory.
struct StaticPage {
    std::string path;  ///< "/" of index.html, "/terms" of terms.html, else "/name"
    std::string content_type;
    std::string body;
    std::string etag;
    std::string last_modified;  ///< RFC 9110 date

    /// 304 when the request shows that it has this version.
    sdk::Response answer(const sdk::Request& request) const;
};

/// The files of a folder, not of folders below it; none if there is no such folder.
std::vector<StaticPage> readStaticPages(const std::filesystem::path& folder);

}  // namespace linkup::daemon
