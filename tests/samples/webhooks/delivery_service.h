#pragma once

#include <linkup/sdk/host.h>

#include <atomic>
#include <functional>
#include <memory>

#include "delivery_store.h"
#include "transport.h"
#include "webhooks_options.h"

namespace webhooks {

/// What one endpoint is told: what waits for it, when it is tried, and when it is given up.
///
/// Threading: enqueue and giveWay from any thread, the rest from one.   Lifetime: what it is given outlives
/// it.
class DeliveryService {
public:
    /// `random` gives numbers from 0 to 1, the latter excluded.
    DeliveryService(Endpoint endpoint, const DeliveryOptions& options, linkup::sdk::Host& host,
                    std::unique_ptr<Transport> transport, std::function<double()> random);

    const Endpoint& endpoint() const noexcept { return endpoint_; }
    /// Takes a message along in the transaction. When too many wait it is dropped, and counted.
    void enqueue(linkup::sdk::Connection& connection, const std::string& message_id, const std::string& body);
    /// Makes one attempt if something is due; false if nothing was.
    bool deliverNext();
    /// When there is something to do again; nothing: not before the next enqueue.
    std::optional<linkup::sdk::Time> nextDue();
    /// How long to wait after the n-th attempt: between half and all of twice as long as after the one
    /// before.
    std::chrono::milliseconds waitAfter(std::int64_t attempt) const;
    /// Ends an attempt that is under way, which then does not count.
    void giveWay() noexcept;

private:
    void settle(const Delivery& delivery, const Answer& answer);
    void failed(const Delivery& delivery, const std::string& error, std::chrono::milliseconds least_wait);
    void giveUp(const Delivery& delivery, const std::string& error);

    const Endpoint endpoint_;
    const DeliveryOptions options_;
    linkup::sdk::Clock& clock_;
    linkup::sdk::Log& log_;
    DeliveryStore store_;
    std::unique_ptr<Transport> transport_;
    const std::function<double()> random_;
    std::atomic<bool> giving_way_ = false;
    linkup::sdk::Counter& delivered_;
    linkup::sdk::Counter& retried_;
    linkup::sdk::Counter& given_up_;
    linkup::sdk::Counter& dropped_;
    linkup::sdk::Gauge& waiting_;
};

}  // namespace webhooks
