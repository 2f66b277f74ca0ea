#include "lobby_sockets.h"

#include <algorithm>
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

/// True the first time that `event` is noted under `key`, however many threads ask.
bool firstTime(const std::shared_ptr<sdk::SocketSession>& session, std::string_view key, std::int64_t event) {
    bool first = false;
    session->update(key, [&](const sdk::Json& told) {
        first = !told.isInteger() || told.asInteger() != event;
        return sdk::Json(event);
    });
    return first;
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
    std::vector<sdk::UserId> users;
    for (const auto& session : hub_.local(kPath)) users.push_back(session->user());
    std::sort(users.begin(), users.end());
    users.erase(std::unique(users.begin(), users.end()), users.end());
    return users;
}

std::vector<LobbySockets::SessionPtr> LobbySockets::greeted() const {
    auto sessions = hub_.local(kPath);
    std::erase_if(sessions, [](const SessionPtr& session) { return session->attribute(kGreeted).isNull(); });
    return sessions;
}

void LobbySockets::begun(const Event& event) {
    for (const auto& session : greeted()) sendStart(session, event);
}

void LobbySockets::calledOff() {
    for (const auto& session : greeted()) {
        // An end after a result would wipe it from the screen.
        if (session->attribute(kToldResult).isNull()) session->send(eventEnd());
    }
}

void LobbySockets::decided() {
    const auto sessions = greeted();
    std::set<sdk::UserId> users;
    for (const auto& session : sessions) users.insert(session->user());
    tell(sessions, lobby_->untold({users.begin(), users.end()}));
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
        sendResult(session, *result->second, card == cards.end() ? nullptr : &card->second);
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
