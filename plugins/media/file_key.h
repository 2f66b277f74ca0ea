#pragma once

#include <linkup/sdk/principal.h>

#include <string>
#include <string_view>

namespace linkup::media {

/// A key that nobody can guess and that was never used: "sw/media/7/0b0f6c1e-….webp".
std::string newFileKey(std::string_view folder, sdk::UserId user, std::string_view ending);
/// True for a key below the folder of `user`.
bool belongsTo(std::string_view file_key, sdk::UserId user);
/// True for keys that may name a file of a store: "sw/…" without a way out.
bool isPlain(std::string_view file_key);
/// By the key's ending.
std::string_view contentTypeOf(std::string_view file_key);

}  // namespace linkup::media
