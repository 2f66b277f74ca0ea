#pragma once

#include <linkup/sdk/registrar.h>
#include <linkup/sdk/socket.h>

#include "connection_events.h"

namespace linkup::match {

/// `/ws/connections`: speaks only; what a client sends is ignored if it is a JSON object.
class MatchSockets : public sdk::SocketHandler, public ConnectionEvents {
public:
    explicit MatchSockets(sdk::SocketHub& hub) : hub_(hub) {}
    void registerWith(sdk::Registrar& registrar);

    void reload(sdk::UserId to, sdk::UserId from, std::string_view sub_type, sdk::Json data) override;

    void onOpen(const std::shared_ptr<sdk::SocketSession>&) override {}
    void onEvent(const std::shared_ptr<sdk::SocketSession>&, const std::string&, const sdk::Json&) override {}
    void onClose(const std::shared_ptr<sdk::SocketSession>&, std::uint16_t) override {}

private:
    sdk::SocketHub& hub_;
};

}  // namespace linkup::match
