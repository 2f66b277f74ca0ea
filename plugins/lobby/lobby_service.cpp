#include "lobby_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <array>
#include <utility>

namespace linkup::lobby {

LobbyService::LobbyService(sdk::Database& database, sdk::Clock& clock, sdk::Log& log,
                           LobbyAnnouncer& announcer, LobbyRules rules)
    : database_(database),
      clock_(clock),
      log_(log),
      announcer_(announcer),
      rules_(rules),
      random_(std::random_device{}()) {}

LobbyService::~LobbyService() {
    stop();
}

void LobbyService::start(sdk::Matches& matches, sdk::Profiles& profiles) {
    matches_ = &matches;
    profiles_ = &profiles;
    up_since_ = looked_at_ = clock_.now();
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
}

void LobbyService::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void LobbyService::begin(const std::string& name, sdk::Time due, std::chrono::milliseconds waiting) {
    if (clock_.now() >= due + waiting) {
        log_.warning("an event fell out: nobody was up while people would have gathered", {{"event", name}});
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        pending_.push_back({0, name, due, due + waiting});
    }
    try {
        makePending();
    } catch (const std::exception& error) {
        log_.warning("an event could not be begun yet; trying on",
                     {{"event", name}, {"fault", error.what()}});
        wake();
    }
}

void LobbyService::makePending() {
    std::vector<Event> pending;
    {
        const std::lock_guard lock(mutex_);
        pending = pending_;
    }
    if (pending.empty()) return;
    database_.transaction([&](sdk::Connection& connection) {
        for (const auto& event : pending) lobby_store::insertEvent(connection, event);
    });
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(pending_, [&](const Event& one) {
            return std::any_of(pending.begin(), pending.end(), [&](const Event& made) {
                return made.name == one.name && made.starts_at == one.starts_at;
            });
        });
    }
    announcer_.wakeNodes();
}

void LobbyService::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

std::optional<Event> LobbyService::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

std::optional<Event> LobbyService::enter(sdk::UserId user) {
    return noteHere(user);
}

void LobbyService::leave(sdk::UserId user) {
    try {
        noteHere(user);
    } catch (const std::exception&) {
        wake();  // the next look that can keeps the seat
    }
}

/// Remembered too: an event that begins in a moment, or that this node has not heard of yet, counts them in.
std::optional<Event> LobbyService::noteHere(sdk::UserId user) {
    const auto until = clock_.now() + rules_.seat_kept;
    std::optional<Event> event;
    {
        const std::lock_guard lock(mutex_);
        here_until_[user] = until;
        event = current_;
    }
    if (!event) return std::nullopt;
    const bool kept = sdk::transaction(database_, [&](sdk::Connection& connection) {
        return lobby_store::keepSeats(connection, event->id, {user}, until);
    });
    if (kept) return event;
    forget(*event);
    return std::nullopt;
}

/// Another node finished it a moment ago.
void LobbyService::forget(const Event& event) {
    {
        const std::lock_guard lock(mutex_);
        if (current_ && current_->id == event.id) current_.reset();
    }
    tellAgain();
}

void LobbyService::tellAgain() {
    {
        const std::lock_guard lock(mutex_);
        tell_again_ = true;
    }
    wake();
}

std::vector<Result> LobbyService::untold(const std::vector<sdk::UserId>& users) {
    if (users.empty()) return {};
    std::vector<Result> noted;
    {
        // Before the database is read: what has left this list by then stands there.
        const std::lock_guard lock(mutex_);
        noted = told_;
    }
    auto results = sdk::read(database_, [&](sdk::Connection& connection) {
        return lobby_store::untold(connection, users, clock_.now() - rules_.too_late);
    });
    std::erase_if(results, [&](const Result& result) {
        return std::any_of(noted.begin(), noted.end(), [&](const Result& told) {
            return told.event == result.event && told.user == result.user;
        });
    });
    return results;
}

void LobbyService::told(const Result& result) {
    {
        const std::lock_guard lock(mutex_);
        told_.push_back(result);
    }
    wake();
}

void LobbyService::writeTold() {
    std::vector<Result> told;
    {
        const std::lock_guard lock(mutex_);
        told = told_;
    }
    if (told.empty()) return;
    database_.transaction([&](sdk::Connection& connection) {
        for (const auto& result : told) {
            lobby_store::markTold(connection, result.event, result.user, clock_.now());
        }
    });
    const std::lock_guard lock(mutex_);
    told_.erase(told_.begin(), told_.begin() + static_cast<std::ptrdiff_t>(told.size()));
}

sdk::PersonCard LobbyService::partnerCard(sdk::UserId partner) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        const std::array<sdk::UserId, 1> ids{partner};
        auto cards = profiles_->cards(connection, ids);
        if (cards.empty()) throw sdk::Error(sdk::ErrorCode::kNotFound, "User not found");
        return std::move(cards.front());
    });
}

void LobbyService::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        woken_ = false;
        lock.unlock();
        const auto pause = lookOrLog();
        lock.lock();
        wake_.wait_for(lock, pause, [this] { return stopping_ || woken_; });
    }
    lock.unlock();
    try {
        writeTold();
    } catch (const std::exception& error) {
        log_.warning("told results could not be noted", {{"fault", error.what()}});
    }
}

std::chrono::milliseconds LobbyService::lookOrLog() {
    try {
        return look();
    } catch (const std::exception& error) {
        // The database is away, or a race was lost too often: the next look finds the same truth there.
        log_.warning("the lobby could not look at its events", {{"fault", error.what()}});
        return std::chrono::milliseconds(1000);
    }
}

std::chrono::milliseconds LobbyService::look() {
    makePending();
    writeTold();
    const auto before = current();
    const auto event = learn();
    if (before && (!event || event->id != before->id)) tellAgain();  // another node finished it
    tellDecided();
    if (!event) return rules_.look_again;

    const auto now = clock_.now();
    if (now >= event->ends_at + rules_.too_late) {
        callOff(*event);
        return std::chrono::milliseconds(0);
    }
    if (!before || before->id != event->id) {
        vetoed_.clear();
        announcer_.begun(*event);
    }
    keepSeatsOfPresent(*event);
    keepSeatsOfLeavers(*event);
    // When nobody could keep seats at the end, people get the time to come back.
    const auto due = up_since_ > event->ends_at ? up_since_ + rules_.return_time : event->ends_at;
    if (now < due) {
        return std::min(rules_.look_again, std::chrono::ceil<std::chrono::milliseconds>(due - now));
    }
    finish(*event);
    return std::chrono::milliseconds(0);
}

std::optional<Event> LobbyService::learn() {
    auto event =
        sdk::read(database_, [](sdk::Connection& connection) { return lobby_store::gathering(connection); });
    const auto now = clock_.now();
    // After a gap that seats do not outlive, this node is as one that was down.
    const auto outlived = std::max(rules_.seat_kept, 3 * rules_.look_again);
    if (looked_at_ + outlived < now) up_since_ = now;
    looked_at_ = now;
    const std::lock_guard lock(mutex_);
    std::erase_if(here_until_, [&](const auto& entry) { return entry.second < now; });
    current_ = event;
    return event;
}

/// Until it has worked: who waits for a result must not wait for ever because the database went away.
void LobbyService::tellDecided() {
    {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(tell_again_, false)) return;
    }
    try {
        announcer_.decided();
    } catch (...) {
        const std::lock_guard lock(mutex_);
        tell_again_ = true;
        throw;
    }
}

void LobbyService::callOff(const Event& event) {
    const bool ours = sdk::transaction(
        database_, [&](sdk::Connection& connection) { return lobby_store::callOff(connection, event.id); });
    {
        const std::lock_guard lock(mutex_);
        current_.reset();
    }
    if (ours) log_.warning("an event was called off: nobody was up at its end", {{"event", event.name}});
    announcer_.calledOff();
}

void LobbyService::keepSeatsOfPresent(const Event& event) {
    // From before the look at who is there: who leaves right after it must not gain time.
    const auto until = clock_.now() + rules_.seat_kept;
    const auto present = announcer_.present();
    if (present.empty()) return;
    database_.transaction(
        [&](sdk::Connection& connection) { lobby_store::keepSeats(connection, event.id, present, until); });
}

void LobbyService::keepSeatsOfLeavers(const Event& event) {
    std::unordered_map<sdk::UserId, sdk::Time> here_until;
    {
        const std::lock_guard lock(mutex_);
        here_until = here_until_;
    }
    if (here_until.empty()) return;
    database_.transaction([&](sdk::Connection& connection) {
        for (const auto& [user, until] : here_until) {
            lobby_store::keepSeats(connection, event.id, {user}, until);
        }
    });
    const std::lock_guard lock(mutex_);
    std::erase_if(here_until_, [&](const auto& entry) {
        const auto kept = here_until.find(entry.first);
        return kept != here_until.end() && kept->second == entry.second;
    });
}

void LobbyService::finish(const Event& event) {
    for (auto vetoed = vetoed_.size();; vetoed = vetoed_.size()) {
        try {
            const bool ours = sdk::transaction(
                database_, [&](sdk::Connection& connection) { return pair(connection, event); });
            tellAgain();
            tellDecided();
            if (ours) announcer_.wakeNodes();
            return;
        } catch (const sdk::Error&) {
            if (vetoed_.size() == vetoed) throw;  // else everybody is paired anew, without that couple
        }
    }
}

bool LobbyService::pair(sdk::Connection& connection, const Event& event) {
    if (!lobby_store::finish(connection, event.id)) return false;
    const auto seated = lobby_store::seated(connection, event.id, event.ends_at);
    auto forbidden = lobby_store::forbidden(connection, event.id);
    forbidden.insert(vetoed_.begin(), vetoed_.end());
    const auto couples = pairUp(lobby_store::guests(connection, event.id, event.ends_at), forbidden, random_);
    std::unordered_map<sdk::UserId, sdk::UserId> partners;
    for (const auto& couple : couples) {
        // A block that came a moment ago wins: the two stay without a partner tonight.
        if (!match(connection, couple)) continue;
        partners.emplace(couple.first, couple.second);
        partners.emplace(couple.second, couple.first);
    }
    std::vector<Result> results;
    results.reserve(seated.size());
    for (const auto user : seated) {
        const auto partner = partners.find(user);
        results.push_back(
            {event.id, user, partner == partners.end() ? std::nullopt : std::optional(partner->second)});
    }
    lobby_store::insertResults(connection, results, clock_.now());
    connection.afterCommit([this, name = event.name, people = seated.size(), pairs = partners.size() / 2] {
        log_.info("an event ended", {{"event", name},
                                     {"people", static_cast<std::int64_t>(people)},
                                     {"couples", static_cast<std::int64_t>(pairs)}});
    });
    return true;
}

/// A plugin's veto undoes the whole transaction, so it is remembered for the next try.
bool LobbyService::match(sdk::Connection& connection, Couple couple) {
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
