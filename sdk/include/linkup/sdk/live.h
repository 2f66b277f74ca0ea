#pragma once

#include <atomic>
#include <concepts>
#include <memory>
#include <type_traits>

namespace linkup::sdk {

/// A value that may change while others read it, such as an option that a reload may change. Copies share the
/// value: who took a copy of the options at the start sees what is set later.
///
/// Reading is one load without a lock, so it may stand on any path; where two readings must agree, keep the
/// first.   Threading: any thread.   Errors: none.   Since: ABI 1.2.
template <class T>
class Live {
    static_assert(std::is_trivially_copyable_v<T> && std::atomic<T>::is_always_lock_free);

public:
    /// Shares nothing with others yet. @{
    Live() : Live(T{}) {}
    template <std::convertible_to<T> Value>
    requires(!std::same_as<Value, Live>) Live(Value value)
        : value_(std::make_shared<std::atomic<T>>(static_cast<T>(value))) {}
    /// @}

    /// The value at this moment.
    T get() const noexcept { return value_->load(std::memory_order_relaxed); }
    /// As get().
    operator T() const noexcept { return get(); }
    /// For all copies.
    void set(T value) noexcept { value_->store(value, std::memory_order_relaxed); }

private:
    std::shared_ptr<std::atomic<T>> value_;
};

}  // namespace linkup::sdk
