#include "process.h"

#include <sys/wait.h>

#include <cerrno>
#include <stdexcept>

#include "process_spawner.h"

namespace linkup::test {
namespace {

constexpr const char* kOutputFile = "output";

}  // namespace

Process::Process(const ProcessOptions& options) : pid_(spawn(options, folder_ / kOutputFile)) {}

Process::~Process() {
    kill();
}

bool Process::running() {
    return !wait(std::chrono::milliseconds{0});
}

void Process::signal(int number) {
    if (running()) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds deadline) {
    const bool ended = waitFor([this] { return reap(WNOHANG); }, deadline);
    return ended ? exitCode_ : std::nullopt;
}

void Process::kill() {
    if (exitCode_) return;
    ::kill(-pid_, SIGKILL);
    reap(0);
}

bool Process::reap(int flags) {
    if (exitCode_) return true;
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | flags) != 0 && errno == EINTR) {
    }
    if (info.si_pid != pid_) return false;
    ::kill(-pid_, SIGKILL);  // while the zombie still keeps the number from being given to someone else
    waitpid(pid_, nullptr, 0);
    exitCode_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    return true;
}

std::string Process::output() const {
    return readFile(folder_ / kOutputFile);
}

ProcessResult run(const ProcessOptions& options, std::chrono::milliseconds deadline) {
    Process process(options);
    const auto exitCode = process.wait(deadline);
    if (!exitCode)
        throw std::runtime_error(options.command[0] + " has not ended in time; it printed:\n" +
                                 process.output());
    return {*exitCode, process.output()};
}

std::string runOrThrow(const ProcessOptions& options, std::chrono::milliseconds deadline) {
    auto result = run(options, deadline);
    if (result.exitCode != 0)
        throw std::runtime_error(options.command[0] + " ended with exit code " +
                                 std::to_string(result.exitCode) + ":\n" + result.output);
    return std::move(result.output);
}

}  // namespace linkup::test
