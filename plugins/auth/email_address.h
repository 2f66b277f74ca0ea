#pragma once

#include <string>
#include <string_view>

namespace linkup::auth {

/// Without blanks around it.
std::string trimmed(std::string_view text);
/// What makes two addresses the same account: trimmed, ASCII letters in lower case.
std::string emailKey(std::string_view email);

}  // namespace linkup::auth
