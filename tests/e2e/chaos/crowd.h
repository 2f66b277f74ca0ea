#pragma once

#include <linkup/sdk/json.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "socket_swarm.h"

namespace linkup::chaos {

using Random = std::mt19937_64;
using Clock = std::chrono::steady_clock;

/// A message that a client has sent; its place in `Crowd::messages` is in its message_id.
struct SentMessage {
    std::int64_t sender = 0;
    std::int64_t chat = 0;
    std::string text;
    Clock::time_point wanted{};     ///< when it was to be sent
    Clock::time_point delivered{};  ///< to the first device of the partner
    std::int64_t seq = 0;           ///< as the first ack or frame said it
    std::string timestamp;          ///< the same
    bool is_acked = false;
};

/// What a device notes in its log.
struct Record {
    enum class Kind { kOpened, kResume, kMessage, kAck, kResumed };
    Kind kind = Kind::kOpened;
    std::int64_t seq = 0;     ///< of kResume what the client has, of kResumed how far it got
    std::size_t message = 0;  ///< of kMessage and kAck
};

/// A phone: one person, one chat. It behaves as a good client does: it sends again, with the same id, what
/// was not acknowledged, and resumes from the last seq below which it has everything.
struct Device {
    std::int64_t user = 0;
    std::int64_t partner = 0;
    std::int64_t chat = 0;
    std::string token;

    std::vector<Record> log = {};
    std::set<std::size_t> sent = {};  ///< all that it ever sent, resends of its sibling's too
    std::map<std::size_t, Clock::time_point> unacknowledged = {};  ///< with the time to send it again
    std::int64_t last = 0;                                         ///< has everything up to this
    std::set<std::int64_t> ahead = {};                             ///< has these above it
    std::int64_t last_received = 0;                                ///< newest seq of the partner
    std::size_t last_received_message = 0;
    std::int64_t last_seen = 0;  ///< newest seq that it has marked as seen

    std::uint64_t socket = 0;
    bool is_open = false;
    std::size_t node = 0;
    Clock::time_point connect_at{};
    Clock::time_point leave_at = Clock::time_point::max();
    bool is_slow = false;
    std::optional<std::chrono::milliseconds> told_to_wait = {};  ///< by a server that drains
};

/// A device that a server sent away, as it drained, and that is back.
struct Return {
    std::chrono::milliseconds waited{0};  ///< as the device had to
    bool was_told = false;                ///< to wait so long; else it waits as it always does
    Clock::time_point sent_away{};
    Clock::time_point back{};
};

/// How the crowd behaves at present.
struct Behaviour {
    double messages_per_second = 0;
    double resends = 0;  ///< part of the messages that are sent twice though nothing calls for it
    double cuts = 0;     ///< part of the connections that end at a random byte
    /// How long a connection lasts about, if nothing ends it before; zero: for ever.
    std::chrono::milliseconds connection{0};
    std::size_t longest_text = 300;
    /// How long half of the devices wait before they come back to a server that drains, whatever it says, as
    /// the app does; the other half waits as it says. Zero: nobody minds.
    std::chrono::milliseconds after_drain{0};
};

/// What was seen of the server that it may not do, and what else is worth a line.
struct Sightings {
    std::vector<std::string> violations;
    std::map<std::string, std::size_t> counts;
};

/// Clients by the hundred, on one thread, each with a log of what it saw.
///
/// Threading: one thread; `acknowledged` from any.
class Crowd : private test::SwarmListener {
public:
    /// `ports`: of the nodes; a client whose node fails goes to another one.
    Crowd(std::vector<std::uint16_t> ports, Random& random);

    void add(Device device);
    void behave(const Behaviour& behaviour);
    /// From now on this device reads so fast; 0: as fast as it can.
    void slowDown(std::size_t device, std::size_t bytes_per_second);
    /// Goes on until `done`.
    void run(const std::function<bool()>& done);
    /// Goes on without new messages, resends, cuts or departures until each device has an open connection,
    /// all that was sent is acknowledged and each has what `last_seqs` says of its chat, or until `deadline`.
    void calmDown(const std::function<std::map<std::int64_t, std::int64_t>()>& last_seqs,
                  std::chrono::seconds deadline);
    /// Sends one message of `device`, over and above the rate.
    void speak(std::size_t device, std::size_t text_bytes);
    /// A random device of each person marks a random message of the partner as seen. Returns by chat and
    /// person how far that was.
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> markSeen(
        const std::function<std::int64_t(const Device&, std::int64_t)>& newest_of_partner);
    /// Ends all connections.
    void leave();

    /// Whether each device has an open connection.
    bool allOpen() const;
    std::size_t acknowledged() const { return acknowledged_; }
    const std::vector<Device>& devices() const { return devices_; }
    const std::vector<SentMessage>& messages() const { return messages_; }
    Sightings& sightings() { return sightings_; }
    const std::vector<Return>& returns() const { return returns_; }
    static std::string idOf(std::size_t message);

private:
    void onOpen(std::uint64_t socket) override;
    void onText(std::uint64_t socket, std::string_view text) override;
    void onClosed(std::uint64_t socket, int code) override;

    void step();
    void tend(std::size_t index, Clock::time_point now);
    void connect(std::size_t index);
    void speakAndRepeat(Clock::time_point wanted);
    void send(std::size_t device, std::size_t message);
    void resume(Device& device);
    void sendSeen(Device& device, std::size_t message);
    void onMessage(Device& device, const sdk::Json& frame);
    void onAck(Device& device, const sdk::Json& frame);
    void onResumed(Device& device, const sdk::Json& frame);
    void onDraining(Device& device, const sdk::Json& frame);
    void onSentAway(std::size_t index);
    void onError(Device& device, const sdk::Json& frame);
    /// Notes place and time of a message; they may never change.
    void settle(std::size_t message, const sdk::Json& frame);
    void has(Device& device, std::int64_t seq);
    std::size_t messageOf(const sdk::Json& frame);
    void accuse(const Device& device, const std::string& what);
    std::size_t below(std::size_t count) { return random_() % count; }
    bool chance(double part) { return std::uniform_real_distribution<double>(0, 1)(random_) < part; }
    std::chrono::milliseconds upTo(std::chrono::milliseconds most);

    const std::vector<std::uint16_t> ports_;
    Random& random_;
    test::SocketSwarm swarm_;
    Behaviour behaviour_;
    std::vector<Device> devices_;
    std::map<std::uint64_t, std::size_t> sockets_;
    std::map<std::int64_t, std::vector<std::size_t>> devices_of_;  // by person
    std::vector<SentMessage> messages_;
    std::multimap<Clock::time_point, std::pair<std::size_t, std::size_t>> repetitions_;  // device, message
    Clock::time_point next_message_{};
    std::atomic<std::size_t> acknowledged_{0};
    Sightings sightings_;
    std::map<std::size_t, Return> away_;  // by device
    std::vector<Return> returns_;
};

}  // namespace linkup::chaos
