#pragma once

#include <optional>
#include <string_view>

#include "audio.h"

namespace linkup::media {

/// WebM with sound and no moving pictures. Its duration is what its head says, else when its last block
/// begins, as browsers record without knowing how long it will be.
std::optional<Audio> probeWebm(std::string_view bytes);

}  // namespace linkup::media
