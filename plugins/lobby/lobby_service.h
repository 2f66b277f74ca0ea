#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/log.h>
#include <linkup/sdk/services/matches.h>
#include <linkup/sdk/services/profiles.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "lobby_store.h"

namespace linkup::lobby {

/// What the people in the lobby are told. Called from the service's thread or a task's.
class LobbyAnnouncer {
public:
    virtual ~LobbyAnnouncer() = default;
    /// The event began, or this node learned of it.
    virtual void begun(const Event& event) = 0;
    virtual void calledOff() = 0;
    /// Results wait for people with a socket on this node. Throws if some could not be told; called again
    /// then.
    virtual void decided() = 0;
    /// People with a lobby socket on this node.
    virtual std::vector<sdk::UserId> present() const = 0;
    /// Asks every node, this one included, to look at the database.
    virtual void wakeNodes() = 0;
};

struct LobbyRules {
    std::chrono::milliseconds seat_kept{15'000};    ///< after the last socket of a person closed
    std::chrono::milliseconds look_again{5'000};    ///< between two looks at the database
    std::chrono::milliseconds return_time{20'000};  ///< for people to come back after all nodes were away
    std::chrono::minutes too_late{30};              ///< after the end: called off; results no longer told
};

/// Meeting events: people gather, then are paired once. All state is in the database, so any node may begin,
/// pair or tell, and nothing is lost with one. The event's row decides who pairs: the results are written in
/// the transaction that finishes it. Lifetime: start to stop.   Threading: any thread.
class LobbyService {
public:
    LobbyService(sdk::Database& database, sdk::Clock& clock, sdk::Log& log, LobbyAnnouncer& announcer,
                 LobbyRules rules);
    ~LobbyService();

    void start(sdk::Matches& matches, sdk::Profiles& profiles);
    void stop() noexcept;

    /// Run by the schedule; the same `due` begins one event, however often, wherever and however late it is
    /// called, but none once the people would have been paired. While the database is away it is tried on.
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
    /// Some of those who are here may not have been told: the next look calls decided().
    void tellAgain();
    /// A device has it. Written by the next look that can; never blocks.
    void told(const Result& result);
    /// The partner as the result shows them.
    sdk::PersonCard partnerCard(sdk::UserId partner);

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
    void keepSeatsOfPresent(const Event& event);
    void keepSeatsOfLeavers(const Event& event);
    std::optional<Event> noteHere(sdk::UserId user);
    void forget(const Event& event);
    void finish(const Event& event);
    bool pair(sdk::Connection& connection, const Event& event);
    bool match(sdk::Connection& connection, Couple couple);

    sdk::Database& database_;
    sdk::Clock& clock_;
    sdk::Log& log_;
    LobbyAnnouncer& announcer_;
    LobbyRules rules_;
    sdk::Matches* matches_ = nullptr;
    sdk::Profiles* profiles_ = nullptr;
    std::mt19937_64 random_;
    // Of the service's thread alone.
    sdk::Time up_since_{};     ///< since when this node has been able to keep seats
    sdk::Time looked_at_{};    ///< the last look that succeeded
    std::set<Couple> vetoed_;  ///< couples that a hook refused in the event under way

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::optional<Event> current_;
    std::vector<Event> pending_;                             ///< due, and not yet in the database
    std::unordered_map<sdk::UserId, sdk::Time> here_until_;  ///< who came or left of late, event or none
    bool tell_again_ = false;
    std::vector<Result> told_;  ///< that a device has, and the database does not know
    bool woken_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace linkup::lobby
