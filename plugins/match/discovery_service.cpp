#include "discovery_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

#include "bonds_store.h"
#include "discovery_store.h"
#include "likes_store.h"
#include "parallel.h"

namespace linkup::match {
namespace {

constexpr std::int64_t kQueueLength = 10;

bool moreThanOneSet(const sdk::Json& preferences) {
    const auto& members = preferences.members();
    return std::count_if(members.begin(), members.end(),
                         [](const auto& member) { return !member.second.isNull(); }) > 1;
}

/// A distance filter needs both positions: where one's own is unknown, nobody is within it.
discovery_store::Circle circleOf(const sdk::Json& preferences, const std::optional<Point>& own) {
    const auto& kilometres = preferences["max_distance_km"];
    if (!kilometres.isInteger()) return {};
    if (!own) return {.everywhere = false, .centre = {}, .chord_squared = -1};
    return {.everywhere = false,
            .centre = *own,
            .chord_squared = chordSquaredOfKilometres(static_cast<double>(kilometres.asInteger()))};
}

/// Whether the first of them has asked for the same once more.
bool asksAgain(std::span<const DiscoveryService::Wanted> wanted) {
    return std::any_of(wanted.begin() + 1, wanted.end(), [&](const auto& other) {
        return other.user == wanted.front().user && other.queue == wanted.front().queue;
    });
}

std::mt19937_64& chance() {
    thread_local std::mt19937_64 generator(std::random_device{}());
    return generator;
}

}  // namespace

DiscoveryService::DiscoveryService(sdk::Database& database, sdk::Clock& clock, sdk::Workers& workers,
                                   Tallies& tallies, BondsService& bonds, LocationService& locations,
                                   const Neighbours& neighbours, DiscoveryRules rules)
    : database_(database),
      clock_(clock),
      workers_(workers),
      tallies_(tallies),
      bonds_(bonds),
      locations_(locations),
      neighbours_(neighbours),
      rules_(rules) {}

sdk::Json DiscoveryService::candidates(sdk::UserId user, Queue queue) {
    const Wanted wanted{user, queue};
    auto answer = std::move(candidates(std::span(&wanted, 1)).front());
    if (answer.error) throw sdk::Error(*answer.error);
    return std::move(*answer.reply);
}

std::vector<DiscoveryService::Answer> DiscoveryService::candidates(std::span<const Wanted> wanted) {
    std::vector<sdk::UserId> keepers;
    for (const auto& [user, queue] : wanted) {
        if (queue == Queue::kKeep && std::find(keepers.begin(), keepers.end(), user) == keepers.end()) {
            keepers.push_back(user);
        }
    }
    auto kept = keepers.empty() ? std::unordered_map<sdk::UserId, sdk::Json>() : standing(keepers);
    std::vector<Answer> answers(wanted.size());
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto reply = kept.find(wanted[i].user);
        if (wanted[i].queue == Queue::kRefresh || reply == kept.end()) {
            others.push_back(i);
        } else if (asksAgain(wanted.subspan(i))) {
            answers[i].reply = reply->second;
        } else {
            answers[i].reply = std::move(reply->second);  // a copy would cost as much as making it
        }
    }
    forEach(workers_, others.size(),
            [&](std::size_t i) { answers[others[i]] = refilledOrError(wanted[others[i]]); });
    return answers;
}

std::unordered_map<sdk::UserId, sdk::Json> DiscoveryService::standing(std::span<const sdk::UserId> users) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        auto queues =
            discovery_store::standingQueues(connection, users, clock_.now() - likes_store::kLimitWindow);
        std::vector<sdk::UserId> members;
        std::vector<HandOut> hand_outs;
        for (auto& queue : queues) {
            if (std::cmp_less(queue.eligible.size(), kQueueLength)) continue;
            auto preferences = sdk::parseTrustedJson(queue.preferences);
            const auto circle = circleOf(preferences, queue.own);
            const bool all_within =
                std::all_of(queue.eligible.begin(), queue.eligible.end(),
                            [&](const auto& one) { return discovery_store::contains(circle, one.point); });
            if (!all_within) continue;
            members.push_back(queue.user);
            hand_outs.push_back({std::move(queue.eligible), queue.own, std::move(preferences),
                                 bonds_.likesRemaining(queue.likes_given)});
        }
        auto made = replies(connection, hand_outs);
        std::unordered_map<sdk::UserId, sdk::Json> by_member;
        for (std::size_t i = 0; i < members.size(); ++i) by_member.emplace(members[i], std::move(made[i]));
        return by_member;
    });
}

DiscoveryService::Answer DiscoveryService::refilledOrError(Wanted wanted) noexcept {
    try {
        return {refilled(wanted.user, wanted.queue), std::nullopt};
    } catch (const sdk::Error& error) {
        return {std::nullopt, error};
    } catch (const std::exception&) {
        return {std::nullopt, sdk::Error(sdk::ErrorCode::kInternal, "Internal Server Error")};
    }
}

sdk::Json DiscoveryService::refilled(sdk::UserId user, Queue queue) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        const auto before = discovery_store::lockQueue(connection, user);
        const auto now = clock_.now();
        const auto member = discovery_store::memberOf(connection, user, now - likes_store::kLimitWindow);
        if (!member) throw sdk::Error(sdk::ErrorCode::kConflict, "Complete your profile first");
        const auto preferences = neighbours_.profiles->preferences(connection, user);
        const auto preferences_text = preferences.dump();
        const auto own = locations_.pointOf(connection, user);
        const auto circle = circleOf(preferences, own);
        People people;
        // New wishes make a new queue; the old one's cards stay good to swipe for a while.
        const bool wishes_changed = before.preferences != preferences_text;
        if (queue == Queue::kRefresh || wishes_changed) {
            discovery_store::emptyQueue(connection, user, now);
        } else {
            discovery_store::dropIneligible(connection, user, circle, now);
            people = discovery_store::queued(connection, user);
        }
        if (wishes_changed || !before.current) {
            discovery_store::setQueuePreferences(connection, user, preferences_text);
        }
        const auto places = kQueueLength - static_cast<std::int64_t>(people.size());
        if (places > 0) {
            discovery_store::dropExpired(connection, user, now - discovery_store::kCardStaysSwipable);
            const auto chosen = member->wish
                                    ? newcomers(connection, user, *member->wish, preferences, circle, places)
                                    : std::vector<sdk::UserId>();
            if (!chosen.empty()) {
                discovery_store::queue(connection, user, chosen);
                connection.afterCommit(
                    [this, count = chosen.size()] { tallies_.shown.add(static_cast<double>(count)); });
                people = discovery_store::queued(connection, user);
            }
        }
        const HandOut hand_out{std::move(people), own, preferences,
                               bonds_.likesRemaining(member->likes_given)};
        return std::move(replies(connection, std::span(&hand_out, 1)).front());
    });
}

std::vector<sdk::UserId> DiscoveryService::newcomers(sdk::Connection& connection, sdk::UserId user,
                                                     const discovery_store::Wish& wish,
                                                     const sdk::Json& preferences,
                                                     const discovery_store::Circle& circle,
                                                     std::int64_t places) {
    // A walk along the random keys from a random one on, and round: everybody is as likely to be met.
    const auto start =
        std::uniform_int_distribution<std::int64_t>(0, discovery_store::kSampleKeys - 1)(chance());
    auto [size, best] = discovery_store::sample(connection, user, wish, preferences, circle,
                                                {start, discovery_store::kSampleKeys}, rules_.sample, places);
    if (size < rules_.sample) {
        auto round = discovery_store::sample(connection, user, wish, preferences, circle, {0, start},
                                             rules_.sample - size, places);
        best.insert(best.end(), round.best.begin(), round.best.end());
        std::sort(best.begin(), best.end(),
                  [](const auto& one, const auto& other) { return one.before(other); });
    }
    if (std::cmp_greater(best.size(), places)) best.resize(static_cast<std::size_t>(places));
    std::vector<sdk::UserId> chosen;
    chosen.reserve(best.size());
    for (const auto& person : best) chosen.push_back(person.user);
    return chosen;
}

std::vector<sdk::Json> DiscoveryService::replies(sdk::Connection& connection,
                                                 std::span<const HandOut> hand_outs) {
    std::vector<sdk::ProfileVersion> profiles;
    for (const auto& hand_out : hand_outs) {
        for (const auto& person : hand_out.people) profiles.push_back({person.user, person.version});
    }
    auto candidates = neighbours_.candidates->find(connection, profiles);
    // In the order asked for, though some may be missing.
    auto next = candidates.begin();
    std::vector<sdk::Json> replies;
    replies.reserve(hand_outs.size());
    for (const auto& [people, own, preferences, likes_remaining] : hand_outs) {
        sdk::Json matches = sdk::Json::array();
        for (const auto& [user, version, point] : people) {
            if (next == candidates.end() || next->at("id").asInteger() != user) continue;
            next->set("distance_km", own && point
                                         ? sdk::Json(kilometresOfChordSquared(chordSquared(*own, *point)))
                                         : sdk::Json());
            matches.push(std::move(*next++));
        }
        // One by one: a list in braces would be copied, with all that is in it.
        sdk::Json::Object reply;
        reply.reserve(3);
        reply.emplace_back("matches", std::move(matches));
        reply.emplace_back("preferences_set", moreThanOneSet(preferences));
        reply.emplace_back("swipes_remaining", likes_remaining);
        replies.push_back(sdk::Json::object(std::move(reply)));
    }
    return replies;
}

}  // namespace linkup::match
