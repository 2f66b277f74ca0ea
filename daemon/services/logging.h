#pragma once

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/log.h"
#include "logging_channel.h"

namespace linkup::daemon {

/// Makes the lines that this thread logs carry a request's id, until the scope ends; the one around it then
/// holds again.
///
/// Lifetime: `id` must live as long as the scope.   Threading: one thread; hand `current()` on by value to
/// another.
class RequestScope {
public:
    explicit RequestScope(std::string_view id) noexcept;
    ~RequestScope();
    RequestScope(const RequestScope&) = delete;
    RequestScope& operator=(const RequestScope&) = delete;

    /// Empty outside any scope.
    static std::string_view current() noexcept;

private:
    std::string_view outer_;
};

struct LoggingOptions {
    LogFormat format = LogFormat::kText;
    sdk::LogLevel level = sdk::LogLevel::kInfo;
};

/// The log of this process: every Poco::Logger, ours and Poco's own, ends in one channel that writes lines
/// (see LineChannel) to `sink`. Fields whose name tells a secret are replaced, see isSecretName.
///
/// Lifetime: one at a time in a process; outlives each Log that it gave out.   Threading: any thread.
class Logging {
public:
    /// To standard error.
    explicit Logging(const LoggingOptions& options);
    Logging(const LoggingOptions& options, Poco::AutoPtr<Poco::Channel> sink);
    /// Writes what is queued; Poco's loggers are silent afterwards.
    ~Logging();
    Logging(const Logging&) = delete;
    Logging& operator=(const Logging&) = delete;

    /// The log of a plugin or of a part of the daemon; `owner` stands in each line.
    std::unique_ptr<sdk::Log> logFor(std::string owner);
    /// From now on, for all; on SIGHUP.
    void setLevel(sdk::LogLevel level);
    /// Waits until everything logged before is with the sink.
    void flush();
    /// The last 200 lines, oldest first.
    std::vector<std::string> recent() const;

private:
    Poco::AutoPtr<LineChannel> channel_;
    std::atomic<int> priority_;  ///< Poco's number of the level
};

}  // namespace linkup::daemon
