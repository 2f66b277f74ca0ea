#pragma once

#include <memory>

#include <linkup/sdk/plugin.h>

#include "hello_service.h"
#include "hello_sockets.h"
#include "hello_store.h"

namespace hello {

/// Reads options, makes the parts, registers them. A plugin's own file holds no rules.
class HelloPlugin final : public linkup::sdk::Plugin {
public:
    void configure(linkup::sdk::Config& config) override;
    void registerWith(linkup::sdk::Registrar& registrar, linkup::sdk::Host& host) override;
    void start() override;
    void stop() noexcept override;

private:
    HelloOptions options_;
    // In the order in which they stand on each other.
    std::unique_ptr<GreetingStore> store_;
    std::unique_ptr<HelloService> service_;
    std::unique_ptr<HelloSockets> sockets_;
};

}  // namespace hello
