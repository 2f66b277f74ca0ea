#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/gateway/shared_value.h"
#include "daemon/gateway/trusted_proxies.h"
#include "daemon/plugins/registration_book.h"
#include "daemon/plugins/registration_set.h"
#include "daemon_parts.h"
#include "readiness.h"

namespace linkup::daemon {

/// What the daemon itself answers: /healthz, /readyz, /metrics, the descriptions of routes and sockets, the
/// status route, /docs and the static pages.
///
/// Lifetime: all that it is given outlives it.
class DaemonPages {
public:
    DaemonPages(DaemonParts& parts, RegistrationBook& book, const Settings& settings,
                const Readiness& readiness, const std::filesystem::path& www);

    /// Takes over who may read /metrics and the status.
    void applyLive(const Settings& settings);
    /// Once all routes and sockets are registered; before, their descriptions answer 503.
    void publishDescriptions(std::string openapi, std::string asyncapi);

private:
    void addProbes();
    void addMetrics();
    void addDescriptions();
    void addStatus();
    void addDocument(const std::string& path, const SharedValue<const std::string>& document,
                     const char* summary);
    void addStatic(const std::filesystem::path& www);
    void addPage(const std::string& path, sdk::HttpHandler handler, PageOptions options = {});

    DaemonParts& parts_;
    RegistrationBook& book_;
    const Readiness& readiness_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    SharedValue<const std::string> openapi_;
    SharedValue<const std::string> asyncapi_;
    SharedValue<const TrustedProxies> metrics_allowed_;
    SharedValue<const std::string> status_token_;
    RegistrationSet registrations_;
};

}  // namespace linkup::daemon
