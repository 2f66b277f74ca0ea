#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// Undoes what made it when destroyed. Destroying waits until no callback of it is running (but for its own
/// thread).
class LINKUP_SDK_API Subscription {
public:
    virtual ~Subscription();
};

/// Messages between nodes, topic by topic: at most once, in order per sender. What is lost while Redis is
/// away is announced as a gap, never silently.
///
/// Implemented by: host; topics are prefixed with the plugin's name.   Lifetime: the Host's.   Threading:
/// publish from any thread, it only queues and never blocks; callbacks come one at a time from the bus's own
/// thread and must be quick.   Errors: none; a message that cannot be sent is dropped, and every node gets a
/// gap.   Since: ABI 1.0.
class LINKUP_SDK_API Bus {
public:
    using OnMessage = std::function<void(std::string_view message)>;
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
};

}  // namespace linkup::sdk
