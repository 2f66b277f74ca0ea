#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/heartbeat.h>
#include <linkup/sdk/log.h>
#include <linkup/sdk/metrics.h>
#include <linkup/sdk/services/matches.h>

#include <optional>
#include <random>
#include <set>
#include <vector>

#include "lobby_store.h"

namespace linkup::lobby {

/// Pairs the people of an event, once in the cluster: first claim(), and if that is granted finish().
///
/// Threading: one thread.   Errors: as Database; all can be called again then.
class PairingService {
public:
    /// Another node may take over when `time` has passed since the claim.
    PairingService(sdk::Database& database, sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics,
                   std::chrono::milliseconds time);

    void start(sdk::Matches& matches, sdk::Heartbeat& heartbeat) {
        matches_ = &matches;
        heartbeat_ = &heartbeat;
    }

    /// Closes the event, so that all seats are given, and takes the fencing token that finish() needs. False
    /// if the event is over, or another node is at it.
    bool claim(const Event& event);
    /// Finds out who meets whom, with nothing locked, and writes matches and results, some hundreds in a
    /// transaction, the last of which finishes the event. Who has a result keeps it, whatever becomes of this
    /// node: whoever takes over goes on with the others. False if somebody has.
    bool finish(const Event& event);

private:
    struct Claim {
        std::int64_t event;
        std::int64_t token;
        sdk::Time since;
    };

    /// Those who wait for a result.
    struct Gathering {
        std::vector<Seated> seated;
        std::vector<Guest> guests;
        std::vector<Couple> forbidden;
    };
    /// What is stored in one transaction.
    struct Batch {
        std::vector<std::pair<Seated, Seated>> couples;
        std::vector<Seated> left_over;
    };

    Gathering gatheringOf(const Event& event);
    static std::vector<Batch> batchesOf(const std::vector<Seated>& seated,
                                        const std::vector<Couple>& couples);
    bool store(const Event& event, const std::vector<Seated>& seated, const std::vector<Couple>& couples);
    bool store(sdk::Connection& connection, const Event& event, const Batch& batch);
    bool match(sdk::Connection& connection, Couple couple);

    sdk::Database& database_;
    sdk::Clock& clock_;
    sdk::Log& log_;
    std::chrono::milliseconds time_;
    sdk::Counter& paired_;
    sdk::Counter& left_over_;
    sdk::Histogram& seconds_;
    sdk::Matches* matches_ = nullptr;
    sdk::Heartbeat* heartbeat_ = nullptr;
    std::mt19937_64 random_;
    std::optional<Claim> claim_;
    std::set<Couple> vetoed_;  ///< couples that a hook refused in the event claimed
};

}  // namespace linkup::lobby
