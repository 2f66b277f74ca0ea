#pragma once

#include <memory>

#include "bus.h"
#include "bus_redis_listener.h"
#include "bus_redis_publisher.h"

namespace linkup::daemon {

/// The bus between nodes, over the publish and subscribe of Redis. A node's own messages take the same way,
/// so all nodes see one sender's messages in the same order.
class RedisBus : public HostBus {
public:
    /// Errors: Error{kInvalidArgument} for a URL that is none.
    RedisBus(const RedisSettings& settings, sdk::Log& log);
    ~RedisBus() override;

    void publish(std::string_view topic, std::string message) override;
    void publishBatch(std::string_view topic, std::vector<std::string> messages) override;
    void publishTraced(std::string_view topic, std::vector<sdk::TracedMessage> messages) override;
    std::unique_ptr<sdk::Subscription> subscribe(std::string_view topic, OnMessage on_message,
                                                 OnGap on_gap) override;
    bool connected() const noexcept override { return listener_->connected(); }
    BusStatistics statistics() const override;
    bool healthy() const override { return listener_->connected() && publisher_.accepting(); }

private:
    const std::shared_ptr<BusSubscribers> subscribers_;
    const std::shared_ptr<RedisListener>
        listener_;  ///< shared with the subscriptions, which may outlive the bus
    RedisPublisher publisher_;
};

}  // namespace linkup::daemon
