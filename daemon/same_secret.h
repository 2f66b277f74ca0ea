#pragma once

#include <string_view>

namespace linkup::daemon {

/// Whether two secrets are equal, in a time that tells neither content nor length. Any thread.
bool sameSecret(std::string_view left, std::string_view right);

}  // namespace linkup::daemon
