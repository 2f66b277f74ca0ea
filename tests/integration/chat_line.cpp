#include "chat_line.h"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace linkup::test {
namespace {

using Clock = std::chrono::steady_clock;

std::string liked(const Person& person) {
    return R"({"liked_id":)" + std::to_string(person.id()) + "}";
}

std::chrono::milliseconds until(Clock::time_point end) {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()),
                    std::chrono::milliseconds{0});
}

}  // namespace

Pair::Pair(Deployment& deployment, LinkupDaemon& her_node, LinkupDaemon& his_node, const std::string& name)
    : alice(deployment, her_node, name + "alice", Person::Gender::kFemale),
      bob(deployment, his_node, name + "bob", Person::Gender::kMale) {
    alice.get("/api/v1/matches/get-matches");
    alice.post("/api/v1/swipe/right", liked(bob));
    bob.post("/api/v1/likes/" + std::to_string(alice.id()) + "/like-back");
    room = alice.post("/api/v1/chats/start-chat", R"({"id":)" + std::to_string(bob.id()) + "}")
               ->getValue<int>("chat_room_id");
}

void ChatLine::open() {
    socket_ = me_.open("chat");
    received_.clear();
    last_received_seq_ = 0;
}

std::string ChatLine::messageId(int number) const {
    char text[40];
    std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%06d%06d", me_.id(), number);
    return text;
}

void ChatLine::send(int number) {
    refused_.erase(messageId(number));
    socket_->send(R"({"type":"chats","chats_type":"message","message_id":")" + messageId(number) +
                  R"(","message":"number )" + std::to_string(number) + R"(","to":)" +
                  std::to_string(other_.id()) + R"(,"from_":)" + std::to_string(me_.id()) +
                  R"(,"chat_room_id":)" + std::to_string(room_) + "}");
}

bool ChatLine::decided(int number, std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    const std::string id = messageId(number);
    while (!acked_.contains(id) && !refused_.contains(id)) take(*socket_->receive(until(end)));
    return acked_.contains(id);
}

void ChatLine::sendUntilAcked(int number, std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    for (;;) {
        send(number);
        if (decided(number, until(end))) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // a phone waits before it tries again
    }
}

void ChatLine::receiveMessages(std::size_t count, std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    while (received_.size() < count) take(*socket_->receive(until(end)));
}

void ChatLine::take(const Poco::JSON::Object& event) {
    const auto type = event.optValue<std::string>("type", "");
    const auto id = event.optValue<std::string>("message_id", "");
    const auto seq = event.optValue<std::int64_t>("seq", 0);
    if (type == "ack") {
        const auto [entry, is_new] = acked_.emplace(id, seq);
        if (!is_new && entry->second != seq) throw std::runtime_error(id + " is acknowledged with two seqs");
    } else if (type == "error") {
        const auto code = event.optValue<std::string>("code", "");
        if (code != "server_busy") throw std::runtime_error("refused with " + code);
        refused_.insert(id);
    } else if (type == "chats" && event.optValue<std::string>("chats_type", "") == "message") {
        if (seq <= last_received_seq_) {
            throw std::runtime_error("seq " + std::to_string(seq) + " came after " +
                                     std::to_string(last_received_seq_));
        }
        last_received_seq_ = seq;
        received_.push_back(id);
    }
}

std::vector<std::string> history(Person& reader, int room) {
    const auto page =
        reader.post("/api/v1/chats/get/chat", R"({"chat_room_id":)" + std::to_string(room) + "}");
    const auto messages = page->getArray("messages");
    const auto first = page->getValue<std::int64_t>("last_seq") - static_cast<std::int64_t>(messages->size());
    std::vector<std::string> ids;
    for (unsigned i = 0; i < messages->size(); ++i) {
        const auto message = messages->getObject(i);
        if (message->getValue<std::int64_t>("seq") != first + i + 1)
            throw std::runtime_error("a gap in the history of chat " + std::to_string(room));
        ids.push_back(message->getValue<std::string>("message_id"));
    }
    return ids;
}

}  // namespace linkup::test
