#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace linkup::daemon {

using SteadyTime = std::chrono::steady_clock::time_point;

class DeadlineWheel;

/// Something that has a deadline. Is told at most one tick late, and taken out of the wheel before.
class Timed {
public:
    Timed() = default;
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;
    /// May set a new deadline, and may end this object.
    virtual void onDeadline(SteadyTime now) noexcept = 0;
    virtual ~Timed();  ///< leaves the wheel

private:
    friend class DeadlineWheel;
    SteadyTime due_;
    SteadyTime slot_time_;
    DeadlineWheel* wheel_ = nullptr;
    Timed* next_ = nullptr;
    Timed** previous_ = nullptr;
};

/// Deadlines of very many connections, nearly free to move later, which is what each byte that arrives does:
/// the entry stays in its slot, and is looked at and moved when that slot's time comes.
///
/// Threading: one thread.
class DeadlineWheel {
public:
    static constexpr std::chrono::milliseconds kTick{50};

    explicit DeadlineWheel(SteadyTime now) : time_(now) {}
    /// Sets or moves a deadline.
    void set(Timed& timed, SteadyTime due) noexcept;
    void clear(Timed& timed) noexcept;
    /// Tells all whose time has come.
    void advance(SteadyTime now) noexcept;

private:
    static constexpr std::size_t kSlots = 1024;  // 51 s; what is due later is looked at again then
    void link(Timed& timed, SteadyTime due) noexcept;

    SteadyTime time_;
    std::size_t position_ = 0;
    std::array<Timed*, kSlots> slots_{};
};

}  // namespace linkup::daemon
