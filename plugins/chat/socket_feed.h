#pragma once

#include <linkup/sdk/json.h>
#include <linkup/sdk/socket.h>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat_types.h"

namespace linkup::chat {

/// What one socket has had of each chat. A message that follows the last one goes out at once. One that has
/// overtaken others, as those of two nodes do, is held until they are here; what does not come soon, or is
/// missing for another reason, is read from the database, where it is, as seq has no gaps.
///
/// Threading: any thread; but needs, range, setPlaces and give are for one thread at a time, the reader.
/// Sends under its lock, so that no two threads can change the order.
class SocketFeed {
public:
    /// A chat and the highest seq in it.
    using Place = std::pair<std::int64_t, std::int64_t>;
    using Clock = std::chrono::steady_clock;
    /// A message and its frame.
    using Page = std::vector<std::pair<StoredMessage, std::string>>;
    enum class After { kNothing, kWakeReader };
    /// Makes the options of a frame; kWakeReader: the reader goes on once the frame is written.
    using Options = std::function<sdk::SendOptions(const StoredMessage&, After)>;

    explicit SocketFeed(std::shared_ptr<sdk::SocketSession> session) : session_(std::move(session)) {}

    const std::shared_ptr<sdk::SocketSession>& session() const noexcept { return session_; }
    sdk::UserId user() const noexcept { return session_->user(); }

    enum class Reader { kNotNeeded, kNeeded, kNeededSoon };
    /// A message that was committed, now. The socket that sent it has had it with the ack. kNeededSoon: it is
    /// held, and the reader is to see later whether it still is.
    [[nodiscard]] Reader offer(const StoredMessage& message, const std::string& frame, bool is_sender,
                               Clock::time_point now, const Options& options);
    // Each of these returns true if the reader has something to do.
    /// `chats`: each with the last seq that the client has.
    [[nodiscard]] bool resume(const std::vector<Place>& chats);
    /// Live messages may be missing.
    [[nodiscard]] bool gap();

    /// This socket sends a message, which is not for it to get; until `settled` or the message is offered.
    void sending(const std::string& message_id);
    void settled(const std::string& message_id);

    enum class Needs { kNothing, kPlaces, kMessages, kPatience };
    /// What came before `overdue` and is still held is read with all that is missing before it. kPatience:
    /// later ones are held.
    Needs needs(Clock::time_point overdue);
    /// After kPlaces: what the client says that it has, of the resume that begins with the places.
    std::vector<Place> claimed();
    /// All chats of the user.
    void setPlaces(const std::vector<Place>& places);

    /// Messages of a chat to be read, in ascending order.
    struct Range {
        std::int64_t chat = 0;
        std::int64_t above = 0;
        std::int64_t limit = 0;
        std::int64_t target = 0;
        bool is_resume = false;
    };
    /// After kMessages.
    Range range();
    enum class Given { kGoOn, kWait };
    /// Sends what was read of `range`. kWait: until the frame marked with kWakeReader is written.
    Given give(const Range& range, const Page& page, const Options& options);

private:
    /// The socket had first … last, and nothing in between is missing.
    struct Chat {
        std::int64_t id = 0;
        std::int64_t first = 1;
        std::int64_t last = 0;
        std::int64_t target = 0;  // above `last`: this much exists and is to be read
        int resumes = 0;          // not done yet: live messages wait
        bool exact = false;       // false: where it began is only as exact as the clock of the opening
        bool began_live = false;  // nothing tells whether what is right below `first` was before the opening
        bool stopped = false;     // a replay came to its limit: the client has to resume
        bool holds = false;       // messages up to `target`, which are not read

        bool hadNothing() const noexcept { return first > last; }
        bool behind() const noexcept { return target > last && !holds && !stopped; }
        bool reading() const noexcept { return resumes > 0 || (target > last && !holds); }
    };
    struct Held {
        StoredMessage message;
        std::string frame;
        bool is_sender = false;
        Clock::time_point since;
    };
    using HeldPlace = std::map<Place, Held>::iterator;
    struct Resume {
        std::vector<Place> chats;
        std::size_t at = 0;
        std::int64_t low = 0;   // of the present chat: sent up to here, below what it had before
        std::int64_t sent = 0;  // of the present chat
        bool claimed = false;
        bool begun = false;
        sdk::Json reached = sdk::Json::object();
        sdk::Json more = sdk::Json::array();
    };
    struct Sending {
        std::string message_id;
        bool is_offered = false;
    };

    Chat& chat(std::int64_t id);
    /// One that this socket sent; it is not for it to get.
    bool isOwn(const StoredMessage& message);
    Reader hold(Chat& chat, Held&& held);
    void sendHeld(Chat& chat, const Options& options);
    /// From now on they are read.
    void dropHeld(Chat& chat);
    std::pair<HeldPlace, HeldPlace> heldOf(const Chat& chat);
    void beginResume(const std::vector<Place>& places);
    void enter(const Place& wanted);
    /// Goes to the first chat of the resume that has something to send; ends it after the last.
    void advance();
    bool isResuming() const;
    /// Messages below what the socket had before are to be sent first.
    bool isBelow(const Chat& chat) const;

    const std::shared_ptr<sdk::SocketSession> session_;
    std::mutex mutex_;
    std::vector<Chat> chats_;   // by id
    std::vector<Place> known_;  // of the present resume: what exists
    std::deque<Resume> resumes_;
    std::vector<Sending> sending_;
    std::map<Place, Held> held_;  // by chat and seq
    std::size_t unwritten_bytes_ = 0;
    bool opened_ = false;  // knows where its chats stood when it began
    bool gap_ = false;
};

}  // namespace linkup::chat
