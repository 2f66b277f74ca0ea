#include "presence_service.h"

#include <algorithm>
#include <charconv>

#include "node_name.h"

namespace linkup::chat {
namespace {

constexpr std::string_view kTopic = "presence";  // users who began to share
constexpr std::size_t kAtOnce = 1000;            // people in one transaction

/// Those of `users`, sorted or not, that are not among `others`.
presence_store::Users without(const presence_store::Users& users, presence_store::Users others) {
    std::sort(others.begin(), others.end());
    presence_store::Users rest;
    std::copy_if(users.begin(), users.end(), std::back_inserter(rest),
                 [&](sdk::UserId user) { return !std::binary_search(others.begin(), others.end(), user); });
    return rest;
}

presence_store::Users among(const presence_store::Users& users, const presence_store::Users& sorted) {
    presence_store::Users found;
    std::copy_if(users.begin(), users.end(), std::back_inserter(found),
                 [&](sdk::UserId user) { return std::binary_search(sorted.begin(), sorted.end(), user); });
    return found;
}

sdk::Json timeOrNull(const std::optional<sdk::Time>& time) {
    return time ? sdk::Json(sdk::formatTime(*time)) : sdk::Json();
}

}  // namespace

PresenceService::PresenceService(sdk::Database& database, sdk::Bus& bus, sdk::Clock& clock, sdk::Log& log,
                                 PresenceEvents& events, PresenceSettings settings)
    : database_(database),
      bus_(bus),
      clock_(clock),
      log_(log),
      events_(events),
      settings_(settings),
      node_(randomNodeName()) {}

void PresenceService::start() {
    // Whoever begins to share may have devices on any node. What a gap loses comes with their next device.
    subscription_ = bus_.subscribe(
        kTopic,
        [this](std::string_view text) {
            sdk::UserId user = 0;
            std::from_chars(text.data(), text.data() + text.size(), user);
            if (events_.isHere(user)) note(user);
        },
        [] {});
}

void PresenceService::stop() noexcept {
    subscription_.reset();
    if (!is_known_) return;
    try {
        database_.transaction([&](sdk::Connection& connection) {
            presence_store::keepAlive(connection, node_, clock_.now() + settings_.grace);
        });
    } catch (const std::exception&) {
        // Then it counts as dead a little later.
    }
}

void PresenceService::note(sdk::UserId user) {
    const auto now = clock_.steady();
    const std::lock_guard lock(mutex_);
    moved_[user] = now;
}

void PresenceService::settle() {
    try {
        keepAlive();
        for (;;) {
            const Moves moves = takeMoves();
            if (moves.here.empty() && moves.gone.empty()) return;
            try {
                write(moves);
            } catch (const std::exception&) {
                for (const auto user : moves.here) note(user);
                for (const auto user : moves.gone) note(user);
                throw;
            }
        }
    } catch (const std::exception& error) {
        log_.warning("who is here could not be stored", {{"fault", error.what()}});
    }
}

PresenceService::Moves PresenceService::takeMoves() {
    const auto now = clock_.steady();
    Moves moves;
    const std::lock_guard lock(mutex_);
    for (auto it = moved_.begin(); it != moved_.end() && moves.here.size() + moves.gone.size() < kAtOnce;) {
        const bool is_here = events_.isHere(it->first);
        if (!is_here && now - it->second < settings_.grace) {
            ++it;
            continue;
        }
        (is_here ? moves.here : moves.gone).push_back(it->first);
        it = moved_.erase(it);
    }
    return moves;
}

void PresenceService::keepAlive() {
    const auto now = clock_.steady();
    if (is_known_ && now - said_alive_ < settings_.lifetime / 3) return;
    const auto until = clock_.now() + settings_.lifetime;
    bool is_kept = false;
    database_.transaction([&](sdk::Connection& connection) {
        is_kept = presence_store::keepAlive(connection, node_, until);
        if (!is_kept) presence_store::insertNode(connection, node_, until);
    });
    // New, or taken for dead while it could not reach the database: all who are here have come.
    if (!is_kept) {
        for (const auto user : events_.allHere()) note(user);
    }
    is_known_ = true;
    said_alive_ = now;
    buryDead();
}

void PresenceService::write(const Moves& moves) {
    const auto told = sdk::transaction(database_, [&](sdk::Connection& connection) {
        std::vector<Told> news;
        Users all = moves.here;
        all.insert(all.end(), moves.gone.begin(), moves.gone.end());
        const auto sharers = presence_store::lockSharers(connection, all);
        if (sharers.empty()) return news;
        const auto now = clock_.now();
        const auto here = among(moves.here, sharers);
        const auto before = presence_store::online(connection, here, now);
        presence_store::arrive(connection, node_, here);
        addTold(connection, without(here, before), true, std::nullopt, news);
        left(connection, presence_store::leave(connection, node_, among(moves.gone, sharers)), now, news);
        return news;
    });
    tell(told);
}

void PresenceService::buryDead() {
    const auto told = sdk::transaction(database_, [&](sdk::Connection& connection) {
        std::vector<Told> news;
        for (const auto& node : presence_store::lockDead(connection, clock_.now())) {
            const auto users =
                presence_store::lockSharers(connection, presence_store::usersOn(connection, node.name));
            left(connection, presence_store::leave(connection, node.name, users), node.alive_until, news);
            presence_store::removeNode(connection, node.name);
        }
        return news;
    });
    tell(told);
}

void PresenceService::left(sdk::Connection& connection, const Users& users, sdk::Time at,
                           std::vector<Told>& told) {
    if (users.empty()) return;
    const auto gone = without(users, presence_store::online(connection, users, clock_.now()));
    presence_store::setLastSeen(connection, gone, at);
    addTold(connection, gone, false, at, told);
}

void PresenceService::addTold(sdk::Connection& connection, const Users& users, bool online,
                              std::optional<sdk::Time> last_seen, std::vector<Told>& told) {
    if (users.empty()) return;
    for (const auto& [user, partner] : presence_store::partners(connection, users))
        told.push_back({partner, user, online, last_seen});
}

void PresenceService::tell(const std::vector<Told>& told) {
    for (const auto& one : told) events_.presence(one.to, one.user, one.online, one.last_seen);
}

sdk::Json PresenceService::visible(sdk::UserId user) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        const bool shared = presence_store::own(connection, user).shared;
        sdk::Json people = sdk::Json::array();
        if (shared) {
            for (const auto& seen : presence_store::partnersOf(connection, user, clock_.now())) {
                people.push(sdk::Json::object({{"user_id", seen.user},
                                               {"online", seen.online},
                                               {"last_seen", timeOrNull(seen.last_seen)}}));
            }
        }
        return sdk::Json::object({{"share", shared}, {"people", std::move(people)}});
    });
}

void PresenceService::setShared(sdk::UserId user, bool shared) {
    const auto told = sdk::transaction(database_, [&](sdk::Connection& connection) {
        std::vector<Told> news;
        if (shared) {
            presence_store::share(connection, user);
        } else if (presence_store::unshare(connection, user)) {
            addTold(connection, {user}, false, std::nullopt, news);
        }
        return news;
    });
    tell(told);
    if (shared) bus_.publish(kTopic, std::to_string(user));
}

}  // namespace linkup::chat
