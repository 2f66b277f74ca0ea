#include "logging.h"

#include <Poco/ConsoleChannel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>
#include <Poco/NullChannel.h>

#include <algorithm>
#include <utility>

#include "logging_redaction.h"

namespace linkup::daemon {
namespace {

Poco::Message::Priority toPriority(sdk::LogLevel level) {
    switch (level) {
        case sdk::LogLevel::kDebug:
            return Poco::Message::PRIO_DEBUG;
        case sdk::LogLevel::kInfo:
            return Poco::Message::PRIO_INFORMATION;
        case sdk::LogLevel::kWarning:
            return Poco::Message::PRIO_WARNING;
        case sdk::LogLevel::kError:
            break;
    }
    return Poco::Message::PRIO_ERROR;
}

/// `key=value key="a value"`; strings are quoted where they could be misread.
std::string textFields(sdk::Log::Fields fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        const sdk::Json shown = redacted(name, value);
        if (!out.empty()) out += ' ';
        out.append(name).append("=");
        const bool bare =
            shown.isString() && !shown.asString().empty() &&
            std::ranges::all_of(shown.asString(), [](char c) { return c > ' ' && c != '"' && c != '='; });
        if (bare) {
            out += shown.asString();
        } else {
            shown.dumpTo(out);
        }
    }
    return out;
}

std::string jsonFields(sdk::Log::Fields fields) {
    sdk::Json object = sdk::Json::object();
    for (const auto& [name, value] : fields) object.set(name, redacted(name, value));
    return object.dump();
}

class OwnerLog final : public sdk::Log {
public:
    OwnerLog(std::string owner, LogFormat format, const std::atomic<int>& priority)
        : owner_(std::move(owner)),
          format_(format),
          priority_(priority),
          logger_(Poco::Logger::get(owner_)) {}

    bool enabled(sdk::LogLevel level) const noexcept override {
        return toPriority(level) <= priority_.load(std::memory_order_relaxed);
    }

    void write(sdk::LogLevel level, std::string_view text, Fields fields) noexcept override {
        if (!enabled(level)) return;
        try {
            Poco::Message message(owner_, std::string(text), toPriority(level));
            if (const auto id = RequestScope::current(); !id.empty())
                message.set("request_id", std::string(id));
            if (const sdk::TraceContext& trace = sdk::TraceScope::current(); trace.valid()) {
                message.set("trace_id", trace.traceId());
                message.set("span_id", trace.spanId());
            }
            if (fields.size() != 0) {
                message.set("fields", format_ == LogFormat::kJson ? jsonFields(fields) : textFields(fields));
            }
            logger_.log(message);
        } catch (...) {
            // Out of memory, or the channel is gone: a log line is not worth the caller's work.
        }
    }

private:
    const std::string owner_;
    const LogFormat format_;
    const std::atomic<int>& priority_;
    Poco::Logger& logger_;
};

}  // namespace

Logging::Logging(const LoggingOptions& options) : Logging(options, new Poco::ConsoleChannel) {}

Logging::Logging(const LoggingOptions& options, Poco::AutoPtr<Poco::Channel> sink)
    : channel_(new LineChannel(options.format, std::move(sink))), priority_(toPriority(options.level)) {
    channel_->open();
    // "" is the parent of all, so these reach the loggers that exist already; later ones inherit from the
    // root, which Poco 1.11 makes only when asked for it.
    Poco::Logger::root();
    Poco::Logger::setChannel("", channel_);
    Poco::Logger::setLevel("", priority_);
}

Logging::~Logging() {
    Poco::Logger::setChannel("", new Poco::NullChannel);
    channel_->close();
}

std::unique_ptr<sdk::Log> Logging::logFor(std::string owner) {
    return std::make_unique<OwnerLog>(std::move(owner), channel_->format(), priority_);
}

void Logging::setLevel(sdk::LogLevel level) {
    priority_ = toPriority(level);
    Poco::Logger::setLevel("", priority_);
}

void Logging::flush() {
    channel_->flush();
}

std::vector<std::string> Logging::recent() const {
    return channel_->recent();
}

}  // namespace linkup::daemon
