#pragma once

#include <linkup/sdk/bus.h>
#include <linkup/sdk/registrar.h>
#include <linkup/sdk/socket.h>

#include <memory>
#include <vector>

#include "lobby_service.h"

namespace linkup::lobby {

/// `/ws/lobby`: the state of the event on arrival, its start, and to each person one result.
class LobbySockets : public sdk::SocketHandler, public LobbyAnnouncer {
public:
    LobbySockets(sdk::SocketHub& hub, sdk::Bus& bus);
    void registerWith(sdk::Registrar& registrar);
    void start(LobbyService& lobby);
    void stop() noexcept;

    void begun(const Event& event) override;
    void decided() override;
    std::vector<sdk::UserId> present() const override;
    void wakeNodes() override;

    void onOpen(const std::shared_ptr<sdk::SocketSession>& session) override;
    void onEvent(const std::shared_ptr<sdk::SocketSession>&, const std::string&, const sdk::Json&) override {}
    void onClose(const std::shared_ptr<sdk::SocketSession>& session, std::uint16_t code) override;

private:
    using SessionPtr = std::shared_ptr<sdk::SocketSession>;
    std::vector<SessionPtr> greeted() const;
    static std::vector<sdk::UserId> usersOf(const std::vector<SessionPtr>& sessions);
    void tellOutcome(std::int64_t event, const std::vector<SessionPtr>& sessions);
    void sendStart(const SessionPtr& session, const Event& event);
    void tell(const std::vector<SessionPtr>& sessions, const std::vector<Result>& results);
    void sendResult(const SessionPtr& session, const Result& result, const sdk::PersonCard* partner);

    sdk::SocketHub& hub_;
    sdk::Bus& bus_;
    LobbyService* lobby_ = nullptr;
    std::unique_ptr<sdk::Subscription> subscription_;
};

}  // namespace linkup::lobby
