#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "linkup/sdk/bus.h"
#include "wait.h"

namespace linkup::test {

/// A subscriber that keeps what it gets, for the test to look at.
class Inbox {
public:
    Inbox(sdk::Bus& bus, std::string_view topic)
        : subscription_(bus.subscribe(
              topic,
              [this](std::string_view message) {
                  const std::lock_guard lock(mutex_);
                  messages_.emplace_back(message);
              },
              [this] {
                  const std::lock_guard lock(mutex_);
                  ++gaps_;
                  messages_before_gap_ = messages_.size();
              })) {}

    std::vector<std::string> messages() const {
        const std::lock_guard lock(mutex_);
        return messages_;
    }
    int gaps() const {
        const std::lock_guard lock(mutex_);
        return gaps_;
    }
    /// How many messages had come when the last gap did.
    std::size_t messagesBeforeGap() const {
        const std::lock_guard lock(mutex_);
        return messages_before_gap_;
    }
    bool has(std::size_t count) const {
        return waitFor([&] { return messages().size() >= count; });
    }
    bool hasGap(int count = 1) const {
        return waitFor([&] { return gaps() >= count; });
    }
    void leave() { subscription_.reset(); }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> messages_;
    int gaps_ = 0;
    std::size_t messages_before_gap_ = 0;
    std::unique_ptr<sdk::Subscription> subscription_;  // last: it must be gone before the rest is
};

}  // namespace linkup::test
