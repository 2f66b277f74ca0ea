#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bus.h"
#include "bus_subscribers.h"

namespace linkup::daemon {

/// The bus of a single node: a bounded queue and a thread that delivers. What does not fit is dropped, and a
/// gap takes its place in the queue.
class MemoryBus : public HostBus {
public:
    static constexpr std::size_t kMaxQueued = 65'536;

    explicit MemoryBus(sdk::Log& log, std::size_t max_queued = kMaxQueued);
    /// Delivers what is queued, then ends.
    ~MemoryBus() override;

    void publish(std::string_view topic, std::string message) override;
    void publishBatch(std::string_view topic, std::vector<std::string> messages) override;
    void publishTraced(std::string_view topic, std::vector<sdk::TracedMessage> messages) override;
    std::unique_ptr<sdk::Subscription> subscribe(std::string_view topic, OnMessage on_message,
                                                 OnGap on_gap) override;
    bool connected() const noexcept override { return true; }
    BusStatistics statistics() const override;
    bool healthy() const override { return true; }

private:
    struct Message {
        std::shared_ptr<const std::string> topic;
        std::string text;
        sdk::TraceContext trace;
    };
    using Item = std::optional<Message>;  ///< nothing: a gap

    void enqueue(Message message);
    void run();
    void deliver(const Item& item);

    const std::size_t max_queued_;
    const std::shared_ptr<BusSubscribers> subscribers_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Item> queue_;
    std::size_t in_delivery_ = 0;
    BusStatistics counters_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace linkup::daemon
