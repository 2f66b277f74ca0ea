#include "deadline_wheel.h"

#include <algorithm>
#include <utility>

namespace linkup::daemon {

Timed::~Timed() {
    if (wheel_ != nullptr) wheel_->clear(*this);
}

void DeadlineWheel::set(Timed& timed, SteadyTime due) noexcept {
    timed.due_ = due;
    if (timed.wheel_ != nullptr) {
        if (timed.slot_time_ <= due) return;
        clear(timed);
    }
    link(timed, due);
}

void DeadlineWheel::clear(Timed& timed) noexcept {
    if (timed.wheel_ == nullptr) return;
    *timed.previous_ = timed.next_;
    if (timed.next_ != nullptr) timed.next_->previous_ = timed.previous_;
    timed.wheel_ = nullptr;
    timed.next_ = nullptr;
    timed.previous_ = nullptr;
}

void DeadlineWheel::link(Timed& timed, SteadyTime due) noexcept {
    const auto ticks = due <= time_ ? 0 : (due - time_) / kTick;
    const std::size_t ahead = std::min<std::size_t>(static_cast<std::size_t>(ticks) + 1, kSlots - 1);
    Timed*& head = slots_[(position_ + ahead) % kSlots];
    timed.slot_time_ = std::min(due, time_ + kTick * static_cast<int>(ahead));
    timed.wheel_ = this;
    timed.next_ = head;
    timed.previous_ = &head;
    if (head != nullptr) head->previous_ = &timed.next_;
    head = &timed;
}

void DeadlineWheel::advance(SteadyTime now) noexcept {
    // After a long pause once round is enough to see everybody.
    if (now - time_ > kTick * int{kSlots}) time_ = now - kTick * int{kSlots};
    while (time_ + kTick <= now) {
        time_ += kTick;
        position_ = (position_ + 1) % kSlots;
        // Take the slot's list away first: what is told may link itself into this wheel again.
        Timed* due = std::exchange(slots_[position_], nullptr);
        if (due != nullptr) due->previous_ = &due;
        while (due != nullptr) {
            Timed& timed = *due;
            clear(timed);
            if (timed.due_ <= now) {
                timed.onDeadline(now);
            } else {
                link(timed, timed.due_);
            }
        }
    }
}

}  // namespace linkup::daemon
