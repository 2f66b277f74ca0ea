#include "plugin_check.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <new>
#include <sstream>
#include <system_error>

#include "daemon/plugins/plugin_context.h"
#include "daemon/plugins/plugin_library.h"
#include "daemon_backend.h"
#include "daemon_parts.h"
#include "linkup/sdk/version.h"

namespace linkup::daemon {

namespace {

enum class Step : int { kReading, kLoading, kMaking, kConfiguring, kRegistering, kDestroying };

const char* nameOf(Step step) {
    switch (step) {
        case Step::kReading:
            return "reading its descriptor";
        case Step::kLoading:
            return "loading it (a constructor of the library)";
        case Step::kMaking:
            return "making the plugin";
        case Step::kConfiguring:
            return "configure";
        case Step::kRegistering:
            return "registerWith";
        case Step::kDestroying:
            break;
    }
    return "destroying the plugin";
}

/// How far the child has come, in memory that both processes share.
class SharedStep {
public:
    SharedStep()
        : memory_(mmap(nullptr, sizeof(std::atomic<Step>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0)) {
        if (memory_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
        step_ = new (memory_) std::atomic<Step>(Step::kReading);
    }
    ~SharedStep() { munmap(memory_, sizeof(std::atomic<Step>)); }
    SharedStep(const SharedStep&) = delete;
    SharedStep& operator=(const SharedStep&) = delete;

    void set(Step step) noexcept { *step_ = step; }
    Step get() const noexcept { return *step_; }

private:
    void* memory_;
    std::atomic<Step>* step_ = nullptr;
};

void printInfo(const PluginInfo& info, std::ostream& out) {
    out << "plugin " << info.name << ' ' << toString(info.version) << ": " << info.summary << '\n'
        << "  file: " << info.file.string() << '\n'
        << "  ABI: " << sdk::kAbiMajor << '.' << info.abi_minor << ", here " << sdk::kAbiMajor << '.'
        << sdk::kAbiMinor << '\n';
    for (const Dependency& wanted : info.depends) {
        out << "  " << (wanted.kind == Dependency::Kind::kSoft ? "uses " : "needs ") << wanted.name << ", "
            << wanted.range() << '\n';
    }
}

/// All steps; returns what is to be printed. Errors: whatever a step throws.
std::string inspect(const std::filesystem::path& file, Settings& settings, SharedStep& step) {
    std::ostringstream out;
    const PluginInfo info = readPluginInfo(file);
    printInfo(info, out);
    DaemonParts parts(settings);
    parts.open(settings, PartsMode::kOffline);
    Watchdog watchdog(*parts.log);
    DaemonBackend backend(parts, watchdog);
    RegistrationBook book;
    HookRegistry hooks;
    ServiceRegistry services;
    step.set(Step::kLoading);
    const PluginLibrary library(info);
    PluginContext context(info.name, {backend, book, hooks, services});
    step.set(Step::kMaking);
    auto plugin = library.create();
    step.set(Step::kConfiguring);
    settings.configurePlugin(info.name, [&](sdk::Config& config) { plugin->configure(config); });
    step.set(Step::kRegistering);
    context.whileOpen([&] { plugin->registerWith(context, context); });
    printRegistrations(book, out);
    out << "options:\n";
    for (const DeclaredOption& option : settings.declaredBy(info.name))
        out << "  " << option.key << " = " << option.shown() << " (" << option.origin << ")\n";
    step.set(Step::kDestroying);
    context.undo();
    plugin.reset();
    return out.str();
}

void complain(const std::filesystem::path& file, const std::string& message) {
    std::istringstream lines(message);
    for (std::string line; std::getline(lines, line);) {
        // Most messages name the file themselves.
        const bool named = line.find(file.string()) != std::string::npos;
        std::cerr << "linkupd: " << (named ? "" : file.string() + ": ") << line << '\n';
    }
}

[[noreturn]] void runChild(const std::filesystem::path& file, Settings& settings, SharedStep& step) {
    // Whoever waits may interrupt a plugin that hangs, and a crash of it leaves no core file.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
    const rlimit none{};
    setrlimit(RLIMIT_CORE, &none);
    int code = 1;
    try {
        std::cout << inspect(file, settings, step) << "ok\n" << std::flush;
        code = 0;
    } catch (const PluginError& error) {
        complain(file, error.what());
    } catch (const SettingError& error) {
        complain(file, error.what());
    } catch (const std::exception& error) {
        complain(file, std::string(nameOf(step.get())) + " failed: " + error.what());
    } catch (...) {
        complain(file,
                 std::string(nameOf(step.get())) + " failed: it threw something that is no std::exception");
    }
    std::cerr << std::flush;
    _exit(code);
}

/// Whether the child has ended in time; it is killed else.
bool endsInTime(pid_t child, std::chrono::milliseconds time) {
    // glibc 2.36 declares pidfd_open for C alone.
    const auto handle = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (handle < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
    pollfd end{handle, POLLIN, 0};
    const auto until = std::chrono::steady_clock::now() + time;
    int count = 0;
    do {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        count = poll(&end, 1, static_cast<int>(std::max(left.count(), std::int64_t{0})));
    } while (count < 0 && errno == EINTR);
    close(handle);
    if (count > 0) return true;
    kill(child, SIGKILL);
    return false;
}

}  // namespace

bool checkPlugin(const std::filesystem::path& file, Settings& settings) {
    SharedStep step;
    std::cout << std::flush;
    const pid_t child = fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) runChild(file, settings, step);
    const std::chrono::milliseconds time(settings.integer("plugins.check_timeout_ms"));
    const bool in_time = endsInTime(child, time);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!in_time) {
        complain(file, std::string("not done after ") + std::to_string(time.count()) +
                           " ms (plugins.check_timeout_ms), in: " + nameOf(step.get()));
    } else if (WIFSIGNALED(status)) {
        complain(file, std::string("ended by signal ") + std::to_string(WTERMSIG(status)) + " (" +
                           strsignal(WTERMSIG(status)) + ") in: " + nameOf(step.get()));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace linkup::daemon
