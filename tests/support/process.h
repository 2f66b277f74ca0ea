#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "temporary_folder.h"
#include "wait.h"

namespace linkup::test {

/// What to start, and how.
struct ProcessOptions {
    /// Program (searched in PATH) and arguments.
    std::vector<std::string> command = {};
    /// Added to, or replacing in, the test's own environment.
    std::map<std::string, std::string> environment = {};
    /// Empty: the test's own.
    std::filesystem::path workingFolder = {};
    /// Run as this user; only root can ask for it. Empty: as the test.
    std::string user = {};
    /// Becomes descriptor 3 of the program, as a service manager hands over a listening socket; -1: none.
    int descriptor = -1;
    /// What the kernel sends to it should the test die.
    int deathSignal = SIGKILL;
};

/// A program started by a test. It never outlives the test: the destructor kills it, and the kernel kills it
/// should the test itself be killed. What it has started in its own process group is killed as soon as its
/// end is seen.
///
/// Threading: start from any thread, a short-lived one too; use one object from one thread at a time.
class Process {
public:
    /// Starts it. Standard input is empty; both outputs go, in order, to one file that `output` reads.
    /// Errors: std::runtime_error when it cannot be started, with the reason.
    explicit Process(const ProcessOptions& options);
    ~Process();

    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }

    /// Whether it still runs.
    bool running();

    /// Sends a signal, if it still runs.
    void signal(int number);

    /// Waits for its end. Returns the exit code, or 128 + the signal that ended it, or nothing if it still
    /// runs after `deadline`.
    std::optional<int> wait(std::chrono::milliseconds deadline = kPatience);

    /// Kills it and all that it started (SIGKILL), and waits for it.
    void kill();

    /// What it has printed so far.
    std::string output() const;

private:
    bool reap(int flags);

    TemporaryFolder folder_;
    pid_t pid_ = -1;
    std::optional<int> exitCode_;
};

/// What a program that ran to its end has left.
struct ProcessResult {
    int exitCode = -1;
    std::string output;  ///< both outputs
};

/// Runs a program to its end. Errors: std::runtime_error when it cannot be started or has not ended by
/// `deadline`.
ProcessResult run(const ProcessOptions& options,
                  std::chrono::milliseconds deadline = std::chrono::seconds{60});

/// As `run`, and throws std::runtime_error with the output when the exit code is not zero. Returns the
/// output.
std::string runOrThrow(const ProcessOptions& options,
                       std::chrono::milliseconds deadline = std::chrono::seconds{60});

}  // namespace linkup::test
