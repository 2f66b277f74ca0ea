#pragma once

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Message.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace linkup::daemon {

enum class LogFormat { kText, kJson };

/// Turns messages into lines and writes them to a sink on a thread of its own, so that nobody waits for a
/// disk or a pipe. Past its limit lines are dropped and their number is told in a line of its own.
///
/// A message may carry the parameters `request_id`, `trace_id` and `span_id`, and `fields`, already printed
/// in this channel's format. Threading: any thread.   Errors: none leave `log`; what the sink throws is
/// counted as a dropped line.
class LineChannel final : public Poco::Channel {
public:
    static constexpr std::size_t kMaxQueuedLines = 20'000;
    static constexpr std::size_t kRecentLines = 200;
    static constexpr std::size_t kMaxTextBytes = 8'000;  ///< a longer text is cut

    LineChannel(LogFormat format, Poco::AutoPtr<Poco::Channel> sink);

    void open() override;
    /// Writes what is queued and ends the thread; later messages start it again.
    void close() override;
    void log(const Poco::Message& message) override;

    LogFormat format() const noexcept { return format_; }
    /// Waits until everything logged before is with the sink.
    void flush();
    /// The last lines, oldest first.
    std::vector<std::string> recent() const;

protected:
    ~LineChannel() override;

private:
    void run();
    void write(const Poco::Message& message);

    const LogFormat format_;
    Poco::AutoPtr<Poco::Channel> sink_;
    std::mutex thread_mutex_;  ///< guards thread_
    std::thread thread_;
    mutable std::mutex mutex_;  ///< guards what follows
    std::condition_variable work_;
    std::condition_variable done_;
    std::vector<Poco::Message> queue_;
    std::deque<std::string> recent_;
    std::uint64_t queued_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t dropped_ = 0;
    bool running_ = false;
    bool stopping_ = false;
};

}  // namespace linkup::daemon
