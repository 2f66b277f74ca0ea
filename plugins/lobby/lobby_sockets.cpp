#include "lobby_sockets.h"

#include <map>
#include <set>
#include <unordered_map>

namespace linkup::lobby {
namespace {

constexpr std::string_view kPath = "/api/v1/ws/lobby";
constexpr std::string_view kTopic = "changed";
// What a socket was told last, kept with the socket: an event's id under the name of the news.
// Set once the socket has its first frames; before, what is told to all passes it by.
constexpr std::string_view kGreeted = "greeted";
constexpr std::string_view kToldStart = "told_start";
constexpr std::string_view kToldResult = "told_result";
constexpr std::string_view kToldEnd = "told_end";

/// True the first time that `event` is noted under `key`, however many threads ask.
bool firstTime(const std::shared_ptr<sdk::SocketSession>& session, std::string_view key, std::int64_t event) {
    bool first = false;
    session->update(key, [&](const sdk::Json& told) {
        first = !told.isInteger() || told.asInteger() != event;
        return sdk::Json(event);
    });
    return first;
}

/// The event that the session knows to have begun, and not how it ended; 0 if there is none.
std::int64_t awaited(const sdk::SocketSession& session) {
    const auto start = session.attribute(kToldStart);
    if (!start.isInteger() || session.attribute(kToldResult) == start ||
        session.attribute(kToldEnd) == start) {
        return 0;
    }
    return start.asInteger();
}

std::string eventEnd() {
    return sdk::Json::object({{"type", "lobby"}, {"event", "event-end"}}).dump();
}

}  // namespace

LobbySockets::LobbySockets(sdk::SocketHub& hub, sdk::Bus& bus) : hub_(hub), bus_(bus) {}

void LobbySockets::registerWith(sdk::Registrar& registrar) {
    sdk::SocketSpec spec;
    spec.path = kPath;
    spec.greeting = "Connected to lobby websocket.";
    spec.summary = "The daily meeting: start, and one result each";
    spec.ignore_unknown = true;
    registrar.socket(std::move(spec), *this);
}

void LobbySockets::start(LobbyService& lobby) {
    lobby_ = &lobby;
    subscription_ = bus_.subscribe(
        kTopic, [this](std::string_view) { lobby_->wake(); }, [this] { lobby_->wake(); });
}

void LobbySockets::stop() noexcept {
    subscription_.reset();
}

void LobbySockets::wakeNodes() {
    bus_.publish(kTopic, "{}");
}

std::vector<sdk::UserId> LobbySockets::present() const {
    return usersOf(hub_.local(kPath));
}

std::vector<sdk::UserId> LobbySockets::usersOf(const std::vector<SessionPtr>& sessions) {
    std::set<sdk::UserId> users;
    for (const auto& session : sessions) users.insert(session->user());
    return {users.begin(), users.end()};
}

std::vector<LobbySockets::SessionPtr> LobbySockets::greeted() const {
    auto sessions = hub_.local(kPath);
    std::erase_if(sessions, [](const SessionPtr& session) { return session->attribute(kGreeted).isNull(); });
    return sessions;
}

void LobbySockets::begun(const Event& event) {
    for (const auto& session : greeted()) sendStart(session, event);
}

void LobbySockets::decided() {
    const auto sessions = greeted();
    std::map<std::int64_t, std::vector<SessionPtr>> waiting;
    for (const auto& session : sessions) {
        if (const auto event = awaited(*session); event != 0) waiting[event].push_back(session);
    }
    for (const auto& [event, waiters] : waiting) tellOutcome(event, waiters);
    tell(sessions, lobby_->untold(usersOf(sessions)));
}

/// Nobody waits on: neither a second device, when the first one has had the result, nor who was on a node
/// that slept while another ended the event.
void LobbySockets::tellOutcome(std::int64_t event, const std::vector<SessionPtr>& sessions) {
    const auto outcome = lobby_->outcomeOf(event, usersOf(sessions));
    if (!outcome) return;
    std::vector<SessionPtr> with_result;
    for (const auto& session : sessions) {
        // An end after a result, though of another event, would wipe it from the screen.
        if (!outcome->called_off || !session->attribute(kToldResult).isNull()) {
            with_result.push_back(session);
        } else if (firstTime(session, kToldEnd, event)) {
            session->send(eventEnd());
        }
    }
    std::vector<Result> results;
    results.reserve(outcome->results.size());
    for (const auto& [user, result] : outcome->results) results.push_back(result);
    tell(with_result, results);
}

/// To each session the result of its user. Of several results of one user the first is the newest, and told.
void LobbySockets::tell(const std::vector<SessionPtr>& sessions, const std::vector<Result>& results) {
    const auto cards = lobby_->partnerCards(results);
    std::unordered_map<sdk::UserId, const Result*> of_user;
    for (const auto& result : results) of_user.try_emplace(result.user, &result);
    for (const auto& session : sessions) {
        const auto result = of_user.find(session->user());
        if (result == of_user.end()) continue;
        const auto card = cards.find(result->second->partner.value_or(0));
        // Whose account went a moment ago is nobody's partner any more.
        const bool there = card != cards.end() && !card->second.deleted;
        sendResult(session, *result->second, there ? &card->second : nullptr);
    }
}

void LobbySockets::onOpen(const SessionPtr& session) {
    std::optional<Event> event;
    try {
        event = lobby_->enter(session->user());
    } catch (const std::exception&) {
        event = lobby_->current();  // seated by the next look that can
    }
    if (event) {
        sendStart(session, *event);
    } else {
        session->send(eventEnd());
    }
    session->update(kGreeted, [](const sdk::Json&) { return sdk::Json(true); });
    // What was told to all in the meantime has passed it by.
    if (const auto now = lobby_->current()) sendStart(session, *now);
    try {
        tell({session}, lobby_->untold({session->user()}));
    } catch (const std::exception&) {
        lobby_->tellAgain();
    }
}

void LobbySockets::onClose(const SessionPtr& session, std::uint16_t) {
    lobby_->leave(session->user());
}

void LobbySockets::sendStart(const SessionPtr& session, const Event& event) {
    if (!firstTime(session, kToldStart, event.id)) return;
    session->send(sdk::Json::object({{"type", "lobby"},
                                     {"event", "event-start"},
                                     {"ends_at", sdk::formatTime(event.ends_at)},
                                     {"waiting", event.waiting}})
                      .dump());
}

/// No partner: left over.
void LobbySockets::sendResult(const SessionPtr& session, const Result& result,
                              const sdk::PersonCard* partner) {
    auto frame =
        sdk::Json::object({{"type", "lobby"}, {"event", "match-event"}, {"matched", partner != nullptr}});
    if (partner != nullptr) {
        frame.set("candidate", sdk::Json::object({{"id", partner->id},
                                                  {"username", partner->username},
                                                  {"profile_picture", partner->picture},
                                                  {"is_deleted", partner->deleted}}));
    }
    if (!firstTime(session, kToldResult, result.event)) return;
    sdk::SendOptions options;
    options.on_answered = [this, result](bool answered) {
        if (!answered) return;  // told again as the third frame of the next connection
        lobby_->told(result);
    };
    session->send(frame.dump(), std::move(options));
}

}  // namespace linkup::lobby
