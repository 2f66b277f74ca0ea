#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linkup::auth::bcrypt {

/// The cost of a hash in the form of bcrypt, `$2a$`, `$2b$` or `$2y$`; nothing if it is none.
std::optional<int> costOf(std::string_view hash);
/// Slow on purpose.   Threading: any thread.
bool verify(std::string_view password, const std::string& hash);
/// Of no password that anyone knows.
std::string hashOfNobody(int cost);

}  // namespace linkup::auth::bcrypt
