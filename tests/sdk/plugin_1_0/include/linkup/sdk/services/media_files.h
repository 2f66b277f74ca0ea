#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/database.h"
#include "linkup/sdk/principal.h"

namespace linkup::sdk {

/// Who uploaded which file.
///
/// Implemented by: plugin media.   Lifetime: the plugin's.   Threading: any thread but an I/O thread.
/// Errors: as Connection::execute.   Since: ABI 1.0.
class MediaFiles {
public:
    static constexpr std::string_view kServiceName = "linkup.media_files/1";
    struct File {
        UserId user = 0;
        std::string file_key;
        auto operator<=>(const File&) const = default;
    };
    virtual ~MediaFiles() = default;
    /// Of `files` those that their user uploaded and that are there; they stay until the transaction ends, so
    /// that what it stores can refer to them. One statement whatever their number.
    virtual std::vector<File> uploaded(Connection& connection, const std::vector<File>& files) = 0;
};

}  // namespace linkup::sdk
