#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "linkup/sdk/bus.h"
#include "linkup/sdk/live.h"
#include "linkup/sdk/socket.h"

namespace linkup::daemon {

/// The sockets of this node, and by the bus those of all others: what is sent here goes to the own ones
/// directly and at once, and to the other nodes as one message.
///
/// Threading: any thread; nothing blocks. The tables are split by user, so that sockets seldom wait for each
/// other.
class NodeSocketHub final : public sdk::SocketHub {
public:
    static constexpr std::string_view kTopic = "sockets";

    /// `node` must differ between nodes.
    NodeSocketHub(sdk::Bus& bus, std::string node, sdk::Live<std::size_t> per_user_and_path);
    ~NodeSocketHub() override;

    /// From now on the bus's messages are listened to; until `close`.
    void open();
    void close() noexcept;

    void sendToUser(std::string_view path, sdk::UserId user, std::string text, bool droppable,
                    std::string_view except_session) override;
    void sendToAll(std::string_view path, std::string text) override;
    std::vector<std::shared_ptr<sdk::SocketSession>> local(std::string_view path,
                                                           sdk::UserId user) const override;
    std::vector<std::shared_ptr<sdk::SocketSession>> local(std::string_view path) const override;
    void closeSession(std::string_view session, std::string_view reason) override;

    /// Adds an open socket. If the user has too many on its path, the oldest is closed with 1008.
    void add(const std::shared_ptr<sdk::SocketSession>& socket);
    void remove(const sdk::SocketSession& socket) noexcept;
    std::vector<std::shared_ptr<sdk::SocketSession>> all() const;
    std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

    const std::string& node() const noexcept { return node_; }
    std::string newSessionId();

private:
    using Sockets = std::vector<std::shared_ptr<sdk::SocketSession>>;  // oldest first
    template <class Key>
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<Key, Sockets> sockets;
    };
    static constexpr std::size_t kShards = 16;
    template <class Key>
    using Table = std::array<Shard<Key>, kShards>;
    template <class Key>
    static auto& shardOf(Table<Key>& table, const Key& key) {
        return table[std::hash<Key>()(key) % kShards];
    }
    template <class Key>
    static void erase(Table<Key>& table, const Key& key, const sdk::SocketSession& socket) noexcept;

    void deliver(std::string_view path, sdk::UserId user, const std::string& text, bool droppable,
                 std::string_view except_session) const;
    void deliverToAll(std::string_view path, const std::string& text) const;
    void closeLocally(const std::string& session, std::string_view reason);
    void publish(const sdk::Json& message);
    void onBusMessage(std::string_view message);

    sdk::Bus& bus_;
    const std::string node_;
    const std::string own_prefix_;  // how a message of this node begins
    const sdk::Live<std::size_t> per_user_and_path_;
    std::atomic<std::uint64_t> next_id_{1};
    std::atomic<std::size_t> size_{0};
    mutable Table<sdk::UserId> users_;
    Table<std::string> sign_ins_;
    std::unique_ptr<sdk::Subscription> subscription_;
};

}  // namespace linkup::daemon
