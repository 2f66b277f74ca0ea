#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "linkup/sdk/bus.h"

namespace linkup::sdk::testing {

/// A bus that delivers at once, on the publisher's thread, before `publish` returns. What a callback
/// publishes is delivered after the present message, so every subscriber sees one order. Two FakeHosts that
/// share one are two nodes.
///
/// Lifetime: longer than its subscriptions are used; they may be destroyed later.   Threading: any thread.
/// Since: ABI 1.0.
class FakeBus : public Bus {
public:
    /// What was published.
    struct Message {
        std::string topic;     ///< where
        std::string text;      ///< what
        TraceContext trace{};  ///< what it belongs to
    };

    void publish(std::string_view topic, std::string message) override {
        send({std::string(topic), std::move(message), TraceScope::current()});
    }

    void publishBatch(std::string_view topic, std::vector<std::string> messages) override {
        for (std::string& message : messages) publish(topic, std::move(message));
    }

    void publishTraced(std::string_view topic, std::vector<TracedMessage> messages) override {
        for (TracedMessage& message : messages)
            send({std::string(topic), std::move(message.text), std::move(message.trace)});
    }

    [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string_view topic, OnMessage on_message,
                                                          OnGap on_gap) override {
        const std::lock_guard lock(state_->mutex);
        auto subscriber = std::make_shared<Subscriber>(
            Subscriber{std::string(topic), std::move(on_message), std::move(on_gap), true});
        state_->subscribers.push_back(subscriber);
        return std::make_unique<Handle>(state_, std::move(subscriber));
    }

    bool connected() const noexcept override {
        const std::lock_guard lock(state_->mutex);
        return state_->connected;
    }

    /// From now on, what is published gets lost.
    void disconnect() {
        const std::lock_guard lock(state_->mutex);
        state_->connected = false;
    }
    /// Listening again: every subscriber hears of a gap.
    void reconnect() {
        const std::lock_guard lock(state_->mutex);
        state_->connected = true;
        announceGap();
    }
    /// Tells every subscriber that messages may have been missed.
    void announceGap() {
        const std::lock_guard lock(state_->mutex);
        state_->lost = false;
        for (const auto& subscriber : std::vector(state_->subscribers)) {
            if (subscriber->alive && subscriber->on_gap) subscriber->on_gap();
        }
    }
    /// All that was published so far, delivered or lost.
    std::vector<Message> published() const {
        const std::lock_guard lock(state_->mutex);
        return state_->published;
    }
    /// True if something was published while disconnected and no gap was announced since.
    bool hasLost() const {
        const std::lock_guard lock(state_->mutex);
        return state_->lost;
    }

private:
    struct Subscriber {
        std::string topic;
        OnMessage on_message;
        OnGap on_gap;
        bool alive = true;
    };

    // Callbacks run under the mutex: ending a subscription from another thread waits for them, from their own
    // does not.
    struct State {
        mutable std::recursive_mutex mutex;
        bool connected = true;
        bool lost = false;
        bool delivering = false;
        std::vector<std::shared_ptr<Subscriber>> subscribers;
        std::deque<Message> queue;
        std::vector<Message> published;

        void deliver() {
            if (std::exchange(delivering, true)) return;
            while (!queue.empty()) {
                const Message message = std::move(queue.front());
                queue.pop_front();
                const TraceScope scope(message.trace);
                for (const auto& subscriber : std::vector(subscribers)) {
                    if (subscriber->alive && subscriber->topic == message.topic)
                        subscriber->on_message(message.text);
                }
            }
            delivering = false;
        }
    };

    class Handle : public Subscription {
    public:
        Handle(std::shared_ptr<State> state, std::shared_ptr<Subscriber> subscriber)
            : state_(std::move(state)), subscriber_(std::move(subscriber)) {}
        ~Handle() override {
            const std::lock_guard lock(state_->mutex);
            subscriber_->alive = false;
            std::erase(state_->subscribers, subscriber_);
        }

    private:
        std::shared_ptr<State> state_;
        std::shared_ptr<Subscriber> subscriber_;
    };

    void send(Message message) {
        const std::lock_guard lock(state_->mutex);
        state_->published.push_back(message);
        if (!state_->connected) {
            state_->lost = true;
            return;
        }
        state_->queue.push_back(std::move(message));
        state_->deliver();
    }

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace linkup::sdk::testing
