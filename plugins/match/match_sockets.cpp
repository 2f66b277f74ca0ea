#include "match_sockets.h"

namespace linkup::match {
namespace {
constexpr std::string_view kPath = "/api/v1/ws/connections";
}

void MatchSockets::registerWith(sdk::Registrar& registrar) {
    sdk::SocketSpec spec;
    spec.path = kPath;
    spec.greeting = "Connected to connections websocket.";
    spec.summary = "Tells when the list of connections changed";
    spec.ignore_unknown = true;
    registrar.socket(std::move(spec), *this);
}

void MatchSockets::reload(sdk::UserId to, sdk::UserId from, std::string_view sub_type, sdk::Json data) {
    hub_.sendToUser(kPath, to,
                    sdk::Json::object({{"from_", from},
                                       {"to", to},
                                       {"type", "connections-reload"},
                                       {"sub_type", sub_type},
                                       {"data", std::move(data)}})
                        .dump());
}

}  // namespace linkup::match
