#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/heartbeat.h>
#include <linkup/sdk/log.h>
#include <linkup/sdk/metrics.h>
#include <linkup/sdk/services/profiles.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "lobby_store.h"
#include "pairing_service.h"

namespace linkup::lobby {

/// What the people in the lobby are told. Called from the service's thread or a task's.
class LobbyAnnouncer {
public:
    virtual ~LobbyAnnouncer() = default;
    /// The event began, or this node learned of it.
    virtual void begun(const Event& event) = 0;
    /// An event is over, or results wait for people with a socket on this node. Throws if some could not be
    /// told; called again then.
    virtual void decided() = 0;
    /// People with a lobby socket on this node.
    virtual std::vector<sdk::UserId> present() const = 0;
    /// Asks every node, this one included, to look at the database.
    virtual void wakeNodes() = 0;
};

/// How an event ended.
struct Outcome {
    bool called_off = false;
    /// Of everybody who was asked for: who had no seat at the end, because no node could keep it, was left
    /// over as well.
    std::unordered_map<sdk::UserId, Result> results = {};
};

struct LobbyRules {
    std::chrono::milliseconds seat_kept{15'000};    ///< after the last socket of a person closed
    std::chrono::milliseconds look_again{5'000};    ///< between two looks at the database
    std::chrono::milliseconds return_time{20'000};  ///< for people to come back after all nodes were away
    std::chrono::milliseconds pairing_time{5'000};  ///< then another node may think that the one is dead
    std::chrono::minutes too_late{30};              ///< after the end: called off; results no longer told
};

/// Meeting events: people gather, then are paired once. All state is in the database, so any node may begin,
/// pair or tell, and nothing is lost with one.
///
/// Lifetime: start to stop.   Threading: any thread.
class LobbyService {
public:
    LobbyService(sdk::Database& database, sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics,
                 LobbyAnnouncer& announcer, LobbyRules rules);
    ~LobbyService();

    void start(sdk::Matches& matches, sdk::Profiles& profiles, sdk::Heartbeat& heartbeat);
    void stop() noexcept;

    /// Run by the schedule of every node; the same `due` begins one event, however often, wherever and
    /// however late it is called, but none once the people would have been paired. While the database is away
    /// it is tried on.
    void begin(const std::string& name, sdk::Time due, std::chrono::milliseconds waiting);
    /// Looks at the database now.
    void wake();

    /// The event for which people gather, as this node knows it.
    std::optional<Event> current() const;
    /// Seats the user in the event that it returns, if there is one for which people still gather.
    std::optional<Event> enter(sdk::UserId user);
    /// The last socket of the user may have gone; the seat is kept for a while.
    void leave(sdk::UserId user);
    std::vector<Result> untold(const std::vector<sdk::UserId>& users);
    /// How an event ended for these people, whom it was said to have begun to; nothing while it goes on.
    std::optional<Outcome> outcomeOf(std::int64_t event, const std::vector<sdk::UserId>& users);
    /// Some of those who are here may not have been told: the next look calls decided().
    void tellAgain();
    /// A device has it. Written by the next look that can; never blocks.
    void told(const Result& result);
    /// The partners as the results show them, by id.
    std::unordered_map<sdk::UserId, sdk::PersonCard> partnerCards(const std::vector<Result>& results);

private:
    void run();
    std::chrono::milliseconds lookOrLog();
    /// One look: learn of events, keep seats, finish what is due. Returns when to look again.
    std::chrono::milliseconds look();
    void makePending();
    void writeTold();
    std::optional<Event> learn();
    void tellDecided();
    void callOff(const Event& event);
    bool keepSeats(const Event& event);
    void countWaiting(Event& event);
    Seat noteHere(sdk::UserId user);
    void forget(const Event& event);
    sdk::Time dueTime(const Event& event) const;
    std::chrono::milliseconds finish(const Event& event);

    sdk::Database& database_;
    sdk::Clock& clock_;
    sdk::Log& log_;
    LobbyAnnouncer& announcer_;
    LobbyRules rules_;
    sdk::Profiles* profiles_ = nullptr;
    sdk::Gauge& waiting_gauge_;
    // Of the service's thread alone.
    sdk::Time up_since_{};        ///< since when this node has been able to keep seats
    sdk::Time looked_at_{};       ///< the last look that succeeded
    std::int64_t known_ = 0;      ///< the event under way
    std::int64_t announced_ = 0;  ///< the last event of whose start people here were told
    PairingService pairing_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::optional<Event> current_;
    std::vector<Event> pending_;                             ///< due, and not yet in the database
    std::unordered_map<sdk::UserId, sdk::Time> here_until_;  ///< who came or left of late, event or none
    bool tell_again_ = false;
    /// Event and user of results that a device has, and the database does not know.
    std::set<std::pair<std::int64_t, sdk::UserId>> told_;
    bool woken_ = false;
    bool stopping_ = false;
    sdk::Heartbeat* heartbeat_ = nullptr;
    std::thread thread_;
};

}  // namespace linkup::lobby
