#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/file.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace linkup::media {

/// Where the bytes of files are. A key is written once and never changed.
///
/// Threading: any thread but an I/O thread.   Errors: Error{kUnavailable} if the storage is full or away.
class FileStorage {
public:
    virtual ~FileStorage() = default;
    /// The whole file is there when it returns, and lasts. When it throws, nothing is, or a store whose
    /// answer was lost may have it still: whoever asked removes it some day. `file_key` is plain.
    virtual void put(const std::string& file_key, const sdk::File& content) = 0;
    /// Errors: also Error{kNotFound}.
    virtual std::shared_ptr<const sdk::File> open(const std::string& file_key) = 0;
    /// One that is not there is fine.
    virtual void remove(const std::string& file_key) = 0;
    /// Where a client finds the file by itself until `expires`; nothing if the daemon has to serve it.
    virtual std::optional<std::string> location(std::string_view method, const std::string& file_key,
                                                sdk::Time expires) = 0;
};

}  // namespace linkup::media
