#pragma once

#include <sys/types.h>

#include <filesystem>

#include "process.h"

namespace linkup::test {

/// Forks and executes; `Process` alone calls it. Both outputs go to the file `output`.
///
/// The fork is done by a thread that lives as long as the test: PR_SET_PDEATHSIG fires when the *thread* that
/// forked ends, so a program started by a short-lived thread would die with that.
///
/// Errors: std::runtime_error naming the program and the reason.
pid_t spawn(const ProcessOptions& options, const std::filesystem::path& output);

}  // namespace linkup::test
