#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "free_port.h"
#include "mail.h"
#include "process.h"
#include "temporary_folder.h"

namespace linkup::test {

/// How to start a daemon.
struct DaemonOptions {
    /// Given as `-D key=value`. `server.address`, `server.port` and `paths.state` are set to a free port of
    /// the loopback address and a temporary folder unless they stand here.
    std::map<std::string, std::string> settings = {};
    /// More arguments, as they stand.
    std::vector<std::string> arguments = {};
    /// Added to the test's own environment.
    std::map<std::string, std::string> environment = {};
    /// A file other than the repository's `etc/linkupd.properties`.
    std::optional<std::filesystem::path> config = {};
    /// A listening socket to hand over, which stays the test's; -1: none. `server.port` must say its port.
    int listener = -1;
    std::chrono::milliseconds readyDeadline = std::chrono::seconds{30};
};

/// The built daemon, as a user would start it: the program, its plugins from disk, its configuration file.
///
/// The program is the one of this build, or what the environment variable LINKUP_DAEMON names.
class LinkupDaemon {
public:
    /// Starts it and waits until `/readyz` answers 200. Errors: std::runtime_error with the daemon's log when
    /// it does not.
    explicit LinkupDaemon(DaemonOptions options = {});

    /// Runs it with these options until it ends by itself (`--check`, a refused configuration, …). Returns
    /// its exit code and what it printed. Errors: std::runtime_error when it has not ended by `deadline`.
    static ProcessResult runToEnd(DaemonOptions options,
                                  std::chrono::milliseconds deadline = std::chrono::seconds{30});

    /// Where it listens: `http://127.0.0.1:PORT`.
    std::string url() const;
    std::uint16_t port() const;
    pid_t pid() const { return process_->pid(); }
    bool running() { return process_->running(); }
    void signal(int number) { process_->signal(number); }
    /// The folder of `paths.state`.
    std::filesystem::path state() const;

    /// Asks it to end (SIGTERM) and waits. Returns its exit code. Errors: std::runtime_error with the log
    /// when it has not ended by `deadline`.
    int stop(std::chrono::milliseconds deadline = std::chrono::seconds{30});
    /// Ends it like a power cut (SIGKILL).
    void kill() { process_->kill(); }
    /// Starts it again after `stop` or `kill`, with the same port and state, and waits until it is ready.
    void start();
    /// The same without the waiting.
    void launch();
    /// Waits until `/readyz` answers 200. Errors: as the constructor.
    void waitUntilReady();

    /// All mails in its outbox, oldest first.
    std::vector<Mail> outbox() const;
    /// The newest mail to `address`, waited for; with `after`, one that came when as many had come to that
    /// address. Errors: std::runtime_error when none comes in time.
    Mail mailTo(const std::string& address, std::size_t after = 0) const;
    /// The six-digit code in that mail.
    std::string codeFor(const std::string& address, std::size_t after = 0) const;

    /// What it has printed since its last start.
    std::string log() const { return process_->output(); }

private:
    DaemonOptions options_;
    FreePort freePort_;
    TemporaryFolder folder_;
    std::unique_ptr<Process> process_;
};

}  // namespace linkup::test
