#pragma once

#include <stdexcept>
#include <string>

namespace linkup::daemon {

/// Why a plugin cannot be used, for the operator: names the file or plugin, what was found and what was
/// expected.
class PluginError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace linkup::daemon
