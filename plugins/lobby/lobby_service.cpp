#include "lobby_service.h"

#include <algorithm>
#include <map>
#include <utility>

namespace linkup::lobby {
namespace {

/// Up to so many people waiting, each who comes is told how many there are now; beyond, how many there were
/// at the last look: counting all for each would be work that grows with their square.
constexpr std::int64_t kCountedForEach = 1000;

constexpr std::chrono::milliseconds kAtOnce{0};

}  // namespace

LobbyService::LobbyService(sdk::Database& database, sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics,
                           LobbyAnnouncer& announcer, LobbyRules rules)
    : database_(database),
      clock_(clock),
      log_(log),
      announcer_(announcer),
      rules_(rules),
      waiting_gauge_(metrics.gauge("waiting_people", "People with a seat, as this node last saw.")),
      pairing_(database, clock, log, metrics, rules.pairing_time) {}

LobbyService::~LobbyService() {
    stop();
}

void LobbyService::start(sdk::Matches& matches, sdk::Profiles& profiles, sdk::Heartbeat& heartbeat) {
    heartbeat_ = &heartbeat;
    pairing_.start(matches, heartbeat);
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
    if (clock_.now() >= due + waiting) return;
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
    const Seat seat = noteHere(user);
    auto event = current();
    if (!event) return std::nullopt;
    const bool kept = sdk::transaction(database_, [&](sdk::Connection& connection) {
        if (!lobby_store::keepSeats(connection, event->id, {seat})) return false;
        if (event->waiting < kCountedForEach) {
            event->waiting = lobby_store::countWaiting(connection, event->id, clock_.now());
        }
        return true;
    });
    if (kept) return event;
    forget(*event);
    return std::nullopt;
}

void LobbyService::leave(sdk::UserId user) {
    const Seat seat = noteHere(user);
    const auto event = current();
    if (!event) return;
    try {
        const bool kept = sdk::transaction(database_, [&](sdk::Connection& connection) {
            return lobby_store::keepSeats(connection, event->id, {seat});
        });
        if (!kept) forget(*event);
    } catch (const std::exception&) {
        wake();  // the next look that can keeps the seat
    }
}

/// Remembered first: an event that begins in a moment, or that this node has not heard of yet, counts them
/// in.
Seat LobbyService::noteHere(sdk::UserId user) {
    const Seat seat{user, clock_.now() + rules_.seat_kept};
    const std::lock_guard lock(mutex_);
    here_until_[user] = seat.until;
    return seat;
}

/// Another node closed or finished it a moment ago.
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
    decltype(told_) noted;
    {
        // Before the database is read: what has left this set by then stands there.
        const std::lock_guard lock(mutex_);
        noted = told_;
    }
    auto results = sdk::read(database_, [&](sdk::Connection& connection) {
        return lobby_store::untold(connection, users, clock_.now() - rules_.too_late);
    });
    std::erase_if(results, [&](const Result& result) { return noted.contains({result.event, result.user}); });
    return results;
}

std::optional<Outcome> LobbyService::outcomeOf(std::int64_t event, const std::vector<sdk::UserId>& users) {
    return sdk::read(database_, [&](sdk::Connection& connection) -> std::optional<Outcome> {
        const auto state = lobby_store::stateOf(connection, event);
        if (state == EventState::kGathering) return std::nullopt;
        Outcome outcome{.called_off = state == EventState::kCalledOff};
        for (const auto user : users) outcome.results[user] = {event, user, std::nullopt};
        for (auto& result : lobby_store::resultsOf(connection, event, users)) {
            outcome.results[result.user] = result;
        }
        return outcome;
    });
}

void LobbyService::told(const Result& result) {
    {
        const std::lock_guard lock(mutex_);
        told_.emplace(result.event, result.user);
    }
    wake();
}

void LobbyService::writeTold() {
    decltype(told_) told;
    {
        const std::lock_guard lock(mutex_);
        told = told_;
    }
    if (told.empty()) return;
    std::map<std::int64_t, std::vector<sdk::UserId>> by_event;
    for (const auto& [event, user] : told) by_event[event].push_back(user);
    database_.transaction([&](sdk::Connection& connection) {
        for (const auto& [event, users] : by_event) {
            lobby_store::markTold(connection, event, users, clock_.now());
        }
    });
    const std::lock_guard lock(mutex_);
    for (const auto& one : told) told_.erase(one);
}

std::unordered_map<sdk::UserId, sdk::PersonCard> LobbyService::partnerCards(
    const std::vector<Result>& results) {
    std::vector<sdk::UserId> partners;
    for (const auto& result : results) {
        if (result.partner) partners.push_back(*result.partner);
    }
    std::unordered_map<sdk::UserId, sdk::PersonCard> cards;
    if (partners.empty()) return cards;
    for (auto& card : sdk::read(database_, [&](sdk::Connection& connection) {
             return profiles_->cards(connection, partners);
         })) {
        cards.emplace(card.id, std::move(card));
    }
    return cards;
}

void LobbyService::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        woken_ = false;
        heartbeat_->beat();
        lock.unlock();
        const auto pause = lookOrLog();
        heartbeat_->rest();
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
    auto event = learn();
    const auto id = event ? event->id : 0;
    if (const auto before = std::exchange(known_, id); before != 0 && before != id) tellAgain();
    tellDecided();
    if (!event) return rules_.look_again;

    const auto now = clock_.now();
    if (now >= event->ends_at + rules_.too_late) {
        callOff(*event);
        return kAtOnce;
    }
    if (!event->pairing_until) {
        if (!keepSeats(*event)) return kAtOnce;  // closed a moment ago
        countWaiting(*event);
        if (std::exchange(announced_, id) != id) announcer_.begun(*event);
    }
    const auto due = dueTime(*event);
    if (now < due) {
        return std::min(rules_.look_again, std::chrono::ceil<std::chrono::milliseconds>(due - now));
    }
    return finish(*event);
}

/// When nobody could keep seats at the end, people get the time to come back; but not once it is closed.
sdk::Time LobbyService::dueTime(const Event& event) const {
    return !event.pairing_until && up_since_ > event.ends_at ? up_since_ + rules_.return_time : event.ends_at;
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
    const auto waiting = current_ && event && current_->id == event->id ? current_->waiting : 0;
    current_ = event && !event->pairing_until ? event : std::nullopt;
    if (current_) current_->waiting = waiting;
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
    known_ = 0;
    if (ours) log_.warning("an event was called off: nobody was up at its end", {{"event", event.name}});
    tellAgain();
    announcer_.wakeNodes();
}

bool LobbyService::keepSeats(const Event& event) {
    // From before the look at who is there: who leaves right after it must not gain time.
    const auto until = clock_.now() + rules_.seat_kept;
    const auto present = announcer_.present();
    std::unordered_map<sdk::UserId, sdk::Time> seats;
    decltype(here_until_) here_until;
    {
        const std::lock_guard lock(mutex_);
        here_until = here_until_;
    }
    seats = here_until;
    for (const auto user : present) seats[user] = until;
    if (seats.empty()) return true;
    std::vector<Seat> list;
    list.reserve(seats.size());
    for (const auto& [user, seat_until] : seats) list.push_back({user, seat_until});
    const bool kept = sdk::transaction(database_, [&](sdk::Connection& connection) {
        return lobby_store::keepSeats(connection, event.id, list);
    });
    const std::lock_guard lock(mutex_);
    std::erase_if(here_until_, [&](const auto& entry) {
        const auto noted = here_until.find(entry.first);
        return noted != here_until.end() && noted->second == entry.second;
    });
    return kept;
}

void LobbyService::countWaiting(Event& event) {
    event.waiting = sdk::read(database_, [&](sdk::Connection& connection) {
        return lobby_store::countWaiting(connection, event.id, clock_.now());
    });
    waiting_gauge_.set(static_cast<double>(event.waiting));
    const std::lock_guard lock(mutex_);
    if (current_ && current_->id == event.id) current_->waiting = event.waiting;
}

std::chrono::milliseconds LobbyService::finish(const Event& event) {
    const bool claimed = pairing_.claim(event);
    {
        const std::lock_guard lock(mutex_);
        current_.reset();
    }
    if (!claimed) return rules_.look_again / 10;  // another node is at it
    waiting_gauge_.set(0);
    if (!pairing_.finish(event)) return kAtOnce;
    known_ = 0;
    tellAgain();
    announcer_.wakeNodes();
    return kAtOnce;
}

}  // namespace linkup::lobby
