#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/export.h"
#include "linkup/sdk/trace.h"

namespace linkup::sdk {

/// Undoes what made it when destroyed. Destroying waits until no callback of it is running (but for its own
/// thread).
/// Implemented by: host.   Lifetime: the plugin's, but not beyond the Host's.   Since: ABI 1.0.
class LINKUP_SDK_API Subscription {
public:
    virtual ~Subscription();
};

/// A message and what it belongs to. Made by: plugin.   Since: ABI 1.4.
struct TracedMessage {
    std::string text;      ///< what is sent
    TraceContext trace{};  ///< holds around the callback
};

/// Messages between nodes, topic by topic: at most once, in order per sender. What is lost while Redis is
/// away is announced as a gap, never silently. With each goes the publisher's TraceScope, which holds again
/// around the callback, on whichever node.
///
/// Implemented by: host; topics are prefixed with the plugin's name.   Lifetime: the Host's.   Threading:
/// publish from any thread, it only queues and never blocks; callbacks come one at a time from the bus's own
/// thread and must be quick.   Errors: none; a message that cannot be sent is dropped, and every node gets a
/// gap.   Since: ABI 1.0.
class LINKUP_SDK_API Bus {
public:
    /// Gets a message of the topic.
    using OnMessage = std::function<void(std::string_view message)>;
    /// Is told that messages may have been missed.
    using OnGap = std::function<void()>;
    virtual ~Bus();
    /// To every subscriber of the topic on every node, this one included.
    virtual void publish(std::string_view topic, std::string message) = 0;
    /// All of them in one round trip.
    virtual void publishBatch(std::string_view topic, std::vector<std::string> messages) = 0;
    /// `on_gap` comes when messages may have been missed, after listening again has begun. The subscriber
    /// then reads the truth from the database.
    [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string_view topic,
                                                                  OnMessage on_message, OnGap on_gap) = 0;
    /// False while messages from other nodes may be missed.
    virtual bool connected() const noexcept = 0;
    /// As publishBatch, for messages that do not belong to the publisher's TraceScope. Since: ABI 1.4.
    virtual void publishTraced(std::string_view topic, std::vector<TracedMessage> messages) = 0;
};

}  // namespace linkup::sdk
