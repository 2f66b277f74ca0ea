#include "bus_memory.h"

#include <utility>

namespace linkup::daemon {

MemoryBus::MemoryBus(sdk::Log& log, std::size_t max_queued)
    : max_queued_(max_queued),
      subscribers_(std::make_shared<BusSubscribers>(log)),
      thread_([this] { run(); }) {}

MemoryBus::~MemoryBus() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void MemoryBus::publish(std::string_view topic, std::string message) {
    auto name = std::make_shared<const std::string>(topic);
    {
        const std::lock_guard lock(mutex_);
        enqueue({std::move(name), std::move(message), sdk::TraceScope::current()});
    }
    wake_.notify_one();
}

void MemoryBus::publishBatch(std::string_view topic, std::vector<std::string> messages) {
    const auto name = std::make_shared<const std::string>(topic);
    {
        const std::lock_guard lock(mutex_);
        for (auto& message : messages) enqueue({name, std::move(message), sdk::TraceScope::current()});
    }
    wake_.notify_one();
}

void MemoryBus::publishTraced(std::string_view topic, std::vector<sdk::TracedMessage> messages) {
    const auto name = std::make_shared<const std::string>(topic);
    {
        const std::lock_guard lock(mutex_);
        for (auto& message : messages) enqueue({name, std::move(message.text), std::move(message.trace)});
    }
    wake_.notify_one();
}

void MemoryBus::enqueue(Message message) {
    if (queue_.size() + in_delivery_ < max_queued_) {
        queue_.emplace_back(std::move(message));
        ++counters_.published;
        return;
    }
    ++counters_.dropped;
    if (queue_.empty() || queue_.back().has_value()) queue_.emplace_back(std::nullopt);
}

std::unique_ptr<sdk::Subscription> MemoryBus::subscribe(std::string_view topic, OnMessage on_message,
                                                        OnGap on_gap) {
    auto subscriber = subscribers_->add(topic, std::move(on_message), std::move(on_gap));
    return std::make_unique<BusSubscription>(
        [subscribers = subscribers_, subscriber = std::move(subscriber)] {
            subscribers->remove(subscriber);
        });
}

BusStatistics MemoryBus::statistics() const {
    const std::lock_guard lock(mutex_);
    auto statistics = counters_;
    statistics.queued = queue_.size() + in_delivery_;
    statistics.delivered = subscribers_->delivered();
    statistics.gaps = subscribers_->gaps();
    return statistics;
}

void MemoryBus::run() {
    std::deque<Item> batch;
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        batch.swap(queue_);
        in_delivery_ = batch.size();
        lock.unlock();
        for (const auto& item : batch) deliver(item);
        batch.clear();
        lock.lock();
        in_delivery_ = 0;
    }
}

void MemoryBus::deliver(const Item& item) {
    if (!item) return subscribers_->announceGap();
    const sdk::TraceScope scope(item->trace);
    subscribers_->deliver(*item->topic, item->text);
}

}  // namespace linkup::daemon
