#include "logging_channel.h"

#include <string_view>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/json.h"

namespace linkup::daemon {
namespace {

struct LevelName {
    std::string_view text;
    std::string_view json;
};

LevelName levelName(Poco::Message::Priority priority) {
    if (priority <= Poco::Message::PRIO_ERROR) return {"ERROR", "error"};
    if (priority == Poco::Message::PRIO_WARNING) return {"WARN ", "warning"};
    if (priority <= Poco::Message::PRIO_INFORMATION) return {"INFO ", "info"};
    return {"DEBUG", "debug"};
}

/// On one line: a line break in a text must not look like the start of another line.
void appendOneLine(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += {'\\', 'x', kHex[(c >> 4) & 15], kHex[c & 15]};
        } else {
            out += c;
        }
    }
}

std::string formatLine(LogFormat format, const Poco::Message& message, std::string_view text) {
    static const std::string kNone;
    const std::string time = sdk::formatTime(sdk::fromMicros(message.getTime().epochMicroseconds()));
    const LevelName level = levelName(message.getPriority());
    const std::string& request = message.get("request_id", kNone);
    const std::string& trace = message.get("trace_id", kNone);
    const std::string& span = message.get("span_id", kNone);
    const std::string& fields = message.get("fields", kNone);
    std::string line;
    line.reserve(192 + text.size() + fields.size());
    if (format == LogFormat::kJson) {
        line.append(R"({"time":")")
            .append(time)
            .append(R"(","level":")")
            .append(level.json)
            .append(R"(","source":)");
        sdk::Json(message.getSource()).dumpTo(line);
        if (!request.empty()) {
            line += R"(,"request_id":)";
            sdk::Json(request).dumpTo(line);
        }
        if (!trace.empty()) {
            line.append(R"(,"trace_id":")").append(trace);
            line.append(R"(","span_id":")").append(span).append("\"");
        }
        line += R"(,"text":)";
        sdk::Json(text).dumpTo(line);
        if (!fields.empty()) line.append(R"(,"fields":)").append(fields);
        line += '}';
        return line;
    }
    line.append(time).append(" ").append(level.text).append(" ").append(message.getSource()).append(" ");
    if (!request.empty() || !trace.empty()) {
        line += '[';
        appendOneLine(line, request);
        if (!trace.empty()) line.append(request.empty() ? "" : " ").append(trace).append("/").append(span);
        line += "] ";
    }
    appendOneLine(line, text);
    if (!fields.empty()) {
        line += ' ';
        appendOneLine(line, fields);
    }
    return line;
}

}  // namespace

LineChannel::LineChannel(LogFormat format, Poco::AutoPtr<Poco::Channel> sink)
    : format_(format), sink_(std::move(sink)) {}

LineChannel::~LineChannel() {
    LineChannel::close();
}

void LineChannel::open() {
    const std::lock_guard guard(thread_mutex_);
    if (thread_.joinable()) return;
    thread_ = std::thread([this] { run(); });
    const std::lock_guard lock(mutex_);
    running_ = true;
}

void LineChannel::close() {
    const std::lock_guard guard(thread_mutex_);
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
    const std::lock_guard lock(mutex_);
    stopping_ = false;
}

void LineChannel::log(const Poco::Message& message) {
    bool start = false;
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= kMaxQueuedLines) {
            ++dropped_;
            return;
        }
        queue_.push_back(message);
        ++queued_;
        start = !running_;
    }
    if (start) open();
    work_.notify_one();
}

void LineChannel::flush() {
    std::unique_lock lock(mutex_);
    const std::uint64_t until = queued_;
    done_.wait(lock, [&] { return written_ >= until || !running_; });
}

std::vector<std::string> LineChannel::recent() const {
    const std::lock_guard lock(mutex_);
    return {recent_.begin(), recent_.end()};
}

void LineChannel::run() {
    std::vector<Poco::Message> batch;
    std::unique_lock lock(mutex_);
    for (;;) {
        work_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) break;  // stopping, and all is written
        batch.swap(queue_);
        const std::uint64_t dropped = std::exchange(dropped_, 0);
        lock.unlock();
        if (dropped > 0) {
            write({"daemon",
                   std::to_string(dropped) + " log lines were dropped: the sink is too slow or fails",
                   Poco::Message::PRIO_WARNING});
        }
        for (const auto& message : batch) write(message);
        lock.lock();
        written_ += batch.size();
        batch.clear();
        done_.notify_all();
    }
    running_ = false;  // under the lock that saw the queue empty, so that the next message starts a thread
    done_.notify_all();
}

void LineChannel::write(const Poco::Message& message) {
    try {
        std::string_view text = message.getText();
        if (text.size() > kMaxTextBytes) text = text.substr(0, kMaxTextBytes);
        std::string line = formatLine(format_, message, text);
        {
            const std::lock_guard lock(mutex_);
            recent_.push_back(line);
            if (recent_.size() > kRecentLines) recent_.pop_front();
        }
        sink_->log(Poco::Message(message, line));
    } catch (...) {
        const std::lock_guard lock(mutex_);
        ++dropped_;
    }
}

}  // namespace linkup::daemon
