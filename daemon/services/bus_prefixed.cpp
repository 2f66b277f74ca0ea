#include "bus_prefixed.h"

#include <utility>

namespace linkup::daemon {

PrefixedBus::PrefixedBus(sdk::Bus& bus, std::string prefix) : bus_(bus), prefix_(std::move(prefix)) {}

void PrefixedBus::publish(std::string_view topic, std::string message) {
    bus_.publish(prefix_ + std::string(topic), std::move(message));
}

void PrefixedBus::publishBatch(std::string_view topic, std::vector<std::string> messages) {
    bus_.publishBatch(prefix_ + std::string(topic), std::move(messages));
}

void PrefixedBus::publishTraced(std::string_view topic, std::vector<sdk::TracedMessage> messages) {
    bus_.publishTraced(prefix_ + std::string(topic), std::move(messages));
}

std::unique_ptr<sdk::Subscription> PrefixedBus::subscribe(std::string_view topic, OnMessage on_message,
                                                          OnGap on_gap) {
    return bus_.subscribe(prefix_ + std::string(topic), std::move(on_message), std::move(on_gap));
}

}  // namespace linkup::daemon
