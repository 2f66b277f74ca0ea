#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// A file that is open for reading, and is closed with its last share. It may have no name any more.
///
/// Implemented by: SDK.   Lifetime: shared.   Threading: any thread; reading blocks, so no I/O thread.
/// Ownership: whoever has a share.   Errors: as each member says.   Since: ABI 1.0.
class LINKUP_SDK_API File {
public:
    /// Errors: Error{kNotFound} if there is no regular file at `path` that may be read.
    static std::shared_ptr<const File> open(const std::string& path);
    /// A file in memory that holds `bytes`. Errors: Error{kInternal}.
    static std::shared_ptr<const File> holding(std::string_view bytes);
    /// Takes the descriptor over, also when it throws. Errors: Error{kNotFound} if it is no regular file's.
    explicit File(int descriptor);
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    int descriptor() const noexcept { return descriptor_; }
    /// When it was opened; it must not become shorter afterwards.
    std::uint64_t size() const noexcept { return size_; }
    /// Fills `into` from `offset` on and returns how many bytes it read: less than asked only at the file's
    /// end. Errors: Error{kInternal}.
    std::size_t read(std::uint64_t offset, std::span<char> into) const;

private:
    int descriptor_;
    std::uint64_t size_ = 0;
};

}  // namespace linkup::sdk
