#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace linkup::daemon {

/// A value that is replaced as a whole while others look at it; who looks keeps what it has seen.
///
/// In place of std::atomic<std::shared_ptr>: in libstdc++ 12 its `load` gives the pointer's lock back without
/// an order, so that the next `store` races with it.
///
/// Threading: any thread.
template <class T>
class SharedValue {
public:
    explicit SharedValue(std::shared_ptr<T> value = nullptr) : value_(std::move(value)) {}

    /// Null while there is none.
    std::shared_ptr<T> load() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    void store(std::shared_ptr<T> next) {
        const std::lock_guard lock(mutex_);
        value_.swap(next);  // the old one goes when the lock has gone
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
};

}  // namespace linkup::daemon
