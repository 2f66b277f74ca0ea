// The key function of each host interface lives here, so that its type information exists once in the
// process.
#include "linkup/sdk/config.h"
#include "linkup/sdk/host.h"
#include "linkup/sdk/plugin.h"
#include "linkup/sdk/registrar.h"

namespace linkup::sdk {

SocketSession::~SocketSession() = default;
SocketHandler::~SocketHandler() = default;
SocketHub::~SocketHub() = default;
Config::~Config() = default;
// A host that knows no live options tells of none.
// NOLINTNEXTLINE(performance-unnecessary-value-param): by value for those that keep it
void Config::live(std::string_view, std::function<void(const OptionValue&)>) {}
Counter::~Counter() = default;
Gauge::~Gauge() = default;
Histogram::~Histogram() = default;
Metrics::~Metrics() = default;
Hooks::~Hooks() = default;
Mailer::~Mailer() = default;
Workers::~Workers() = default;
Services::~Services() = default;
Host::~Host() = default;
Registrar::~Registrar() = default;
Heartbeat::~Heartbeat() = default;
Plugin::~Plugin() = default;

}  // namespace linkup::sdk
