#pragma once

#include <cstdint>

#include "linkup/sdk/http.h"

namespace linkup::daemon {

/// The part of a file that goes out.
struct FileRange {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

/// Makes a 200 with a file into what the request's conditions and range ask for (RFC 9110 §13, §14): 200,
/// 206, 304 or 416. One range is served; who asks for several gets the whole. `ranges`: false for HEAD.
FileRange applyConditions(const sdk::Request& request, bool ranges, sdk::Response& response);

}  // namespace linkup::daemon
