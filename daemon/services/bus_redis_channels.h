#pragma once

#include <optional>
#include <string>
#include <string_view>

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

}  // namespace linkup::daemon
