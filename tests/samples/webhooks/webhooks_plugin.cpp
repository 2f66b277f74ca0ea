#include "webhooks_plugin.h"

#include <algorithm>
#include <random>
#include <utility>

#include "http_transport.h"
#include "signature.h"
#include "webhooks_migrations.h"

namespace webhooks {

using namespace linkup;

namespace {

/// Behind those who may still refuse.
constexpr int kPriority = 1000;
constexpr std::chrono::milliseconds kBudget{500};

double randomNumber() {
    thread_local std::mt19937_64 engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(engine);
}

std::string bodyOf(const std::string& event, sdk::Time now, const sdk::Json& data) {
    return sdk::Json::object({{"type", event}, {"timestamp", sdk::formatTime(now)}, {"data", data}}).dump();
}

}  // namespace

void WebhooksPlugin::configure(sdk::Config& config) {
    options_ = readOptions(config);
}

void WebhooksPlugin::registerWith(sdk::Registrar& registrar, sdk::Host& host) {
    registrar.migrations(linkup::webhooks::sql::migrations());
    for (const Endpoint& endpoint : options_.endpoints) {
        auto service = std::make_unique<DeliveryService>(
            endpoint, options_.delivery, host,
            std::make_unique<HttpTransport>(endpoint.url, options_.delivery.timeout), randomNumber);
        auto sender = std::make_unique<Sender>(*service, host.clock(), host.log(),
                                               registrar.heartbeat("sender." + endpoint.name));
        lines_.push_back({std::move(service), std::move(sender)});
    }
    for (const std::string& event : knownEvents()) subscribe(registrar, host, event);

    sdk::TaskSpec forget;
    forget.name = "forget_failed";
    forget.schedule = sdk::Every{std::chrono::hours(1)};
    forget.run = [&host, keep = options_.delivery.keep_failed](const sdk::TaskRun&) {
        DeliveryStore(host.database()).removeFailed(host.clock().now() - keep);
    };
    registrar.task(std::move(forget));
}

// The row is written in the publisher's transaction: there is a message if and only if the event has
// happened. But nobody's match is to fail for a webhook, so a failure lets the event pass.
void WebhooksPlugin::subscribe(sdk::Registrar& registrar, sdk::Host& host, const std::string& event) {
    std::vector<Line*> wanted;
    for (Line& line : lines_) {
        const auto& events = line.service->endpoint().events;
        if (std::ranges::find(events, event) != events.end()) wanted.push_back(&line);
    }
    if (wanted.empty()) return;
    sdk::HookSpec spec;
    spec.event = event;
    spec.priority = kPriority;
    spec.budget = kBudget;
    spec.on_failure = sdk::HookFailure::kOpen;
    registrar.hook(std::move(spec),
                   [wanted, event, &clock = host.clock()](sdk::Connection& connection, sdk::Json& payload) {
                       const std::string body = bodyOf(event, clock.now(), payload);
                       const std::string message_id = newMessageId();
                       for (Line* line : wanted) {
                           line->service->enqueue(connection, message_id, body);
                           connection.afterCommit([line] { line->sender->wake(); });
                       }
                       return sdk::HookVerdict::pass();
                   });
}

void WebhooksPlugin::start() {
    for (Line& line : lines_) line.sender->start();
}

void WebhooksPlugin::stop() noexcept {
    for (Line& line : lines_) line.sender->stop();
}

}  // namespace webhooks

LINKUP_DECLARE_PLUGIN(webhooks::WebhooksPlugin, "webhooks", "1.0.0", "auth>=1.0.0?,match>=1.0.0?",
                      "Tells others over HTTP what happens")
