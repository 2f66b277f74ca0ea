#pragma once

#include <chrono>
#include <functional>

namespace linkup::test {

/// How long a test waits for something that should come at once, on a machine that is busy with other things.
inline constexpr std::chrono::seconds kPatience{10};

/// Asks `condition` again and again until it holds. Returns false when `deadline` has passed without it.
///
/// Errors: whatever `condition` throws.
[[nodiscard]] bool waitFor(const std::function<bool()>& condition,
                           std::chrono::milliseconds deadline = kPatience);

}  // namespace linkup::test
