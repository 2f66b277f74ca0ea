#include "socket_outbox.h"

#include <algorithm>

namespace linkup::daemon {

void tell(const std::function<void(bool)>& callback, bool value) noexcept {
    try {
        if (callback) callback(value);
    } catch (...) {
        // Nobody else can do anything about it.
    }
}

OutgoingFrame::OutgoingFrame(std::string content, sdk::SendOptions how) : text(std::move(content)) {
    if (how.droppable || !how.coalesce_key.empty() || how.on_written || how.on_answered) {
        options = std::make_unique<sdk::SendOptions>(std::move(how));
    }
}

void OutgoingFrame::tellLost() noexcept {
    if (options == nullptr) return;
    tell(std::exchange(options->on_written, nullptr), false);
    tell(std::exchange(options->on_answered, nullptr), false);
}

void OutgoingFrame::tellWritten() noexcept {
    if (options != nullptr) tell(std::exchange(options->on_written, nullptr), true);
}

SocketOutbox::Verdict SocketOutbox::push(OutgoingFrame frame, std::vector<OutgoingFrame>& lost) {
    if (frame.options != nullptr && !frame.options->coalesce_key.empty()) {
        const auto same = std::find_if(frames_.begin(), frames_.end(), [&](const OutgoingFrame& one) {
            return one.options != nullptr && one.options->coalesce_key == frame.options->coalesce_key;
        });
        if (same != frames_.end()) remove(same, lost);
    }
    const std::size_t cost = costOf(frame);
    if (bytes_ + cost > budget_ && frame.droppable()) {
        lost.push_back(std::move(frame));
        return Verdict::kDropped;
    }
    for (auto one = frames_.begin(); bytes_ + cost > budget_ && one != frames_.end();) {
        const auto current = one++;
        if (current->droppable()) remove(current, lost);
    }
    if (bytes_ + cost > budget_) {
        lost.push_back(std::move(frame));
        return Verdict::kFull;
    }
    bytes_ += cost;
    frames_.push_back(std::move(frame));
    return Verdict::kQueued;
}

std::optional<OutgoingFrame> SocketOutbox::pop() {
    if (frames_.empty()) return std::nullopt;
    OutgoingFrame frame = std::move(frames_.front());
    frames_.pop_front();
    bytes_ -= costOf(frame);
    return frame;
}

std::vector<OutgoingFrame> SocketOutbox::takeAll() {
    std::vector<OutgoingFrame> all;
    while (auto frame = pop()) all.push_back(std::move(*frame));
    return all;
}

void SocketOutbox::remove(std::list<OutgoingFrame>::iterator place, std::vector<OutgoingFrame>& lost) {
    bytes_ -= costOf(*place);
    lost.push_back(std::move(*place));
    frames_.erase(place);
}

}  // namespace linkup::daemon
