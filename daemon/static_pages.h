#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "linkup/sdk/http.h"

namespace linkup::daemon {

/// A file that is served as it is, held in memory.
struct StaticPage {
    std::string path;  ///< "/" of index.html, "/terms" of terms.html, else "/name"
    std::string content_type;
    std::string body;
    std::string etag;
    std::string last_modified;                                 ///< RFC 9110 date
    std::vector<std::pair<std::string, std::string>> headers;  ///< more of them

    /// 304 when the request shows that it has this version.
    sdk::Response answer(const sdk::Request& request) const;
};

/// The files of a folder, not of folders below it; none if there is no such folder.
std::vector<StaticPage> readStaticPages(const std::filesystem::path& folder);
/// The same for a page that brings its scripts along: all stand below `place`, such as "/try", its
/// index.html at `place` itself. A browser takes nothing for it from anywhere else, nor anything inline, and
/// lets nobody frame it.
std::vector<StaticPage> readApplication(const std::filesystem::path& folder, const std::string& place);

}  // namespace linkup::daemon
