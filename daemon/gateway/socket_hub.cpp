#include "socket_hub.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace linkup::daemon {

namespace {

bool isOf(const std::shared_ptr<sdk::SocketSession>& socket, std::string_view path) {
    return socket->path() == path;
}

}  // namespace

NodeSocketHub::NodeSocketHub(sdk::Bus& bus, std::string node, sdk::Live<std::size_t> per_user_and_path)
    : bus_(bus),
      node_(std::move(node)),
      own_prefix_("{\"node\":" + sdk::Json(node_).dump() + ","),
      per_user_and_path_(std::move(per_user_and_path)) {}

NodeSocketHub::~NodeSocketHub() = default;

void NodeSocketHub::open() {
    subscription_ = bus_.subscribe(
        kTopic, [this](std::string_view message) { onBusMessage(message); },
        // What was missed is for the plugins to find out; they know what their sockets should have had.
        [] {});
}

void NodeSocketHub::close() noexcept {
    subscription_.reset();
}

void NodeSocketHub::sendToUser(std::string_view path, sdk::UserId user, std::string text, bool droppable,
                               std::string_view except_session) {
    deliver(path, user, text, droppable, except_session);
    publish(sdk::Json::object({{"node", node_},
                               {"do", "user"},
                               {"path", sdk::Json(path)},
                               {"user", user},
                               {"droppable", droppable},
                               {"except", sdk::Json(except_session)},
                               {"text", std::move(text)}}));
}

void NodeSocketHub::sendToAll(std::string_view path, std::string text) {
    deliverToAll(path, text);
    publish(sdk::Json::object(
        {{"node", node_}, {"do", "all"}, {"path", sdk::Json(path)}, {"text", std::move(text)}}));
}

void NodeSocketHub::closeSession(std::string_view session, std::string_view reason) {
    closeLocally(std::string(session), reason);
    publish(sdk::Json::object(
        {{"node", node_}, {"do", "close"}, {"session", sdk::Json(session)}, {"reason", sdk::Json(reason)}}));
}

std::vector<std::shared_ptr<sdk::SocketSession>> NodeSocketHub::local(std::string_view path,
                                                                      sdk::UserId user) const {
    Sockets found;
    const auto& shard = shardOf(users_, user);
    const std::lock_guard lock(shard.mutex);
    const auto entry = shard.sockets.find(user);
    if (entry == shard.sockets.end()) return found;
    std::copy_if(entry->second.begin(), entry->second.end(), std::back_inserter(found),
                 [path](const auto& socket) { return path.empty() || isOf(socket, path); });
    return found;
}

std::vector<std::shared_ptr<sdk::SocketSession>> NodeSocketHub::local(std::string_view path) const {
    Sockets found = all();
    if (!path.empty()) std::erase_if(found, [path](const auto& socket) { return !isOf(socket, path); });
    return found;
}

std::vector<std::shared_ptr<sdk::SocketSession>> NodeSocketHub::all() const {
    Sockets found;
    found.reserve(size());
    for (const auto& shard : users_) {
        const std::lock_guard lock(shard.mutex);
        for (const auto& [user, sockets] : shard.sockets)
            found.insert(found.end(), sockets.begin(), sockets.end());
    }
    return found;
}

void NodeSocketHub::add(const std::shared_ptr<sdk::SocketSession>& socket) {
    std::shared_ptr<sdk::SocketSession> oldest;
    {
        auto& shard = shardOf(users_, socket->user());
        const std::lock_guard lock(shard.mutex);
        Sockets& sockets = shard.sockets[socket->user()];
        const auto same_path = [&](const auto& other) { return isOf(other, socket->path()); };
        const auto count = static_cast<std::size_t>(std::count_if(sockets.begin(), sockets.end(), same_path));
        sockets.push_back(socket);
        if (count >= per_user_and_path_) {
            const auto first = std::find_if(sockets.begin(), sockets.end(), same_path);
            oldest = *first;
            // It counts no more, though it is still on its way out; else the next one would close it again.
            sockets.erase(first);
        } else {
            size_.fetch_add(1, std::memory_order_relaxed);
        }
    }
    {
        const std::string& session = socket->principal().session;
        auto& shard = shardOf(sign_ins_, session);
        const std::lock_guard lock(shard.mutex);
        shard.sockets[session].push_back(socket);
    }
    if (oldest != nullptr) oldest->close(sdk::CloseCode::kPolicy, "too many sockets");
}

template <class Key>
void NodeSocketHub::erase(Table<Key>& table, const Key& key, const sdk::SocketSession& socket) noexcept {
    std::shared_ptr<sdk::SocketSession> last;  // may end the socket, not under the lock
    auto& shard = shardOf(table, key);
    const std::lock_guard lock(shard.mutex);
    const auto entry = shard.sockets.find(key);
    if (entry == shard.sockets.end()) return;
    Sockets& sockets = entry->second;
    const auto place =
        std::find_if(sockets.begin(), sockets.end(), [&](const auto& one) { return one.get() == &socket; });
    if (place == sockets.end()) return;
    last = std::move(*place);
    sockets.erase(place);
    if (sockets.empty()) shard.sockets.erase(entry);
}

void NodeSocketHub::remove(const sdk::SocketSession& socket) noexcept {
    {
        auto& shard = shardOf(users_, socket.user());
        const std::lock_guard lock(shard.mutex);
        const auto entry = shard.sockets.find(socket.user());
        if (entry != shard.sockets.end() &&
            std::any_of(entry->second.begin(), entry->second.end(),
                        [&](const auto& one) { return one.get() == &socket; })) {
            size_.fetch_sub(1, std::memory_order_relaxed);
        }
    }
    erase(users_, socket.user(), socket);
    erase(sign_ins_, socket.principal().session, socket);
}

std::string NodeSocketHub::newSessionId() {
    return node_ + "-" + std::to_string(next_id_.fetch_add(1, std::memory_order_relaxed));
}

void NodeSocketHub::deliver(std::string_view path, sdk::UserId user, const std::string& text, bool droppable,
                            std::string_view except_session) const {
    for (const auto& socket : local(path, user)) {
        if (socket->id() == except_session) continue;
        sdk::SendOptions options;
        options.droppable = droppable;
        socket->send(text, std::move(options));
    }
}

void NodeSocketHub::deliverToAll(std::string_view path, const std::string& text) const {
    for (const auto& socket : local(path)) socket->send(text);
}

void NodeSocketHub::closeLocally(const std::string& session, std::string_view reason) {
    Sockets found;
    {
        auto& shard = shardOf(sign_ins_, session);
        const std::lock_guard lock(shard.mutex);
        if (const auto entry = shard.sockets.find(session); entry != shard.sockets.end())
            found = entry->second;
    }
    for (const auto& socket : found) socket->close(sdk::CloseCode::kPolicy, reason);
}

void NodeSocketHub::publish(const sdk::Json& message) {
    bus_.publish(kTopic, message.dump());
}

void NodeSocketHub::onBusMessage(std::string_view message) {
    if (message.starts_with(own_prefix_)) return;  // done already
    auto parsed = sdk::parseJson(message);
    const auto* json = std::get_if<sdk::Json>(&parsed);
    if (json == nullptr) return;
    const auto text = [json](const char* name) -> std::string_view {
        const sdk::Json& value = (*json)[name];
        return value.isString() ? std::string_view(value.asString()) : std::string_view();
    };
    const std::string_view action = text("do");
    if (action == "user" && (*json)["user"].isInteger()) {
        const sdk::Json& droppable = (*json)["droppable"];
        deliver(text("path"), (*json)["user"].asInteger(), std::string(text("text")),
                droppable.isBool() && droppable.asBool(), text("except"));
    } else if (action == "all") {
        deliverToAll(text("path"), std::string(text("text")));
    } else if (action == "close") {
        closeLocally(std::string(text("session")), text("reason"));
    }
}

}  // namespace linkup::daemon
