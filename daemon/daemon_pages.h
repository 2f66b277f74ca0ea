#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/gateway/trusted_proxies.h"
#include "daemon/plugins/registration_book.h"
#include "daemon/plugins/registration_set.h"
#include "daemon_parts.h"
#include "readiness.h"

namespace linkup::daemon {

/// What the daemon itself answers: /healthz, /readyz, /metrics, /openapi.json, the status route and the
/// static pages.
///
/// Lifetime: all that it is given outlives it.
class DaemonPages {
public:
    DaemonPages(DaemonParts& parts, RegistrationBook& book, const Settings& settings,
                const Readiness& readiness, const std::filesystem::path& www);

    /// Takes over who may read /metrics and the status.
    void applyLive(const Settings& settings);
    /// Once all routes are registered; before, /openapi.json answers 503.
    void publishOpenApi(std::string document);

private:
    void addProbes();
    void addMetrics();
    void addOpenApi();
    void addStatus();
    void addStatic(const std::filesystem::path& www);
    void addPage(const std::string& path, sdk::HttpHandler handler, PageOptions options = {});

    DaemonParts& parts_;
    RegistrationBook& book_;
    const Readiness& readiness_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::atomic<std::shared_ptr<const std::string>> openapi_;
    std::atomic<std::shared_ptr<const TrustedProxies>> metrics_allowed_;
    std::atomic<std::shared_ptr<const std::string>> status_token_;
    RegistrationSet registrations_;
};

}  // namespace linkup::daemon
