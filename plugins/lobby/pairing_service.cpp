#include "pairing_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <unordered_map>

namespace linkup::lobby {

PairingService::PairingService(sdk::Database& database, sdk::Clock& clock, sdk::Log& log,
                               sdk::Metrics& metrics, std::chrono::milliseconds time)
    : database_(database),
      clock_(clock),
      log_(log),
      time_(time),
      paired_(metrics.counter("results_total", "Results of events that this node paired.",
                              {{"result", "paired"}})),
      left_over_(metrics.counter("results_total", "Results of events that this node paired.",
                                 {{"result", "left_over"}})),
      seconds_(metrics.histogram("pairing_seconds", "From closing an event until its results were stored.",
                                 {0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30})),
      random_(std::random_device{}()) {}

bool PairingService::claim(const Event& event) {
    if (claim_ && claim_->event == event.id) return true;  // finish() failed then
    const auto now = clock_.now();
    const auto token = sdk::transaction(database_, [&](sdk::Connection& connection) {
        return lobby_store::claim(connection, event.id, now, now + time_);
    });
    if (!token) return false;
    claim_ = {event.id, *token, now};
    vetoed_.clear();
    return true;
}

bool PairingService::finish(const Event& event) {
    std::vector<Seated> seated;
    std::vector<Guest> guests;
    std::vector<Couple> forbidden;
    database_.read([&](sdk::Connection& connection) {
        seated = lobby_store::seated(connection, event.id, event.ends_at);
        guests = lobby_store::guests(connection, event.id, event.ends_at);
        forbidden = lobby_store::forbidden(connection, event.id);
    });
    std::unordered_map<sdk::UserId, std::int64_t> misses;
    for (const auto& one : seated) misses.emplace(one.user, one.misses);
    for (auto& guest : guests) guest.misses = misses[guest.id];
    for (;;) {
        forbidden.insert(forbidden.end(), vetoed_.begin(), vetoed_.end());
        const auto couples = pairUp(guests, forbidden, random_);
        const auto vetoed = vetoed_.size();
        try {
            const bool ours = sdk::transaction(database_, [&](sdk::Connection& connection) {
                return store(connection, event, seated, couples);
            });
            claim_.reset();
            return ours;
        } catch (const sdk::Error&) {
            if (vetoed_.size() == vetoed) throw;  // else everybody is paired anew, without that couple
        }
    }
}

bool PairingService::store(sdk::Connection& connection, const Event& event, const std::vector<Seated>& seated,
                           const std::vector<Couple>& couples) {
    if (!lobby_store::finish(connection, event.id, claim_->token)) return false;
    std::unordered_map<sdk::UserId, sdk::UserId> partners;
    for (const auto& couple : couples) {
        // A block that came a moment ago wins: the two stay without a partner tonight.
        if (!match(connection, couple)) continue;
        partners.emplace(couple.first, couple.second);
        partners.emplace(couple.second, couple.first);
    }
    std::vector<Result> results;
    results.reserve(seated.size());
    for (const auto& [user, misses] : seated) {
        const auto partner = partners.find(user);
        if (partner == partners.end()) {
            results.push_back({event.id, user, std::nullopt, misses + 1});
        } else {
            results.push_back({event.id, user, partner->second});
        }
    }
    lobby_store::insertResults(connection, event.id, results, clock_.now());
    connection.afterCommit(
        [this, name = event.name, since = claim_->since, people = seated.size(), paired = partners.size()] {
            paired_.add(static_cast<double>(paired));
            left_over_.add(static_cast<double>(people - paired));
            seconds_.observe(std::chrono::duration<double>(clock_.now() - since).count());
            log_.info("an event ended", {{"event", name},
                                         {"people", static_cast<std::int64_t>(people)},
                                         {"couples", static_cast<std::int64_t>(paired / 2)}});
        });
    return true;
}

/// A plugin's veto undoes the whole transaction, so it is remembered for the next try.
bool PairingService::match(sdk::Connection& connection, Couple couple) {
    try {
        return matches_->create(connection, couple.first, couple.second);
    } catch (const sdk::Error& error) {
        if (error.code() == sdk::ErrorCode::kInvalidArgument) {
            vetoed_.emplace(std::min(couple.first, couple.second), std::max(couple.first, couple.second));
        }
        throw;
    }
}

}  // namespace linkup::lobby
