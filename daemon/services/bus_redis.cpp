#include "bus_redis.h"

#include <span>
#include <utility>

namespace linkup::daemon {

RedisBus::RedisBus(const RedisSettings& settings, sdk::Log& log)
    : subscribers_(std::make_shared<BusSubscribers>(log)),
      listener_(std::make_shared<RedisListener>(settings, subscribers_, log)),
      publisher_(settings, log) {}

RedisBus::~RedisBus() {
    publisher_.stop();
    listener_->stop();
}

void RedisBus::publish(std::string_view topic, std::string message) {
    publisher_.publish(topic, std::span(&message, 1), sdk::TraceScope::current());
}

void RedisBus::publishBatch(std::string_view topic, std::vector<std::string> messages) {
    publisher_.publish(topic, messages, sdk::TraceScope::current());
}

void RedisBus::publishTraced(std::string_view topic, std::vector<sdk::TracedMessage> messages) {
    publisher_.publish(topic, messages);
}

std::unique_ptr<sdk::Subscription> RedisBus::subscribe(std::string_view topic, OnMessage on_message,
                                                       OnGap on_gap) {
    auto subscriber = listener_->join(topic, std::move(on_message), std::move(on_gap));
    return std::make_unique<BusSubscription>(
        [listener = listener_, topic = std::string(topic), subscriber = std::move(subscriber)] {
            listener->leave(topic, subscriber);
        });
}

BusStatistics RedisBus::statistics() const {
    const auto sent = publisher_.statistics();
    return {sent.published, sent.dropped, subscribers_->delivered(), subscribers_->gaps(), sent.queued};
}

}  // namespace linkup::daemon
