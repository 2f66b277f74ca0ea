#include "bus_subscribers.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace linkup::daemon {

struct BusSubscribers::Subscriber {
    const std::string topic;
    sdk::Bus::OnMessage on_message;
    sdk::Bus::OnGap on_gap;
    bool gone = false;
};

BusSubscribers::Handle BusSubscribers::add(std::string_view topic, sdk::Bus::OnMessage on_message,
                                           sdk::Bus::OnGap on_gap) {
    auto subscriber = std::make_shared<Subscriber>(
        Subscriber{std::string(topic), std::move(on_message), std::move(on_gap), false});
    const std::lock_guard lock(mutex_);
    auto& list = topics_[subscriber->topic];
    auto longer = list ? std::make_shared<List>(*list) : std::make_shared<List>();
    longer->push_back(subscriber);
    list = std::move(longer);
    return subscriber;
}

void BusSubscribers::remove(const Handle& subscriber) noexcept {
    std::unique_lock lock(mutex_);
    subscriber->gone = true;
    if (const auto found = topics_.find(subscriber->topic); found != topics_.end()) {
        auto shorter = std::make_shared<List>(*found->second);
        std::erase(*shorter, subscriber);
        if (shorter->empty())
            topics_.erase(found);
        else
            found->second = std::move(shorter);
    }
    if (running_ == subscriber.get() && running_thread_ == std::this_thread::get_id()) return;
    returned_.wait(lock, [&] { return running_ != subscriber.get(); });
    // What the callbacks hold is let go here and now, not when a delivery under way forgets them.
    const auto on_message = std::exchange(subscriber->on_message, nullptr);
    const auto on_gap = std::exchange(subscriber->on_gap, nullptr);
    lock.unlock();
}

void BusSubscribers::deliver(std::string_view topic, std::string_view message) {
    std::shared_ptr<const List> list;
    {
        const std::lock_guard lock(mutex_);
        const auto found = topics_.find(topic);
        if (found == topics_.end()) return;
        list = found->second;
    }
    ++delivered_;
    for (const auto& subscriber : *list)
        call(subscriber, [&] {
            if (subscriber->on_message) subscriber->on_message(message);
        });
}

void BusSubscribers::announceGap() {
    List all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [topic, list] : topics_) all.insert(all.end(), list->begin(), list->end());
    }
    ++gaps_;
    for (const auto& subscriber : all) announceGapTo(subscriber);
}

void BusSubscribers::announceGapTo(const Handle& subscriber) {
    call(subscriber, [&] {
        if (subscriber->on_gap) subscriber->on_gap();
    });
}

bool BusSubscribers::onOwnThread() const {
    const std::lock_guard lock(mutex_);
    return running_ != nullptr && running_thread_ == std::this_thread::get_id();
}

template <class Call>
void BusSubscribers::call(const Handle& subscriber, const Call& callback) {
    {
        const std::lock_guard lock(mutex_);
        if (subscriber->gone) return;
        running_ = subscriber.get();
        running_thread_ = std::this_thread::get_id();
    }
    try {
        callback();
    } catch (const std::exception& failure) {
        log_.error("a subscriber of the bus failed", {{"topic", sdk::Json(subscriber->topic)},
                                                      {"reason", sdk::Json(std::string(failure.what()))}});
    } catch (...) {
        log_.error("a subscriber of the bus failed", {{"topic", sdk::Json(subscriber->topic)}});
    }
    {
        const std::lock_guard lock(mutex_);
        running_ = nullptr;
    }
    returned_.notify_all();
}

}  // namespace linkup::daemon
