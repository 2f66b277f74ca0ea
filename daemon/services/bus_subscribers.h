#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "linkup/sdk/bus.h"
#include "linkup/sdk/log.h"

namespace linkup::daemon {

/// Who listens to what in this process, and the calling of them.
///
/// Threading: `deliver` and the announcements come from one thread, the bus's own; all else from any thread.
/// Callbacks are called without a lock, so they may publish, subscribe and unsubscribe.
class BusSubscribers {
public:
    struct Subscriber;
    using Handle = std::shared_ptr<Subscriber>;

    explicit BusSubscribers(sdk::Log& log) : log_(log) {}

    Handle add(std::string_view topic, sdk::Bus::OnMessage on_message, sdk::Bus::OnGap on_gap);
    /// After it has returned no callback of the subscriber runs or will run. Called from such a callback, it
    /// returns at once, and that callback is the last.
    void remove(const Handle& subscriber) noexcept;

    void deliver(std::string_view topic, std::string_view message);
    void announceGap();
    void announceGapTo(const Handle& subscriber);

    /// Whether the caller is a callback.
    bool onOwnThread() const;

    std::uint64_t delivered() const { return delivered_; }
    std::uint64_t gaps() const { return gaps_; }

private:
    using List = std::vector<Handle>;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    };

    template <class Call>
    void call(const Handle& subscriber, const Call& callback);

    sdk::Log& log_;
    mutable std::mutex mutex_;
    std::condition_variable returned_;
    // A list is never changed, only replaced: who delivers keeps the one it began with.
    std::unordered_map<std::string, std::shared_ptr<const List>, Hash, std::equal_to<>> topics_;
    const Subscriber* running_ = nullptr;
    std::thread::id running_thread_;
    std::atomic<std::uint64_t> delivered_{0};
    std::atomic<std::uint64_t> gaps_{0};
};

/// What a plugin holds: runs `undo` when it goes.
class BusSubscription : public sdk::Subscription {
public:
    explicit BusSubscription(std::function<void()> undo) : undo_(std::move(undo)) {}
    ~BusSubscription() override { undo_(); }

    BusSubscription(const BusSubscription&) = delete;
    BusSubscription& operator=(const BusSubscription&) = delete;

private:
    const std::function<void()> undo_;
};

}  // namespace linkup::daemon
