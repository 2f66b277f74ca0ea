#pragma once

#include <string>

#include "linkup/sdk/bus.h"

namespace linkup::daemon {

/// A plugin's own part of a bus: every topic has `prefix` in front, which the plugin does not see.
///
/// Lifetime: `bus` must outlive it.
class PrefixedBus : public sdk::Bus {
public:
    PrefixedBus(sdk::Bus& bus, std::string prefix);

    void publish(std::string_view topic, std::string message) override;
    void publishBatch(std::string_view topic, std::vector<std::string> messages) override;
    void publishTraced(std::string_view topic, std::vector<sdk::TracedMessage> messages) override;
    std::unique_ptr<sdk::Subscription> subscribe(std::string_view topic, OnMessage on_message,
                                                 OnGap on_gap) override;
    bool connected() const noexcept override { return bus_.connected(); }

private:
    sdk::Bus& bus_;
    const std::string prefix_;
};

}  // namespace linkup::daemon
