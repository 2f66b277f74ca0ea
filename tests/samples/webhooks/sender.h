#pragma once

#include <linkup/sdk/heartbeat.h>
#include <linkup/sdk/log.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "delivery_service.h"

namespace webhooks {

/// A thread that delivers to one endpoint, so that a slow receiver holds up nobody else.
///
/// Threading: wake from any thread.   Lifetime: what it is given outlives it.
class Sender {
public:
    Sender(DeliveryService& service, linkup::sdk::Clock& clock, linkup::sdk::Log& log,
           linkup::sdk::Heartbeat& heartbeat);
    ~Sender() { stop(); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    void start();
    /// There is something new.
    void wake();
    /// Waits for the thread. An attempt under way is ended.
    void stop() noexcept;

private:
    void run();
    void deliverDue();
    std::chrono::milliseconds pause();

    DeliveryService& service_;
    linkup::sdk::Clock& clock_;
    linkup::sdk::Log& log_;
    linkup::sdk::Heartbeat& heartbeat_;
    std::mutex mutex_;
    std::condition_variable woken_;
    bool wake_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace webhooks
