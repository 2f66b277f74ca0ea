#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "linkup/sdk/trace.h"

namespace linkup::daemon {

/// How topics and the bus's own notices are named in Redis.
class BusChannels {
public:
    explicit BusChannels(const std::string& prefix)
        : topics_(prefix + "bus:"), notices_(prefix + "bus-notices") {}

    std::string ofTopic(std::string_view topic) const { return topics_ + std::string(topic); }
    /// The topic, or nothing if the channel is no topic's.
    std::optional<std::string_view> topicOf(std::string_view channel) const {
        if (!channel.starts_with(topics_)) return std::nullopt;
        return channel.substr(topics_.size());
    }
    /// Where a node tells all nodes that it has dropped messages. No topic is named so.
    const std::string& notices() const { return notices_; }

private:
    const std::string topics_;
    const std::string notices_;
};

/// A message as it goes through Redis: in the first line what it belongs to, as `traceparent`, and behind a
/// blank `tracestate`; either may be missing. Then the text.
namespace bus_message {
inline std::string headOf(const sdk::TraceContext& trace) {
    std::string head;
    if (trace.valid()) {
        head.reserve(sdk::TraceContext::kTextBytes + 1);
        trace.appendTraceparent(head);
        if (!trace.state.empty()) head.append(" ").append(trace.state);
    }
    head += '\n';
    return head;
}
/// Takes that line off. What does not begin with one comes from somebody who sends none, and is left whole.
inline sdk::TraceContext takeHead(std::string_view& message) {
    const auto end = message.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view head = message.substr(0, end);
    const auto blank = std::min(head.find(' '), head.size());
    const std::string_view state = head.substr(std::min(blank + 1, head.size()));
    auto trace = sdk::TraceContext::parse(head.substr(0, blank), state);
    if (!trace && !head.empty()) return {};
    message.remove_prefix(end + 1);
    return trace ? std::move(*trace) : sdk::TraceContext();
}
}  // namespace bus_message

}  // namespace linkup::daemon
