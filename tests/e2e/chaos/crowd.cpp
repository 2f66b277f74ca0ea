#include "crowd.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace linkup::chaos {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPath = "/api/v1/ws/chat";
constexpr std::size_t kMostUnacknowledged = 20;  // then a device waits
constexpr auto kPatience = 3s;                   // then it sends again
constexpr auto kRetry = 200ms;
constexpr auto kReconnect = 300ms;
constexpr std::size_t kCutWithin = 4000;  // bytes
constexpr double kSeen = 0.05;            // part of the messages that are marked as seen at once
constexpr std::size_t kIdLength = 36;

std::chrono::milliseconds retryAfter(const sdk::Json& frame) {
    const auto& wait = frame["retry_after_ms"];
    return wait.isInteger() ? std::chrono::milliseconds(std::min<std::int64_t>(wait.asInteger(), 1000))
                            : std::chrono::milliseconds(kRetry);
}

}  // namespace

Crowd::Crowd(std::vector<std::uint16_t> ports, Random& random)
    : ports_(std::move(ports)), random_(random), swarm_(*this) {}

std::string Crowd::idOf(std::size_t message) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "c4a05000-0000-4000-8000-%012zx", message);
    return text.data();
}

std::size_t Crowd::messageOf(const sdk::Json& frame) {
    std::size_t message = SIZE_MAX;
    if (const auto& id = frame["message_id"]; id.isString() && id.asString().size() == kIdLength) {
        const auto& text = id.asString();
        std::from_chars(text.data() + kIdLength - 12, text.data() + kIdLength, message, 16);
    }
    if (message >= messages_.size() || frame["message_id"] != sdk::Json(idOf(message)))
        throw std::runtime_error("a message that nobody has sent: " + frame.dump());
    return message;
}

void Crowd::accuse(const Device& device, const std::string& what) {
    sightings_.violations.push_back("user " + std::to_string(device.user) + ", chat " +
                                    std::to_string(device.chat) + ": " + what);
}

std::chrono::milliseconds Crowd::upTo(std::chrono::milliseconds most) {
    return std::chrono::milliseconds(below(static_cast<std::size_t>(most.count()) + 1));
}

void Crowd::add(Device device) {
    device.node = below(ports_.size());
    device.connect_at = Clock::now();
    devices_of_[device.user].push_back(devices_.size());
    devices_.push_back(std::move(device));
}

void Crowd::behave(const Behaviour& behaviour) {
    behaviour_ = behaviour;
    next_message_ = Clock::now();
}

void Crowd::slowDown(std::size_t device, std::size_t bytes_per_second) {
    devices_[device].is_slow = bytes_per_second > 0;
    swarm_.slowDown(devices_[device].socket, bytes_per_second);
}

void Crowd::run(const std::function<bool()>& done) {
    while (!done()) step();
}

void Crowd::step() {
    const auto now = Clock::now();
    if (behaviour_.messages_per_second > 0) {
        const auto pause = std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(1 / behaviour_.messages_per_second));
        for (; next_message_ <= now; next_message_ += pause) speakAndRepeat(next_message_);
    }
    while (!repetitions_.empty() && repetitions_.begin()->first <= now) {
        const auto [device, message] = repetitions_.begin()->second;
        repetitions_.erase(repetitions_.begin());
        send(device, message);
    }
    for (std::size_t index = 0; index < devices_.size(); ++index) tend(index, now);
    swarm_.poll(2ms);
}

void Crowd::tend(std::size_t index, Clock::time_point now) {
    auto& device = devices_[index];
    if (device.socket == 0) {
        if (device.connect_at <= now) connect(index);
        return;
    }
    if (device.leave_at <= now) {
        swarm_.close(device.socket);
        return onClosed(device.socket, 1000);
    }
    if (!device.is_open) return;
    for (auto& [message, at] : device.unacknowledged) {
        if (at > now) continue;
        ++sightings_.counts["resends after no answer"];
        send(index, message);
    }
}

void Crowd::connect(std::size_t index) {
    auto& device = devices_[index];
    device.socket = swarm_.open(ports_[device.node], kPath, device.token);
    sockets_[device.socket] = index;
    device.leave_at = Clock::time_point::max();
    if (behaviour_.connection > 0ms) device.leave_at = Clock::now() + upTo(2 * behaviour_.connection);
    if (!chance(behaviour_.cuts)) return;
    ++sightings_.counts["connections cut"];
    if (chance(0.5)) {
        swarm_.cutAfterSending(device.socket, 1 + below(kCutWithin));
    } else {
        swarm_.cutAfterReceiving(device.socket, 1 + below(kCutWithin));
    }
}

void Crowd::onOpen(std::uint64_t socket) {
    const auto index = sockets_.at(socket);
    auto& device = devices_[index];
    ++sightings_.counts["connections"];
    device.is_open = true;
    device.log.push_back({});
    if (auto away = away_.extract(index)) {
        away.mapped().back = Clock::now();
        returns_.push_back(away.mapped());
    }
    if (device.is_slow) swarm_.slowDown(socket, 1024);
    resume(device);
    for (auto& [message, at] : device.unacknowledged) send(index, message);
}

void Crowd::onClosed(std::uint64_t socket, int code) {
    const auto index = sockets_.at(socket);
    auto& device = devices_[index];
    sockets_.erase(socket);
    ++sightings_.counts["closed with " + std::to_string(code)];
    if (code == 401 || code == 403 || code == 1008 || code == 1002)
        accuse(device, "a good client was turned away with " + std::to_string(code));
    device.socket = 0;
    device.is_open = false;
    device.node = code == 1000 ? below(ports_.size()) : (device.node + 1) % ports_.size();
    device.connect_at = Clock::now() + upTo(kReconnect);
    if (code == 1001 && behaviour_.after_drain > 0ms) onSentAway(index);
}

void Crowd::onSentAway(std::size_t index) {
    auto& device = devices_[index];
    const auto told = std::exchange(device.told_to_wait, {});
    if (!told) return accuse(device, "sent away without a word");
    const bool obeys = index % 2 == 0;
    const auto wait = obeys ? *told : behaviour_.after_drain;
    away_[index] = {wait, obeys, Clock::now(), {}};
    device.connect_at = Clock::now() + wait;
}

void Crowd::onDraining(Device& device, const sdk::Json& frame) {
    const auto& wait = frame["retry_after_ms"];
    if (!wait.isInteger())
        return accuse(device, "a drain that does not say how long to wait: " + frame.dump());
    device.told_to_wait = std::chrono::milliseconds(wait.asInteger());
}

void Crowd::resume(Device& device) {
    device.log.push_back({Record::Kind::kResume, device.last, 0});
    swarm_.send(device.socket, R"({"type":"resume","chats":{")" + std::to_string(device.chat) + R"(":)" +
                                   std::to_string(device.last) + "}}");
}

void Crowd::send(std::size_t index, std::size_t message) {
    auto& device = devices_[index];
    device.sent.insert(message);
    device.unacknowledged[message] = Clock::now() + kPatience;
    if (!device.is_open) return;  // when it is, all that is not acknowledged goes out
    swarm_.send(device.socket, R"({"type":"chats","chats_type":"message","message_id":")" + idOf(message) +
                                   R"(","message":")" + messages_[message].text + R"(","to":)" +
                                   std::to_string(device.partner) + R"(,"from_":)" +
                                   std::to_string(device.user) + R"(,"chat_room_id":)" +
                                   std::to_string(device.chat) + "}");
}

void Crowd::sendSeen(Device& device, std::size_t message) {
    swarm_.send(device.socket, R"({"type":"chats","chats_type":"seen","message_id":")" + idOf(message) +
                                   R"(","to":)" + std::to_string(device.partner) + R"(,"from_":)" +
                                   std::to_string(device.user) + R"(,"chat_room_id":)" +
                                   std::to_string(device.chat) + "}");
}

void Crowd::speak(std::size_t device, std::size_t text_bytes) {
    const auto message = messages_.size();
    messages_.push_back({devices_[device].user,
                         devices_[device].chat,
                         std::to_string(message) + " " + std::string(text_bytes, 'x'),
                         Clock::now(),
                         {},
                         0,
                         {},
                         false});
    send(device, message);
}

void Crowd::speakAndRepeat(Clock::time_point wanted) {
    const auto index = below(devices_.size());
    const auto length = below(behaviour_.longest_text);
    const bool repeats = chance(behaviour_.resends);
    if (devices_[index].is_slow || devices_[index].unacknowledged.size() >= kMostUnacknowledged) return;
    speak(index, length);
    const auto message = messages_.size() - 1;
    messages_[message].wanted = wanted;
    if (!repeats) return;
    ++sightings_.counts["resends at random"];
    // By the same device or another one of the same person; at once, or when the ack has come.
    const auto& siblings = devices_of_.at(devices_[index].user);
    repetitions_.emplace(Clock::now() + (chance(0.5) ? 0ms : upTo(500ms)),
                         std::pair(siblings[below(siblings.size())], message));
}

void Crowd::onText(std::uint64_t socket, std::string_view text) {
    auto& device = devices_[sockets_.at(socket)];
    const auto frame = sdk::parseTrustedJson(text);
    const auto& type = frame["type"];
    if (!type.isString()) return;  // the greeting
    if (type.asString() == "ack") return onAck(device, frame);
    if (type.asString() == "server") return onDraining(device, frame);
    if (type.asString() == "error") return onError(device, frame);
    if (type.asString() == "resumed") return onResumed(device, frame);
    if (type.asString() == "delivered") ++sightings_.counts["delivered receipts"];
    if (type.asString() == "chats" && frame["chats_type"].asString() == "seen")
        ++sightings_.counts["seen receipts"];
    if (type.asString() == "chats" && frame["chats_type"].asString() == "message") onMessage(device, frame);
}

void Crowd::settle(std::size_t message, const sdk::Json& frame) {
    auto& sent = messages_[message];
    if (sent.seq == 0) {
        sent.seq = frame["seq"].asInteger();
        sent.timestamp = frame["timestamp"].asString();
    }
    if (sent.seq != frame["seq"].asInteger() || sent.timestamp != frame["timestamp"].asString() ||
        sent.chat != frame["chat_room_id"].asInteger()) {
        sightings_.violations.push_back("was at seq " + std::to_string(sent.seq) + ", " + sent.timestamp +
                                        ", and then: " + frame.dump());
    }
}

void Crowd::has(Device& device, std::int64_t seq) {
    if (seq <= device.last) return;
    device.ahead.insert(seq);
    while (!device.ahead.empty() && *device.ahead.begin() == device.last + 1) {
        device.ahead.erase(device.ahead.begin());
        ++device.last;
    }
}

void Crowd::onMessage(Device& device, const sdk::Json& frame) {
    const auto message = messageOf(frame);
    auto& sent = messages_[message];
    const auto seq = frame["seq"].asInteger();
    settle(message, frame);
    if (frame["message"] != sdk::Json(sent.text) || frame["from_"].asInteger() != sent.sender)
        accuse(device, "a message with another text or sender than sent: " + frame.dump());
    ++sightings_.counts["messages delivered"];
    device.log.push_back({Record::Kind::kMessage, seq, message});
    has(device, seq);
    if (sent.sender == device.user) return;
    if (sent.delivered == Clock::time_point{}) sent.delivered = Clock::now();
    if (seq < device.last_received) return;
    device.last_received = seq;
    device.last_received_message = message;
    if (behaviour_.messages_per_second == 0 || !chance(kSeen)) return;
    device.last_seen = seq;
    sendSeen(device, message);
}

void Crowd::onAck(Device& device, const sdk::Json& frame) {
    const auto message = messageOf(frame);
    settle(message, frame);
    if (!device.sent.contains(message)) accuse(device, "an ack for what it never sent: " + frame.dump());
    ++sightings_.counts["acks"];
    if (!std::exchange(messages_[message].is_acked, true)) ++acknowledged_;
    device.unacknowledged.erase(message);
    device.log.push_back({Record::Kind::kAck, messages_[message].seq, message});
    has(device, messages_[message].seq);
}

void Crowd::onResumed(Device& device, const sdk::Json& frame) {
    const auto& reached = frame["chats"][std::to_string(device.chat)];
    if (!reached.isInteger()) return accuse(device, "resumed without its chat: " + frame.dump());
    device.log.push_back({Record::Kind::kResumed, reached.asInteger(), 0});
    if (frame["more"].size() > 0) resume(device);
}

void Crowd::onError(Device& device, const sdk::Json& frame) {
    const auto& code = frame["code"].asString();
    ++sightings_.counts["error " + code];
    const bool passes = code == "server_busy" || code == "internal_error" || code == "rate_limited";
    if (!passes) return accuse(device, "a good event was refused: " + frame.dump());
    if (!frame.contains("message_id")) {
        device.leave_at = Clock::now() + retryAfter(frame);  // a resume, which it asks for when it is back
        return;
    }
    const auto message = messageOf(frame);
    if (const auto one = device.unacknowledged.find(message); one != device.unacknowledged.end())
        one->second = Clock::now() + retryAfter(frame);
}

bool Crowd::allOpen() const {
    return std::all_of(devices_.begin(), devices_.end(), [](const Device& device) { return device.is_open; });
}

void Crowd::calmDown(const std::function<std::map<std::int64_t, std::int64_t>()>& last_seqs,
                     std::chrono::seconds deadline) {
    behave({});
    for (auto& device : devices_) {
        device.leave_at = Clock::time_point::max();
        swarm_.cutAfterSending(device.socket, test::SocketSwarm::kNever);
        swarm_.cutAfterReceiving(device.socket, test::SocketSwarm::kNever);
    }
    const auto end = Clock::now() + deadline;
    const auto settled = [&] {
        return repetitions_.empty() &&
               std::all_of(devices_.begin(), devices_.end(), [](const Device& device) {
                   return device.is_open && device.unacknowledged.empty();
               });
    };
    const auto late = [&] { return Clock::now() >= end; };
    run([&] { return late() || settled(); });
    const auto wanted = last_seqs();
    run([&] {
        return late() || std::all_of(devices_.begin(), devices_.end(), [&](const Device& device) {
                   return device.last >= wanted.at(device.chat);
               });
    });
    // What would come now would be one too many.
    const auto moment = Clock::now() + 200ms;
    run([&] { return Clock::now() >= moment; });
}

std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> Crowd::markSeen(
    const std::function<std::int64_t(const Device&, std::int64_t)>& newest_of_partner) {
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> marked;
    for (const auto& [user, siblings] : devices_of_) {
        std::int64_t seen = 0;
        for (const auto index : siblings) seen = std::max(seen, devices_[index].last_seen);
        auto& device = devices_[siblings[below(siblings.size())]];
        const auto wish =
            seen + static_cast<std::int64_t>(
                       below(static_cast<std::size_t>(std::max<std::int64_t>(device.last - seen, 0)) + 1));
        const auto seq = std::max(seen, newest_of_partner(device, wish));
        marked[{device.chat, user}] = seq;
        if (seq == 0) continue;  // sent again even if it was marked before: that may have been lost
        for (std::size_t message = 0; message < messages_.size(); ++message) {
            if (messages_[message].chat == device.chat && messages_[message].seq == seq)
                sendSeen(device, message);
        }
        device.last_seen = seq;
    }
    return marked;
}

void Crowd::leave() {
    for (auto& device : devices_) {
        if (device.socket == 0) continue;
        swarm_.close(device.socket);
        sockets_.erase(device.socket);
        device.socket = 0;
        device.is_open = false;
    }
}

}  // namespace linkup::chaos
