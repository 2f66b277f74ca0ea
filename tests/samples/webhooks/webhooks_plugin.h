#pragma once

#include <linkup/sdk/plugin.h>

#include <memory>
#include <vector>

#include "delivery_service.h"
#include "sender.h"

namespace webhooks {

/// Tells others over HTTP what happens: reads options, makes the parts, registers them.
class WebhooksPlugin final : public linkup::sdk::Plugin {
public:
    void configure(linkup::sdk::Config& config) override;
    void registerWith(linkup::sdk::Registrar& registrar, linkup::sdk::Host& host) override;
    void start() override;
    void stop() noexcept override;

private:
    /// What happens to one endpoint, and who does it.
    struct Line {
        std::unique_ptr<DeliveryService> service;
        std::unique_ptr<Sender> sender;
    };

    void subscribe(linkup::sdk::Registrar& registrar, linkup::sdk::Host& host, const std::string& event);

    Options options_;
    std::vector<Line> lines_;
};

}  // namespace webhooks
