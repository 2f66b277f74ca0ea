#include "pairing_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <unordered_map>

namespace linkup::lobby {
namespace {

/// What one transaction stores: the people of its couples cannot swipe meanwhile.
constexpr std::size_t kCouplesAtOnce = 250;
constexpr std::size_t kLeftOverAtOnce = 5000;

}  // namespace

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
        return lobby_store::claim(connection, event.id, now, time_);
    });
    if (!token) return false;
    claim_ = {event.id, *token, now};
    vetoed_.clear();
    return true;
}

bool PairingService::finish(const Event& event) {
    for (;;) {
        const Gathering people = gatheringOf(event);
        std::vector<Couple> forbidden = people.forbidden;
        forbidden.insert(forbidden.end(), vetoed_.begin(), vetoed_.end());
        const auto couples = pairUp(people.guests, forbidden, random_);
        const auto vetoed = vetoed_.size();
        try {
            const bool ours = store(event, people.seated, couples);
            claim_.reset();
            return ours;
        } catch (const sdk::Error&) {
            if (vetoed_.size() == vetoed) throw;  // else who is left is paired anew, without that couple
        }
    }
}

PairingService::Gathering PairingService::gatheringOf(const Event& event) {
    Gathering people;
    database_.read([&](sdk::Connection& connection) {
        people.seated = lobby_store::seated(connection, event.id, event.ends_at);
        people.guests = lobby_store::guests(connection, event.id, event.ends_at);
        people.forbidden = lobby_store::forbidden(connection, event.id);
    });
    std::unordered_map<sdk::UserId, std::int64_t> misses;
    for (const auto& one : people.seated) misses.emplace(one.user, one.misses);
    for (auto& guest : people.guests) guest.misses = misses[guest.id];
    return people;
}

bool PairingService::store(const Event& event, const std::vector<Seated>& seated,
                           const std::vector<Couple>& couples) {
    auto batches = batchesOf(seated, couples);
    for (auto& batch : batches) {
        heartbeat_->beat();
        const bool last = &batch == &batches.back();
        const bool ours = sdk::transaction(database_, [&](sdk::Connection& connection) {
            return last ? lobby_store::finish(connection, event.id, claim_->token) &&
                              store(connection, event, batch)
                        : lobby_store::hold(connection, event.id, claim_->token, clock_.now() + time_) &&
                              store(connection, event, batch);
        });
        if (!ours) return false;
    }
    seconds_.observe(std::chrono::duration<double>(clock_.now() - claim_->since).count());
    log_.info("an event ended", {{"event", event.name},
                                 {"people", static_cast<std::int64_t>(seated.size())},
                                 {"couples", static_cast<std::int64_t>(couples.size())}});
    return true;
}

std::vector<PairingService::Batch> PairingService::batchesOf(const std::vector<Seated>& seated,
                                                             const std::vector<Couple>& couples) {
    std::unordered_map<sdk::UserId, std::int64_t> misses;
    for (const auto& one : seated) misses.emplace(one.user, one.misses);
    std::vector<Batch> batches(1);
    for (const auto& [one, other] : couples) {
        if (batches.back().couples.size() == kCouplesAtOnce) batches.emplace_back();
        batches.back().couples.push_back({{one, misses[one]}, {other, misses[other]}});
        misses.erase(one);
        misses.erase(other);
    }
    for (const auto& one : seated) {
        if (!misses.contains(one.user)) continue;
        if (batches.back().left_over.size() == kLeftOverAtOnce) batches.emplace_back();
        batches.back().left_over.push_back(one);
    }
    return batches;
}

bool PairingService::store(sdk::Connection& connection, const Event& event, const Batch& batch) {
    std::vector<Result> results;
    const auto add = [&](const Seated& one, std::optional<sdk::UserId> partner) {
        results.push_back({event.id, one.user, partner, partner ? 0 : one.misses + 1});
    };
    std::size_t paired = 0;
    for (const auto& [one, other] : batch.couples) {
        // A block that came a moment ago wins: the two stay without a partner tonight.
        const bool matched = match(connection, {one.user, other.user});
        if (matched) paired += 2;
        add(one, matched ? std::optional(other.user) : std::nullopt);
        add(other, matched ? std::optional(one.user) : std::nullopt);
    }
    for (const auto& one : batch.left_over) add(one, std::nullopt);
    lobby_store::insertResults(connection, event.id, results, clock_.now());
    connection.afterCommit([this, paired, left_over = results.size() - paired] {
        paired_.add(static_cast<double>(paired));
        left_over_.add(static_cast<double>(left_over));
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
