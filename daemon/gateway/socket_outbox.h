#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "linkup/sdk/socket.h"

namespace linkup::daemon {

/// Tells one of SendOptions' callbacks, if there is one. What it throws is its owner's failure; the socket
/// goes on.
void tell(const std::function<void(bool)>& callback, bool value) noexcept;

/// A text on its way out. The options exist only where there are any: most frames have none.
struct OutgoingFrame {
    OutgoingFrame(std::string content, sdk::SendOptions how);

    std::string text;
    std::unique_ptr<sdk::SendOptions> options;

    bool droppable() const noexcept { return options != nullptr && options->droppable; }
    bool wantsAnswer() const noexcept { return options != nullptr && options->on_answered != nullptr; }
    /// Tells those who wait for this frame that it never went out.
    void tellLost() noexcept;
    void tellWritten() noexcept;
};

/// What waits to be written to one socket, within a budget of bytes: droppable frames go first, of those with
/// one key only the last is kept.
///
/// Threading: none of its own; the socket's lock guards it.
class SocketOutbox {
public:
    explicit SocketOutbox(std::size_t budget_bytes) : budget_(budget_bytes) {}

    enum class Verdict { kQueued, kDropped, kFull };
    /// Queues the frame. What had to go for it, itself included, is moved to `lost`. kFull: even without
    /// droppable frames there is no room; the socket is too slow to be kept.
    Verdict push(OutgoingFrame frame, std::vector<OutgoingFrame>& lost);
    std::optional<OutgoingFrame> pop();
    bool empty() const noexcept { return frames_.empty(); }
    bool nextWantsAnswer() const noexcept { return !frames_.empty() && frames_.front().wantsAnswer(); }
    std::size_t bytes() const noexcept { return bytes_; }
    /// Empties it.
    std::vector<OutgoingFrame> takeAll();

private:
    static std::size_t costOf(const OutgoingFrame& frame) { return frame.text.size() + 64; }
    void remove(std::list<OutgoingFrame>::iterator place, std::vector<OutgoingFrame>& lost);

    const std::size_t budget_;
    std::size_t bytes_ = 0;
    std::list<OutgoingFrame> frames_;
};

}  // namespace linkup::daemon
