#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace linkup::daemon {

/// Undoes one registration when destroyed; waits until nothing of it is running.
class Registration {
public:
    virtual ~Registration() = default;
};
using RegistrationHandle = std::unique_ptr<Registration>;

/// Makes a Registration of any handle whose destructor undoes what it stands for.
template <class Handle>
RegistrationHandle holding(Handle handle) {
    class Holding final : public Registration {
    public:
        explicit Holding(Handle kept) : kept_(std::move(kept)) {}

    private:
        Handle kept_;
    };
    return std::make_unique<Holding>(std::move(handle));
}

/// Makes a Registration that calls `undo`, which must not throw.
template <class Undo>
requires std::is_nothrow_move_constructible_v<Undo> RegistrationHandle undoneBy(Undo undo) {
    class Undoing final : public Registration {
    public:
        explicit Undoing(Undo action) : action_(std::move(action)) {}
        ~Undoing() override { action_(); }

    private:
        Undo action_;
    };
    return std::make_unique<Undoing>(std::move(undo));
}

/// Everything that one plugin registered. Destruction undoes it in reverse: the single way for roll-back,
/// reload and shutdown.
///
/// Threading: one thread.
class RegistrationSet {
public:
    RegistrationSet() = default;
    RegistrationSet(const RegistrationSet&) = delete;
    RegistrationSet& operator=(const RegistrationSet&) = delete;
    ~RegistrationSet() { clear(); }

    void add(RegistrationHandle registration) { registrations_.push_back(std::move(registration)); }
    std::size_t size() const noexcept { return registrations_.size(); }
    void clear() noexcept {
        while (!registrations_.empty()) registrations_.pop_back();
    }

private:
    std::vector<RegistrationHandle> registrations_;
};

}  // namespace linkup::daemon
