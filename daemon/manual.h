#pragma once

#include <Poco/Util/OptionSet.h>

#include <iosfwd>
#include <span>

#include "settings_file.h"

namespace linkup::daemon {

/// The manual page linkupd(8), in troff's macros `man`: what the command line takes, and every option of the
/// configuration.
void printManual(const Poco::Util::OptionSet& command_line, std::span<const OptionGroup> groups,
                 std::ostream& out);

}  // namespace linkup::daemon
