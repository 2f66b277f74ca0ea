#pragma once

#include <random>
#include <string>

namespace linkup::chat {

/// Tells what this process puts on the bus from what others put there.
inline std::string randomNodeName() {
    std::random_device source;
    return std::to_string(source()) + "-" + std::to_string(source());
}

}  // namespace linkup::chat
