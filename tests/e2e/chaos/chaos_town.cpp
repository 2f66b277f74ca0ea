#include "chaos_town.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <sstream>
#include <stdexcept>

#include "http_client.h"

namespace linkup::chaos {

namespace {

std::map<std::string, std::string> quiet(std::map<std::string, std::string> settings) {
    settings.try_emplace("log.level", "warning");
    return settings;
}

}  // namespace

ChaosTown::ChaosTown(int pairs, std::map<std::string, std::string> settings, int others)
    : deployment_(test::Deployment::Kind::kTwoNodes, quiet(std::move(settings))) {
    const auto filled = deployment_.command({"--demo", std::to_string(2 * pairs + others)});
    if (filled.exitCode != 0) throw std::runtime_error("--demo failed:\n" + filled.output);
    query(
        "INSERT INTO chat_rooms (id, low_id, high_id, last_seq, last_at, created_at) "
        "SELECT i, 2 * i - 1, 2 * i, 0, 0, 0 FROM generate_series(1, " +
        std::to_string(pairs) + ") i");
    query(
        "INSERT INTO chat_participants (chat_id, user_id, delivered_seq, seen_seq) "
        "SELECT id, low_id, 0, 0 FROM chat_rooms UNION ALL SELECT id, high_id, 0, 0 FROM chat_rooms");
    test::HttpClient client(node(0).url());
    for (int i = 1; i <= 2 * pairs; ++i) {
        const auto reply = client.postForm(
            "/api/v1/token",
            {{"username", "demo" + std::to_string(i) + "@example.com"}, {"password", "Demo-pass1!"}});
        if (reply.status != 200) throw std::runtime_error("no token: " + reply.body);
        tokens_.push_back(reply.text("access_token"));
    }
}

std::vector<std::uint16_t> ChaosTown::ports() {
    return {node(0).port(), node(1).port()};
}

std::vector<std::string> ChaosTown::query(const std::string& sql) {
    std::istringstream text(postgres().query(sql, deployment_.database()));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
        if (!line.empty()) lines.push_back(line);
    }
    return lines;
}

Device ChaosTown::device(int person) {
    Device device;
    device.user = person;
    device.partner = person % 2 == 1 ? person + 1 : person - 1;
    device.chat = (person + 1) / 2;
    device.token = tokens_.at(static_cast<std::size_t>(person - 1));
    return device;
}

std::map<std::int64_t, std::int64_t> ChaosTown::lastSeqs() {
    std::map<std::int64_t, std::int64_t> seqs;
    for (const auto& line : query("SELECT id, last_seq FROM chat_rooms")) {
        const auto bar = line.find('|');
        seqs[std::stoll(line)] = std::stoll(line.substr(bar + 1));
    }
    return seqs;
}

std::int64_t ChaosTown::unseen(int person) {
    test::HttpClient client(node(static_cast<std::size_t>(person) % 2).url());
    client.setBearer(tokens_.at(static_cast<std::size_t>(person - 1)));
    const auto reply = client.get("/api/v1/matches/get-connections");
    if (reply.status != 200) throw std::runtime_error("get-connections: " + reply.body);
    const auto chats = reply.object()->getArray("chats");
    for (unsigned i = 0; i < chats->size(); ++i) {
        const auto chat = chats->getObject(i);
        if (chat->getValue<std::int64_t>("chat_room_id") == (person + 1) / 2)
            return chat->getValue<std::int64_t>("unseen_counter");
    }
    return -1;
}

}  // namespace linkup::chaos
