#include "process_spawner.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace linkup::test {
namespace {

constexpr int kHandedOver = 3;

/// Runs jobs one after the other on a thread of its own, which is never joined: it ends with the program.
class LastingThread {
public:
    LastingThread() {
        std::thread([this] { work(); }).detach();
    }

    pid_t call(std::function<pid_t()> job) {
        std::packaged_task<pid_t()> task(std::move(job));
        auto result = task.get_future();
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
        }
        wakeUp_.notify_one();
        return result.get();
    }

private:
    void work() {
        while (true) {
            std::unique_lock lock(mutex_);
            wakeUp_.wait(lock, [this] { return !tasks_.empty(); });
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
        }
    }

    std::mutex mutex_;
    std::condition_variable wakeUp_;
    std::deque<std::packaged_task<pid_t()>> tasks_;
};

LastingThread& spawnerThread() {
    static auto* const thread = new LastingThread;  // never destroyed: other statics may still start programs
    return *thread;
}

/// What the child needs between fork and exec, where only async-signal-safe calls are allowed.
struct Plan {
    std::vector<std::string> environment;
    std::vector<char*> arguments;
    std::vector<char*> environmentPointers;
    const char* folder = nullptr;
    bool changeUser = false;
    uid_t user = 0;
    gid_t group = 0;
    int deathSignal = 0;
    int output = -1;
    int input = -1;
    int report = -1;
    int descriptor = -1;
    pid_t parent = 0;
};

std::vector<char*> pointersTo(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> environmentWith(const std::map<std::string, std::string>& changes) {
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        if (!changes.contains(text.substr(0, text.find('=')))) result.push_back(text);
    }
    for (const auto& [name, value] : changes) result.push_back(name + "=" + value);
    return result;
}

void lookUpUser(const std::string& name, Plan& plan) {
    if (name.empty()) return;
    const passwd* const found = getpwnam(name.c_str());
    if (found == nullptr) throw std::runtime_error("no such user: " + name);
    plan.changeUser = true;
    plan.user = found->pw_uid;
    plan.group = found->pw_gid;
}

[[noreturn]] void becomeProgram(const Plan& plan) {
    const auto giveUp = [&plan] {
        const int error = errno;
        [[maybe_unused]] const auto written = write(plan.report, &error, sizeof error);
        _exit(127);
    };
    setpgid(0, 0);  // so that it can be killed together with what it starts
    if (plan.changeUser &&
        (setgroups(1, &plan.group) != 0 || setgid(plan.group) != 0 || setuid(plan.user) != 0))
        giveUp();
    // After the change of user, which clears it.
    if (prctl(PR_SET_PDEATHSIG, plan.deathSignal) != 0) giveUp();
    if (getppid() != plan.parent) _exit(127);  // the test died before the line above
    if (plan.folder != nullptr && chdir(plan.folder) != 0) giveUp();
    if (dup2(plan.input, 0) < 0 || dup2(plan.output, 1) < 0 || dup2(plan.output, 2) < 0) giveUp();
    if (plan.descriptor >= 0 &&
        (dup2(plan.descriptor, kHandedOver) < 0 || fcntl(kHandedOver, F_SETFD, 0) != 0))
        giveUp();

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    execvpe(plan.arguments[0], plan.arguments.data(), plan.environmentPointers.data());
    giveUp();
    _exit(127);
}

int openOrThrow(const char* path, int flags) {
    const int file = open(path, flags | O_CLOEXEC, 0644);
    if (file < 0) throw std::runtime_error(std::string("cannot open ") + path + ": " + std::strerror(errno));
    return file;
}

}  // namespace

pid_t spawn(const ProcessOptions& options, const std::filesystem::path& output) {
    if (options.command.empty()) throw std::runtime_error("no program to start");
    Plan plan;
    plan.environment = environmentWith(options.environment);
    plan.arguments = pointersTo(options.command);
    plan.environmentPointers = pointersTo(plan.environment);
    plan.folder = options.workingFolder.empty() ? nullptr : options.workingFolder.c_str();
    plan.deathSignal = options.deathSignal;
    plan.parent = getpid();
    lookUpUser(options.user, plan);
    plan.output = openOrThrow(output.c_str(), O_WRONLY | O_CREAT | O_APPEND);
    plan.input = openOrThrow("/dev/null", O_RDONLY);
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    plan.report = fcntl(report[1], F_DUPFD_CLOEXEC, kHandedOver + 1);  // out of the way
    plan.descriptor = options.descriptor;

    const pid_t pid = spawnerThread().call([&plan] {
        const pid_t child = fork();
        if (child == 0) becomeProgram(plan);
        return child;
    });
    close(plan.output);
    close(plan.input);
    close(report[1]);
    close(plan.report);

    int error = pid < 0 ? EAGAIN : 0;
    if (pid > 0 && read(report[0], &error, sizeof error) != sizeof error) error = 0;
    close(report[0]);
    if (error == 0) return pid;
    if (pid > 0) waitpid(pid, nullptr, 0);
    throw std::runtime_error("cannot start " + options.command[0] + ": " + std::strerror(error));
}

}  // namespace linkup::test
