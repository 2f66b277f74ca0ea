#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace linkup::chat::presence_store {

using Users = std::vector<sdk::UserId>;

/// False if it was so already.
bool share(sdk::Connection& connection, sdk::UserId user);
bool unshare(sdk::Connection& connection, sdk::UserId user);
/// Whether the user shares their presence, and when they were last seen.
struct Own {
    bool shared = false;
    std::optional<sdk::Time> last_seen;
};
Own own(sdk::Connection& connection, sdk::UserId user);

/// Of these people those who share. No other transaction decides who of them is here before this one ends.
Users lockSharers(sdk::Connection& connection, const Users& users);
/// People are here, on this node; returns those who were not.
Users arrive(sdk::Connection& connection, const std::string& node, const Users& users);
/// They are not any more; returns those who were.
Users leave(sdk::Connection& connection, const std::string& node, const Users& users);
/// Of these people those who are on a living node.
Users online(sdk::Connection& connection, const Users& users, sdk::Time now);
void setLastSeen(sdk::Connection& connection, const Users& users, sdk::Time at);

/// False if others took the node for dead meanwhile, and forgot it.
bool keepAlive(sdk::Connection& connection, const std::string& node, sdk::Time until);
void insertNode(sdk::Connection& connection, const std::string& node, sdk::Time until);
struct Node {
    std::string name;
    sdk::Time alive_until;
};
/// Nodes that died, locked; not those that another transaction looks at.
std::vector<Node> lockDead(sdk::Connection& connection, sdk::Time now);
Users usersOn(sdk::Connection& connection, const std::string& node);
void removeNode(sdk::Connection& connection, const std::string& node);

/// Those whom each of these people chats with and who share as well: (person, partner).
std::vector<std::pair<sdk::UserId, sdk::UserId>> partners(sdk::Connection& connection, const Users& users);
struct Seen {
    sdk::UserId user = 0;
    bool online = false;
    std::optional<sdk::Time> last_seen;
};
/// The partners of one person who share, by id.
std::vector<Seen> partnersOf(sdk::Connection& connection, sdk::UserId user, sdk::Time now);

}  // namespace linkup::chat::presence_store
