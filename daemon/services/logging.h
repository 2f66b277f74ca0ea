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
#include "request_scope.h"

namespace linkup::daemon {

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
