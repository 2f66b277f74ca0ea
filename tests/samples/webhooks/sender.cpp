#include "sender.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace webhooks {

using namespace linkup;
using std::chrono::milliseconds;

namespace {

/// How long at most until it looks for itself: at what other nodes left behind, and at a database that was
/// away.
constexpr milliseconds kPoll{2'000};

}  // namespace

Sender::Sender(DeliveryService& service, sdk::Clock& clock, sdk::Log& log, sdk::Heartbeat& heartbeat)
    : service_(service), clock_(clock), log_(log), heartbeat_(heartbeat) {}

void Sender::start() {
    thread_ = std::thread([this] { run(); });
}

void Sender::wake() {
    {
        const std::lock_guard lock(mutex_);
        wake_ = true;
    }
    woken_.notify_one();
}

void Sender::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    woken_.notify_one();
    service_.giveWay();
    if (thread_.joinable()) thread_.join();
}

void Sender::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        wake_ = false;
        lock.unlock();
        milliseconds wait = kPoll;
        try {
            deliverDue();
            wait = pause();
        } catch (const std::exception& error) {
            log_.warning("webhooks cannot be worked on; trying on",
                         {{"endpoint", service_.endpoint().name}, {"reason", error.what()}});
        }
        heartbeat_.rest();
        lock.lock();
        woken_.wait_for(lock, wait, [this] { return stopping_ || wake_; });
    }
}

void Sender::deliverDue() {
    const auto goOn = [this] {
        const std::lock_guard lock(mutex_);
        return !stopping_;
    };
    do {
        heartbeat_.beat();
    } while (goOn() && service_.deliverNext());
}

milliseconds Sender::pause() {
    const auto due = service_.nextDue();
    if (!due) return kPoll;
    const auto wait = std::chrono::ceil<milliseconds>(*due - clock_.now());
    return std::clamp(wait, milliseconds(1), kPoll);
}

}  // namespace webhooks
