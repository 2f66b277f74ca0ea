#include "chat_load.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <utility>

namespace linkup::bench {
namespace {

constexpr const char* kPath = "/api/v1/ws/chat";
constexpr std::string_view kIdField = R"("message_id":")";
constexpr std::string_view kErrorType = R"({"type":"error")";
constexpr std::size_t kIdLength = 36;
constexpr std::chrono::seconds kPatience{30};
// What is due within it is sent together, and pays for it in its times: a generator that woke for each
// message would take one of the server's processors.
constexpr std::chrono::microseconds kTick{1000};

/// The run and the number of a message are all of its id.
std::string idOf(std::uint64_t run, std::size_t number) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%08llx-0000-4000-8000-%012zx",
                  static_cast<unsigned long long>(run & 0xFFFFFFFF), number);
    return text.data();
}

struct Id {
    std::uint64_t run = 0;
    std::size_t number = 0;
};

Id idIn(std::string_view text) {
    const auto field = text.find(kIdField);
    if (field == std::string_view::npos || text.size() < field + kIdField.size() + kIdLength) {
        throw std::runtime_error("no message_id in " + std::string(text));
    }
    const auto id = text.substr(field + kIdField.size(), kIdLength);
    Id found;
    std::from_chars(id.data(), id.data() + 8, found.run, 16);
    std::from_chars(id.data() + kIdLength - 12, id.data() + kIdLength, found.number, 16);
    return found;
}

template <class Items, class TimeOf>
Latencies latenciesOf(const Items& items, const TimeOf& time_of) {
    std::vector<std::chrono::nanoseconds> times;
    times.reserve(items.size());
    for (const auto& item : items) times.push_back(time_of(item) - item.wanted);
    if (times.empty()) return {};
    std::sort(times.begin(), times.end());
    const auto at = [&](double part) {
        const auto index = static_cast<std::size_t>(part * static_cast<double>(times.size() - 1));
        return std::chrono::duration_cast<std::chrono::microseconds>(times[index]);
    };
    return {times.size(), at(0.5), at(0.99), at(1)};
}

}  // namespace

ChatLoad::ChatLoad(std::vector<ChatPair> pairs, std::size_t text_bytes)
    : pairs_(std::move(pairs)), filler_(text_bytes, 'x'), swarm_(*this), run_(std::random_device{}()) {
    for (const auto& pair : pairs_) {
        for (const auto* user : {&pair.one, &pair.other})
            sockets_.push_back(swarm_.open(user->port, kPath, user->token));
    }
    const auto deadline = Clock::now() + kPatience;
    while (opened_ < sockets_.size()) {
        if (Clock::now() > deadline) throw std::runtime_error("the sockets do not open");
        swarm_.poll(std::chrono::milliseconds(10));
    }
}

void ChatLoad::onOpen(std::uint64_t socket) {
    if (first_returning_ == 0 || socket < first_returning_) {
        ++opened_;
        return;
    }
    const auto& comeback = *returning_.at(socket - first_returning_).comeback;
    swarm_.send(socket, R"({"type":"resume","chats":{")" + std::to_string(comeback.chat) + R"(":)" +
                            std::to_string(comeback.last_seq) + "}}");
}

void ChatLoad::onClosed(std::uint64_t, int code) {
    throw std::runtime_error("the server has closed a socket: " + std::to_string(code));
}

void ChatLoad::onText(std::uint64_t socket, std::string_view text) {
    const auto now = Clock::now();
    if (text.starts_with(R"({"type":"ack")")) return onAck(socket, text, now);
    if (text.starts_with(kErrorType)) throw std::runtime_error("the server says " + std::string(text));
    if (first_returning_ != 0 && socket >= first_returning_) {
        if (!text.starts_with(R"({"type":"resumed")")) return;
        returning_.at(socket - first_returning_).resumed = now;
        ++resumed_;
        return swarm_.close(socket);
    }
    if (text.starts_with(R"({"type":"chats","chats_type":"message")")) onMessage(text, now);
}

void ChatLoad::onAck(std::uint64_t socket, std::string_view text, Clock::time_point now) {
    const auto id = idIn(text);
    if (id.run != (run_ & 0xFFFFFFFF)) return;
    messages_.at(id.number).acked = now;
    ++acked_;
    if (refills_) send(socket - sockets_.front(), now);
}

void ChatLoad::onMessage(std::string_view text, Clock::time_point now) {
    const auto id = idIn(text);
    if (id.run != (run_ & 0xFFFFFFFF)) return;
    messages_.at(id.number).delivered = now;
    ++delivered_;
}

void ChatLoad::begin() {
    ++run_;
    messages_.clear();
    messages_.reserve(1 << 20);
    acked_ = delivered_ = resumed_ = 0;
    returning_.clear();
    first_returning_ = 0;
}

/// Sends the next message.
void ChatLoad::send(std::size_t sender, Clock::time_point wanted) {
    const auto& pair = pairs_[sender / 2];
    const auto& from = sender % 2 == 0 ? pair.one : pair.other;
    const auto& to = sender % 2 == 0 ? pair.other : pair.one;
    swarm_.send(sockets_[sender],
                R"({"type":"chats","chats_type":"message","message_id":")" + idOf(run_, messages_.size()) +
                    R"(","message":")" + filler_ + R"(","to":)" + std::to_string(to.id) + R"(,"from_":)" +
                    std::to_string(from.id) + R"(,"chat_room_id":)" + std::to_string(pair.chat) + "}");
    messages_.push_back({wanted, {}, {}});
}

bool ChatLoad::complete() const {
    return acked_ >= messages_.size() && delivered_ >= messages_.size() && resumed_ >= returning_.size();
}

void ChatLoad::waitUntilComplete() {
    const auto deadline = Clock::now() + kPatience;
    while (!complete()) {
        if (Clock::now() > deadline) {
            throw std::runtime_error("of " + std::to_string(messages_.size()) + " messages " +
                                     std::to_string(acked_) + " were acknowledged and " +
                                     std::to_string(delivered_) + " delivered");
        }
        swarm_.poll(std::chrono::milliseconds(10));
    }
}

double ChatLoad::saturate(int window, std::chrono::milliseconds duration) {
    begin();
    const auto start = Clock::now();
    for (int i = 0; i < window; ++i) {
        for (std::size_t sender = 0; sender < sockets_.size(); ++sender) send(sender, start);
    }
    refills_ = true;
    while (Clock::now() - start < duration) swarm_.poll(std::chrono::milliseconds(10));
    refills_ = false;
    const auto done = std::min(acked_, delivered_);
    const std::chrono::duration<double> taken = Clock::now() - start;
    waitUntilComplete();
    return static_cast<double>(done) / taken.count();
}

Latencies ChatLoad::oneByOne(std::chrono::milliseconds duration) {
    begin();
    const auto end = Clock::now() + duration;
    while (Clock::now() < end) {
        send(0, Clock::now());
        const auto deadline = Clock::now() + kPatience;
        while (acked_ < messages_.size()) {
            if (Clock::now() > deadline) throw std::runtime_error("a message is not acknowledged");
            swarm_.poll(std::chrono::milliseconds(10));
        }
    }
    waitUntilComplete();
    return latenciesOf(messages_, [](const Times& one) { return one.acked; });
}

void ChatLoad::comeBack(const Comeback& comeback, Clock::time_point wanted) {
    returning_.push_back({&comeback, wanted, {}});
    const auto socket = swarm_.open(comeback.user.port, kPath, comeback.user.token);
    if (first_returning_ == 0) first_returning_ = socket;
}

ChatLoad::Outcome ChatLoad::runOpenLoop(double per_second, std::chrono::milliseconds duration,
                                        const std::vector<Comeback>& comebacks) {
    begin();
    const std::chrono::duration<double> length = duration;
    const auto count = static_cast<std::size_t>(length.count() * per_second);
    const auto start = Clock::now();
    const auto wantedAt = [&](std::size_t number, std::size_t of) {
        const auto part = static_cast<double>(number) / static_cast<double>(of);
        return start + std::chrono::duration_cast<Clock::duration>(length * part);
    };
    const auto isDue = [&](std::size_t number, std::size_t of, Clock::time_point now) {
        return number < of && wantedAt(number, of) <= now;
    };
    for (auto tick = start; messages_.size() < count || returning_.size() < comebacks.size(); tick += kTick) {
        for (auto now = Clock::now(); now < tick; now = Clock::now())
            swarm_.poll(std::chrono::ceil<std::chrono::microseconds>(tick - now));
        const auto now = Clock::now();
        while (isDue(messages_.size(), count, now))
            send(messages_.size() % sockets_.size(), wantedAt(messages_.size(), count));
        while (isDue(returning_.size(), comebacks.size(), now))
            comeBack(comebacks[returning_.size()], wantedAt(returning_.size(), comebacks.size()));
        swarm_.poll(std::chrono::microseconds(0));
    }
    waitUntilComplete();
    return {latenciesOf(messages_, [](const Times& one) { return one.acked; }),
            latenciesOf(messages_, [](const Times& one) { return one.delivered; }),
            latenciesOf(returning_, [](const Returning& one) { return one.resumed; })};
}

}  // namespace linkup::bench
