#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console_guard.h"
#include "daemon/plugins/registration_set.h"
#include "daemon_parts.h"
#include "readiness.h"

namespace linkup::daemon {

/// The operators' console: its page at /console and what that page asks for, on a listener of its own with
/// threads of its own, so that it answers when the server has too much to do. What plugins keep it gets by
/// the hooks that the operators' commands run too.
///
/// Lifetime: parts and readiness outlive it; it is stopped before the plugins are.   Threading: one thread.
class Console {
public:
    /// Runs a hook in a transaction of its own: `question`, with what the handlers added; nothing if none of
    /// them gave `answer`. Called from any thread.
    using Ask = std::function<std::optional<sdk::Json>(std::string_view hook, const sdk::Json& question,
                                                       std::string_view answer)>;

    /// `folder` has the page's files. Error{kInvalidArgument} for a token that is too short.
    Console(const Settings& settings, DaemonParts& parts, const Readiness& readiness, Ask ask,
            const std::filesystem::path& folder);
    ~Console();

    /// Listens, and logs where. `plugins` is what /console/api/plugins answers.
    void start(sdk::Json plugins);
    void stop() noexcept;

private:
    using Answer = std::function<sdk::Json(const sdk::Request&)>;
    void addPages(const std::filesystem::path& folder);
    void addNumbers();
    void addPeople();
    void addRoute(sdk::Method method, const std::string& path, std::optional<sdk::Schema> body,
                  Answer answer);
    /// Null if no plugin answers.
    sdk::Json askFor(std::string_view hook, const sdk::Json& question, std::string_view answer) const;
    sdk::Json overview() const;
    void note(const sdk::Request& request, std::string_view what, sdk::UserId user) const;

    DaemonParts& parts_;
    const Readiness& readiness_;
    const Ask ask_;
    std::unique_ptr<sdk::Log> log_;
    ConsoleGuard guard_;
    const std::string address_;
    const std::string profile_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    sdk::Json plugins_;
    std::unique_ptr<sdk::Metrics> metrics_;
    std::unique_ptr<HostBus> bus_;
    std::unique_ptr<WorkerPools> pools_;
    std::unique_ptr<Gateway> gateway_;
    RegistrationSet registrations_;
};

}  // namespace linkup::daemon
